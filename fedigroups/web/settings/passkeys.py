"""The pages of passkeys: which there are, another one, and what becomes of one."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits, storage
from federation.errors import Malformed, NotHere
from fedigroups.accounts import doors, passkeys
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Passkey, Session
from fedigroups.api.body import Body
from fedigroups.web import addresses, forms, refusals
from fedigroups.web.settings.frame import NONE, WRONG, page, proven
from fedigroups.web.translation import noted
from fedigroups.web.visitors import seen, signed_in

TITLE = noted("Passkeys")
LIST = "/settings/passkeys"


def routes() -> list[BaseRoute]:
    """The list, and each of it."""
    both = ["GET", "POST"]
    return [
        Route(LIST, signed_in(every), methods=both),
        Route(f"{LIST}/{{id:int}}", signed_in(one), methods=both),
    ]


async def every(request: Request, session: Session) -> Response:
    """`/settings/passkeys`: which there are, and another: the password first, then the device."""
    if request.method != "POST":
        return await _list(request, session)
    sent = await forms.read(request, most=limits.PASSKEY_BYTES)
    try:
        if sent.text("step") == "confirm":
            return await _keep(request, session, sent)
        if not await proven(request, session, sent.text("current")):
            return await _list(request, session, {"current": WRONG}, sent.text("name"))
        options = await passkeys.to_add(
            receptions.of(request), session.account, forms.visitor_of(request)
        )
    except Malformed as error:
        return await _list(request, session, {"form": refusals.said(error)}, sent.text("name"))
    return page(
        request,
        session,
        "passkey_new",
        TITLE,
        options=options,
        called=passkeys.called(sent.text("name")),
    )


async def _list(
    request: Request, session: Session, problems: Mapping[str, str] = NONE, typed: str = ""
) -> Response:
    values = {"found": await passkeys.of(session.account), "problems": problems, "typed": typed}
    return page(request, session, "passkeys", TITLE, **values)


async def _keep(request: Request, session: Session, sent: Body) -> Response:
    """Keep what the device made; whoever had it do so gave the password a moment ago."""
    codes = await passkeys.add(
        receptions.of(request),
        session.account,
        forms.visitor_of(request),
        sent.text("passkey"),
        sent.text("name"),
    )
    if codes:
        return page(request, session, "recovery_codes", TITLE, codes=codes, back=LIST)
    return seen(LIST)


async def one(request: Request, session: Session) -> Response:
    """`/settings/passkeys/ID`: rename it, or remove it."""
    asked = addresses.number(str(request.path_params["id"]))
    found = await passkeys.one_of(session.account, asked)
    if found is None:
        raise NotHere("there is nothing here")
    if request.method != "POST":
        return _shown(request, session, found)
    sent = await forms.read(request)
    if sent.text("step") == "rename":
        await passkeys.rename(found, sent.text("name"))
        return seen(LIST)
    if not await proven(request, session, sent.text("current")):
        return _shown(request, session, found, WRONG)
    await passkeys.remove(receptions.of(request), session.account, found.id)
    if sent.flag("everywhere"):  # the device is lost, and where it signed in it still is
        async with storage.transaction():
            await doors.close(session.account, but_session=session.id)
    return seen(LIST)


def _shown(request: Request, session: Session, found: Passkey, problem: str = "") -> Response:
    problems = {"current": problem} if problem else {}
    return page(request, session, "passkey", found.name, one=found, problems=problems)
