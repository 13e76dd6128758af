"""Letting people in, suspending them and lifting that, by the staff in an app.

What Mastodon does to an account beside that (`disable`, `silence`, `sensitive`) is not done here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.models import Account
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.mastodon.endpoints import administering, asking
from fedigroups.moderation import account_acts
from fedigroups.oauth.access import Access

WRITE = "admin:write:accounts"
SUSPENDED = "An account is suspended here, with a reason (`text`), or not: the type is suspend"
ELSEWHERE = "That account is on another server: block the server, or ban them from groups"
ACTS = {"approve": "approve", "reject": "refuse", "unsuspend": "lift"}
"""What is the end of an address, and what it is called on the pages of the staff."""


def routes() -> list[BaseRoute]:
    """The addresses of what is done to an account."""
    there = "/api/v1/admin/accounts/{id:int}"
    return [
        Route(f"{there}/action", suspend, methods=["POST"]),
        *(Route(f"{there}/{end}", _doing(kind), methods=["POST"]) for end, kind in ACTS.items()),
    ]


async def suspend(request: Request) -> Response:
    """`POST /api/v1/admin/accounts/:id/action`: `suspend` with a `text`, which they are told."""
    access = await administering.staff(request, WRITE)
    account, said = await _asked(request), await bodies.read(request)
    if said.text("type") != "suspend":
        raise ApiError(422, SUSPENDED)
    await _done(request, access, account, "suspend", said.text("text"))
    return json_answer({})


def _doing(kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def do(request: Request) -> Response:
        """`POST /api/v1/admin/accounts/:id/approve` and the like: the Admin::Account."""
        access = await administering.staff(request, WRITE)
        account = await _asked(request)
        before = await administering.by_id(request, [account.actor_id])
        await _done(request, access, account, kind)
        after = await administering.by_id(request, [account.actor_id])
        return json_answer((after or before)[account.actor_id])

    return do


async def _asked(request: Request) -> Account:
    """Who is meant; whoever asks to be let in is not there for other addresses yet."""
    wanted = asking.number(request)
    account = await Account.get_or_none(actor_id=wanted).select_related("actor")
    if account is None and not await Actor.exists(id=wanted):
        raise asking.missing()
    if account is None:
        raise ApiError(422, ELSEWHERE)
    return account


async def _done(
    request: Request, access: Access, account: Account, kind: str, reason: str = ""
) -> None:
    await account_acts.act(receptions.of(request), access.account, account, kind, reason)
    await audit.by(access.person, f"user {kind}", name=account.actor.username, reason=reason)
