"""The page of the second factor: an authenticator app, and codes for the day that it is lost."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from fedigroups.accounts import factors, recovery, secrets
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.web import forms, qr
from fedigroups.web.settings.frame import WRONG, page, proven
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import signed_in

TITLE = noted("Second factor")


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/settings/second", signed_in(second), methods=["GET", "POST"])]


async def second(request: Request, session: Session) -> Response:
    """`/settings/second`: put it on, take it off, or have new recovery codes."""
    if request.method != "POST":
        return await _page(request, session)
    sent = await forms.read(request)
    if sent.text("step") == "confirm":
        return await _confirm(request, session, sent)
    if not await proven(request, session, sent.text("current")):
        return await _page(request, session, problems={"current": WRONG})
    if sent.text("step") == "renew" and await factors.are_asked(session.account):
        return await _renew(request, session)
    if not session.account.second_factor_at:
        return await _propose(request, session)
    return await _take_off(request, session)


async def _page(request: Request, session: Session, **values: Any) -> Response:
    asked = await factors.are_asked(session.account)
    return page(request, session, "second", TITLE, asked=asked, **values)


async def _propose(request: Request, session: Session, problem: str = "") -> Response:
    """A secret for the app; it is in force once a code of it was shown."""
    reception, account = receptions.of(request), session.account
    secret = await factors.propose(reception.seal, account)
    return _shown(request, session, secret, problem)


def _shown(request: Request, session: Session, secret: bytes, problem: str) -> Response:
    name = session.account.actor.username
    address = factors.address(secret, name, receptions.of(request).name)
    text = factors.text(secret)
    return page(
        request,
        session,
        "second_confirm",
        TITLE,
        problems={"code": problem} if problem else {},
        code=qr.code(address),
        secret=" ".join(text[start : start + 4] for start in range(0, len(text), 4)),
    )


async def _confirm(request: Request, session: Session, sent: Body) -> Response:
    reception, account = receptions.of(request), session.account
    secret = factors.proposed(reception.seal, account)
    if account.second_factor_at or not secret:
        return await _page(request, session)
    if not secrets.same(sent.text("secret"), factors.text(secret)):
        return await _page(request, session)  # it was shown to who gave the password, then alone
    async with storage.transaction():
        codes = await factors.enable(reception.seal, account, sent.text("code"))
        if codes is not None:
            await recovery.tell(reception, account, "A second factor is asked for from now on")
    if codes is None:
        return _shown(request, session, secret, _("That code is wrong. Wait for the next one."))
    reception.posted()
    return page(request, session, "recovery_codes", TITLE, codes=codes)


async def _renew(request: Request, session: Session) -> Response:
    reception, account = receptions.of(request), session.account
    async with storage.transaction():
        codes = await factors.renew_recovery(account)
        await recovery.tell(reception, account, "There are new recovery codes")
    reception.posted()
    return page(request, session, "recovery_codes", TITLE, codes=codes)


async def _take_off(request: Request, session: Session) -> Response:
    reception, account = receptions.of(request), session.account
    async with storage.transaction():
        await factors.disable(account)
        await recovery.tell(reception, account, "The second factor was taken off")
    reception.posted()
    alone = not await factors.are_asked(account)
    done = _("The password alone is enough now.") if alone else _("A passkey is asked for still.")
    return await _page(request, session, done=done)
