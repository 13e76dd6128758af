"""The pages on which somebody moves to another account of theirs, or says which ones are theirs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock, limits, webfinger
from federation.errors import FederationError, Refused, Slowed
from federation.origin import host_of
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.content.sanitise import safe_url
from fedigroups.groups import aliases as known
from fedigroups.groups import moving
from fedigroups.web import forms, refusals, visitors
from fedigroups.web.settings.frame import NONE, WRONG, page, proven
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in


def routes() -> list[BaseRoute]:
    """Under /settings."""
    return [
        Route("/settings/move", signed_in(move), methods=["GET", "POST"]),
        Route("/settings/aliases", signed_in(aliases), methods=["GET", "POST"]),
    ]


async def move(request: Request, session: Session) -> Response:
    """`/settings/move`: on to another account, with the password; or back again."""
    if request.method != "POST":
        return await _move_page(request, session)
    sent = await forms.read(request)
    if not await proven(request, session, sent.text("current")):
        return await _move_page(request, session, sent.text("account"), {"current": WRONG})
    try:
        await _act(request, session, sent)
    except Slowed:
        raise
    except FederationError as error:
        field = "form" if sent.text("act") == "back" else "account"
        problems = {field: _said(error)}
        return await _move_page(request, session, sent.text("account"), problems)
    return visitors.seen("/settings/move")


async def _act(request: Request, session: Session, sent: Body) -> None:
    reception, account = receptions.of(request), session.account
    if sent.text("act") == "back":
        await moving.take_back(reception, account)
        await audit.by(account.actor, "user move", back=True)
        return
    _take_share(request, sent.text("account"))
    new = await moving.move(reception, account, sent.text("account"))
    await audit.by(account.actor, "user move", to=new.uri)


async def _move_page(
    request: Request, session: Session, typed: str = "", problems: Mapping[str, str] = NONE
) -> Response:
    account = session.account
    moved = await moving.target(account.actor)
    rests_until = account.moved_at + moving.REST_MS if account.moved_at else 0
    return page(
        request,
        session,
        "move",
        _("Move to another account"),
        problems=problems,
        typed=typed,
        moved=moved,
        link=safe_url(moved.page_url) or safe_url(moved.uri) if moved else "",
        rests_until=rests_until if rests_until > clock.now_ms() else 0,
    )


async def aliases(request: Request, session: Session) -> Response:
    """`/settings/aliases`: other accounts of the same person, from which they can move here."""
    if request.method != "POST":
        return await _aliases_page(request, session)
    sent, person = await forms.read(request), session.account.actor
    reception, said = receptions.of(request), sent.text("account")
    try:
        if sent.text("act") == "remove":
            await known.remove(person, said)
            await audit.by(person, "user aliases", remove=said)
        else:
            _take_share(request, said)
            other = await known.add(reception.wire, person, said)
            await audit.by(person, "user aliases", add=other.uri)
    except Slowed:
        raise
    except FederationError as error:
        if sent.text("act") == "remove":
            return await _aliases_page(request, session, problems={"form": _said(error)})
        return await _aliases_page(request, session, said, {"account": _said(error)})
    return visitors.seen("/settings/aliases")


async def _aliases_page(
    request: Request, session: Session, typed: str = "", problems: Mapping[str, str] = NONE
) -> Response:
    return page(
        request,
        session,
        "aliases",
        _("Move here from another account"),
        problems=problems,
        typed=typed,
        others=await known.shown(session.account.actor),
        most=limits.PROFILE_ALIASES,
    )


def _take_share(request: Request, said: str) -> None:
    """Whose server is asked. Raises `Malformed` for no account's name, `Slowed` for too often."""
    said = said.strip()
    is_address = said.startswith(("https://", "http://"))
    host = host_of(said) if is_address else webfinger.read_handle(said.lstrip("@")).host
    if host != receptions.of(request).wire.config.host:
        request.app.state.shares.take_of_site(host)


def _said(error: FederationError) -> str:
    """Why not; whatever another server did means that nobody was found there."""
    if isinstance(error, Refused):
        return refusals.said(error)
    return refusals.of_text("nobody was found at that address; look whether it is right")
