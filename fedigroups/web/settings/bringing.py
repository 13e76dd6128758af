"""The page on which somebody brings along what they were elsewhere, in a file."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import Malformed
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.groups import importing
from fedigroups.personal import import_files, imports
from fedigroups.web import forms, refusals, visitors
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import signed_in

FORMATS = {
    "export": noted("An export of this or a like server (zip)"),
    "following": noted("Mastodon: follows (CSV)"),
    "blocks": noted("Mastodon: blocked accounts (CSV)"),
    "mutes": noted("Mastodon: muted accounts (CSV)"),
    "hosts": noted("Mastodon: blocked servers (CSV)"),
    "bookmarks": noted("Mastodon: bookmarks (CSV)"),
}
KINDS = {
    "group": noted("groups to join"),
    "block": noted("accounts to block"),
    "mute": noted("accounts to mute"),
    "host": noted("servers to block"),
    "post": noted("posts to save"),
    "hashtag": noted("hashtags to follow"),
    "note": noted("notes about accounts"),
    "filter": noted("filters"),
    "list": noted("accounts to put into lists"),
}
EMPTY = Body()
OUTCOMES = {
    "done": noted("done"),
    "already": noted("so already"),
    "skipped": noted("passed over"),
    "failed": noted("failed"),
    "left_out": noted("left out"),
}


def routes() -> list[BaseRoute]:
    """Under /settings."""
    return [
        Route("/settings/import", signed_in(bring), methods=["GET", "POST"]),
        Route("/settings/import/failures.csv", signed_in(failures)),
    ]


async def bring(request: Request, session: Session) -> Response:
    """`/settings/import`: a file is shown before anything is done; then, how far it is."""
    if request.method != "POST":
        return await _shown(request, session)
    most = limits.IMPORT_BYTES + limits.FORM_BYTES
    sent, actor = await forms.read(request, most=most, files=1), session.account.actor
    try:
        match sent.text("act"):
            case "start":
                importing.check_may(actor)
                await imports.start(actor.id)
            case "stop":
                await imports.stop(actor.id)
            case "drop":
                await imports.drop(actor.id)
            case _:
                await _take(request, session, sent)
    except Malformed as error:
        return await _shown(request, session, refusals.said(error), sent)
    return visitors.seen("/settings/import")


async def _take(request: Request, session: Session, sent: Body) -> None:
    importing.check_may(session.account.actor)
    file = sent.file("file")
    content = await file.read() if file is not None else b""
    if file is not None:
        await file.close()
    if len(content) > limits.IMPORT_BYTES:
        raise Malformed("a file has at most {most} MB", most=limits.IMPORT_BYTES // 1_000_000)
    host = receptions.of(request).wire.config.host
    lines = await asyncio.to_thread(import_files.parse, sent.text("format"), content, host)
    await imports.keep(session.account.actor_id, lines, overwrites=sent.flag("overwrites"))


async def _shown(
    request: Request, session: Session, problem: str = "", sent: Body = EMPTY
) -> Response:
    """The page; what is wrong with a file stands beside it, and what it was said to be stays."""
    found = await imports.of(session.account.actor_id)
    chooses = not (sent.text("act") or (found and found.row.state != "done"))
    field = "file" if chooses else "form"
    failed = found.failures if found else ()
    return page(
        request,
        session,
        "import",
        _("Import"),
        problems={field: problem} if problem else {},
        format=sent.text("format"),
        overwrites=sent.flag("overwrites"),
        found=found,
        failures=[
            (one.subject, _(OUTCOMES[one.outcome]), refusals.of_text(one.why)) for one in failed
        ],
        formats=FORMATS,
        kinds=KINDS,
        outcomes=OUTCOMES,
    )


async def failures(_request: Request, session: Session) -> Response:
    """`/settings/import/failures.csv`: what did not come about, and why."""
    headers = {
        "Content-Disposition": 'attachment; filename="failures.csv"',
        "Cache-Control": "private, no-store",
    }
    text = await imports.failures(session.account.actor_id)
    return Response(text, headers=headers, media_type="text/csv")
