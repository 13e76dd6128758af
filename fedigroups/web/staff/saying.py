"""The pages on which the instance is given its texts, its name, its colour and its icon."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits, storage
from federation.errors import Malformed, Slowed, TooLarge, Unreachable
from federation.models import Actor
from fedigroups import about
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.media import uploads
from fedigroups.web import forms, portraits, refusals, translation, versions, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.hosting import fields
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _

FORM_BYTES = limits.UPLOAD_BYTES + limits.FORM_BYTES


def routes() -> list[BaseRoute]:
    """The pages, for whoever runs the instance."""
    methods = ["GET", "POST"]
    return [
        Route("/admin/texts", for_staff(texts, admin=True), methods=methods),
        Route("/admin/look", for_staff(look, admin=True), methods=methods),
    ]


async def texts(request: Request, session: Session) -> Response:
    """`/admin/texts?language=`: what is said of the instance in one language of the pages."""
    said = await about.read()
    problems: dict[str, str] = {}
    language = request.query_params.get("language", about.FIRST)
    language = language if language in translation.LANGUAGES else about.FIRST
    typed = now = {kind: said.texts.get((kind, language), "") for kind in about.TEXTS}
    if request.method == "POST":
        sent = await forms.read(request)
        typed = fields.texts(sent, about.TEXTS)
        following, problems = versions.met(sent.text(versions.FIELD), now, typed)
        typed |= following
        problems = problems or await _write(request, session, typed, language)
        if not problems:
            return visitors.seen(f"/admin/texts?language={language}&done=kept")
    return page(
        request,
        session,
        "texts",
        _("Texts of this server"),
        problems=problems,
        typed=typed,
        seen=versions.mark(now),
        language=language,
    )


async def _write(
    request: Request, session: Session, typed: dict[str, str], language: str
) -> dict[str, str]:
    """Keep all of it, committed, or none; what is wrong, if anything."""
    kind = ""
    try:
        async with storage.transaction():
            for kind, text in typed.items():
                await about.write(kind, language, text)
            await noted_down(session, "instance texts", language=language)
    except Malformed as error:
        return {kind: refusals.said(error)}
    request.app.state.presented.forget()
    return {}


async def look(request: Request, session: Session) -> Response:
    """`/admin/look`: name, colour and icon."""
    said = await about.read()
    problems: dict[str, str] = {}
    typed = now = {"name": said.name, "colour": said.colour}
    if request.method == "POST":
        sent = await forms.read(request, most=FORM_BYTES, files=1)
        typed = fields.texts(sent, now)
        following, problems = versions.met(sent.text(versions.FIELD), now, typed)
        typed |= following
        problems = problems or await _dress(request, session, Body({**sent.values, **following}))
        if not problems:
            return visitors.seen("/admin/look?done=kept")
    return page(
        request,
        session,
        "look",
        _("How pages look"),
        problems=problems,
        typed=typed,
        seen=versions.mark(now),
        icon=said.icon,
    )


async def _dress(request: Request, session: Session, sent: Body) -> dict[str, str]:
    """Keep all of it, committed, or none; what is wrong, if anything."""
    field = "icon"
    try:
        holder = await Actor.get(uri=receptions.of(request).wire.uris.instance_actor)
        media = await portraits.uploaded(request, holder, sent, field)
        async with storage.transaction():
            for field in ("name", "colour"):
                await about.write(field, "", fields.line(sent.text(field)))
            field = "icon"
            if media or sent.flag("no_icon"):
                await uploads.hold(f"{holder.uri}#icon", [media] if media else [])
                await about.write("icon", "", media.url if media else "")
            await noted_down(session, "instance look", name=sent.text("name"))
    except (Malformed, TooLarge, Slowed, Unreachable) as error:
        return {field: refusals.said(error)}
    request.app.state.presented.forget()
    return {}
