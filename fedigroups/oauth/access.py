"""This module decides what the bearer of a token may do: the one question of every route.

access = await authorised(request, "read:statuses")
access.person   # who is signed in
access.actor    # as whom they act: themselves, or a group that they run
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from federation import bare, clock
from federation.models import Actor
from fedigroups.accounts import secrets
from fedigroups.accounts.app_models import App, Token
from fedigroups.accounts.models import Account
from fedigroups.api.answers import ApiError
from fedigroups.api.shares import Shares
from fedigroups.groups import lookup
from fedigroups.oauth import scopes
from inbox.pressure import address_of

USED_MS = clock.HOUR
"""Not more often is it written down that a token was used."""


_READING = frozenset({"GET", "HEAD"})
_MODELS = {"t": Token, "p": App, "o": Account, "a": Actor, "g": Actor}
_TABLES = (
    "FROM oauth_token t JOIN app p ON p.id = t.app_id LEFT JOIN account o ON o.id = t.account_id"
    " LEFT JOIN actor a ON a.id = o.actor_id LEFT JOIN actor g ON g.id = t.acting_id"
)


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in, through which app, as whom, and to what."""

    token_id: int
    app: App
    account: Account
    person: Actor
    acting: Actor | None
    scopes: tuple[str, ...]

    @property
    def actor(self) -> Actor:
        """As whom they act: the group that they chose when they signed in, or themselves."""
        return self.acting or self.person

    def may(self, scope: str) -> bool:
        """Whether the token has a scope, itself or by one that covers it."""
        return scopes.is_within((scope,), self.scopes)


@dataclass(frozen=True, slots=True)
class AppAccess:
    """An app that is let in, for itself or for somebody."""

    app: App
    scopes: tuple[str, ...]


async def authorised(request: Request, *wanted: str) -> Access:
    """The bearer of the request's token, which has one of the `wanted` scopes.

    Raises `ApiError`: 401 without a token that opens anything, 403 for one without a scope, for an
    account that is not let in or has moved and would change something, and for a group that its
    person does not run any more; 422 for the token of an app alone. Raises `Slowed` for an account
    that asks too much.
    """
    token = await _token(request)
    _check_scope(token, wanted)
    if token.account is None:
        raise ApiError(422, "This method requires an authenticated user")
    access = await _access(token)
    if access.person.moved_to and request.method not in _READING:
        raise ApiError(403, "Your account has moved, and only reads now")
    return access


async def visitor(request: Request, *wanted: str) -> Access | None:
    """As `authorised`, where anybody may come: None without a token, and for an app's own."""
    if "authorization" not in request.headers:
        return None
    token = await _token(request)
    if token.account is None:
        return None
    _check_scope(token, wanted)
    return await _access(token)


async def authorised_app(request: Request, *wanted: str) -> AppAccess:
    """The app whose token it is, and with one of the `wanted` scopes, if any. Raises `ApiError`."""
    token = await _token(request)
    _check_scope(token, wanted)
    return AppAccess(token.app, tuple(token.scopes.split()))


async def by_token(shown: str, *wanted: str) -> Access:
    """As `authorised`, of a token that came another way: a stream's. It takes no share."""
    token = await _found(shown)
    if token is None:
        raise _invalid()
    _check_scope(token, wanted)
    if token.account is None:
        raise ApiError(422, "This method requires an authenticated user")
    return await _access(token)


async def by_id(token_id: int, *wanted: str) -> Access:
    """As `by_token`, of a token that is known by its row: what is done for it while it sleeps."""
    token = await _joined("t.id = ?", token_id)
    if token is None:
        raise _invalid()
    _check_scope(token, wanted)
    return await _access(token)


async def _token(request: Request) -> Token:
    """The token in `Authorization` (RFC 6750 section 2.1); one in the address is not looked at."""
    shares: Shares = request.app.state.shares
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    token = await _found(shown.strip()) if kind.lower() == "bearer" else None
    if token is None:
        if "authorization" in request.headers:
            shares.take_of_visitor(request.scope, address_of(request))
        raise _invalid()
    shares.take_of_account(request.scope, token.account_id or token.app_id)
    return token


async def _found(shown: str) -> Token | None:
    if not shown:
        return None
    token = await _joined("t.digest = ?", secrets.digest(shown))
    now = clock.now_ms()
    if token is not None and token.used_at < now - USED_MS:
        await Token.filter(id=token.id).update(used_at=now)
    return token


async def _joined(where: str, value: object) -> Token | None:
    """A token with its app, account and actors. One query: every request asks it."""
    found = await bare.joined(_MODELS, f"{_TABLES} WHERE {where}", value)
    if not found:
        return None
    token: Token
    token, app, account, person, acting = found
    token.app, token.account, token.acting = app, account, acting
    if account is not None:
        account.actor = person
    return token


def _invalid() -> ApiError:
    return ApiError(401, "The access token is invalid")


def _check_scope(token: Token, wanted: tuple[str, ...]) -> None:
    held = token.scopes.split()
    if wanted and not any(scopes.is_within((one,), held) for one in wanted):
        raise ApiError(403, "This action is outside the authorized scopes")


async def _access(token: Token) -> Access:
    account = token.account
    if account is None:
        raise _invalid()
    _check_standing(account)
    person, acting = account.actor, token.acting
    if acting is not None and not await lookup.runs(person.id, acting.id):
        raise ApiError(403, "You do not run this group any more: sign in as somebody else")
    return Access(token.id, token.app, account, person, acting, tuple(token.scopes.split()))


def _check_standing(account: Account) -> None:
    """Each in the words that Mastodon has for it: clients show them."""
    if not account.confirmed_at:
        raise ApiError(403, "Your login is missing a confirmed e-mail address")
    if not account.approved_at:
        raise ApiError(403, "Your login is currently pending approval")
    if account.actor.state != "live":
        raise ApiError(403, "Your login is currently disabled")
