"""The pages on which somebody takes a copy of what is theirs, or leaves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock
from federation.errors import Malformed
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.groups import closing, takeout
from fedigroups.web import cookies, forms, refusals, visitors
from fedigroups.web.settings.frame import WRONG, page, proven
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import signed_in

TITLE = noted("Close the account")


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/settings/export", signed_in(export), methods=["GET", "POST"]),
        Route("/settings/close", signed_in(close), methods=["GET", "POST"]),
    ]


async def export(request: Request, session: Session) -> Response:
    """`/settings/export`: all that is kept of somebody, in one file."""
    if request.method != "POST":
        return page(request, session, "export", _("Export"))
    await forms.read(request)
    name, day = session.account.actor.username, clock.now().date().isoformat()
    content = await takeout.pack(receptions.of(request).wire, session.account)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{day}.zip"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, media_type="application/zip")


async def close(request: Request, session: Session) -> Response:
    """`/settings/close`: everybody is told, and the name is never given to anybody else."""
    if request.method != "POST":
        return page(request, session, "close", TITLE, typed="", posts=True)
    sent, account = await forms.read(request), session.account
    name, posts = sent.text("name").strip(), sent.flag("posts")
    problems: dict[str, str] = {}
    if name.removeprefix("@") != account.actor.username:
        problems = {"name": _("That is not your name here.")}
    elif not await proven(request, session, sent.text("current")):
        problems = {"current": WRONG}
    else:
        try:
            await closing.close(receptions.of(request).wire, account, posts=posts)
        except Malformed as error:
            problems = {"form": refusals.said(error)}
    if problems:
        values = {"problems": problems, "typed": name, "posts": posts}
        return page(request, session, "close", TITLE, **values)
    visitors.forget(request)
    text = _("Servers that know you are told. Farewell.")
    response = forms.notice(request, 200, _("Your account is closed"), text, next=visitors.HOME)
    cookies.take_session(request, response)
    return response
