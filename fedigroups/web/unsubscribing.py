"""The page that every mail about what happens links to: with one press there is no more of it.

Mail programs press it for their reader (RFC 8058): they have no cookie and no token of a form, so
what stands in the address is all that is asked for, and it ends such mail and opens nothing else.
Looking at the page ends nothing, for some programs look at every link.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.accounts import mailing
from fedigroups.accounts import reception as receptions
from fedigroups.api import body as bodies
from fedigroups.web import render
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import for_anybody

SAID: Mapping[str, tuple[str, str]] = {
    "notices": (
        noted("You get a mail when something concerns you: answers, mentions, decisions."),
        noted("You get no more mail about single things."),
    ),
    "digest": (
        noted("You get a mail with what is new in your groups."),
        noted("You get no more digests."),
    ),
}
"""How it is said that such mail comes, and that it does not."""


def routes() -> list[BaseRoute]:
    """The page."""
    page = for_anybody(unsubscribe)
    return [Route("/unsubscribe/{token}", page, methods=["GET", "POST"])]


async def unsubscribe(request: Request) -> Response:
    """`/unsubscribe/{token}`: `POST` ends such mail, or with `again` has it sent again."""
    seal = receptions.of(request).seal
    account_id, what = mailing.read_token(seal, request.path_params["token"])
    if request.method == "POST":
        sent = await bodies.read(request)
        await (mailing.resume if sent.text("again") else mailing.stop)(account_id, what)
    mine = await mailing.of(account_id)
    is_off = what in mine.stopped.split()
    return render.page(
        request,
        "unsubscribe.html",
        headers={"Cache-Control": "private, no-store"},
        indexed=False,
        title=_("Mail from %(site)s", site=receptions.of(request).name),
        said=SAID[what][is_off],
        is_off=is_off,
        action=request.url.path,
    )
