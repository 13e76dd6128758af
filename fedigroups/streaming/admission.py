"""This module decides who may listen, when they come and for as long as they stay."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import HTTPConnection

from federation import clock, limits, storage
from fedigroups.accounts.entry_models import Session
from fedigroups.api.answers import ApiError
from fedigroups.api.shares import Shares
from fedigroups.oauth import access
from fedigroups.streaming.listeners import Listener, Listeners, Who
from inbox.pressure import address_of

_TOKENS = (
    "SELECT t.id FROM {wanted} JOIN oauth_token t ON t.id = wanted.id"
    " JOIN account o ON o.id = t.account_id JOIN actor a ON a.id = o.actor_id"
    " WHERE o.confirmed_at > 0 AND o.approved_at > 0 AND a.state = 'live'"
    " AND (t.acting_id IS NULL OR EXISTS (SELECT 1 FROM member m JOIN groups g"
    "   ON g.id = m.group_id WHERE m.actor_id = o.actor_id AND g.actor_id = t.acting_id"
    "   AND m.state = 'member' AND m.role IN ('owner', 'moderator') AND g.hosted = ?"
    "   AND g.state = 'open'))"
)
"""Those that `oauth.access` would let in."""
_SESSIONS = (
    "SELECT s.id FROM {wanted} JOIN session s ON s.id = wanted.id"
    " JOIN account o ON o.id = s.account_id JOIN actor a ON a.id = o.actor_id"
    " WHERE o.confirmed_at > 0 AND o.approved_at > 0 AND a.state = 'live'"
    " AND s.seen_at > ? AND s.created_at > ?"
)
"""Those that `accounts.sessions` would find."""


async def admitted(connection: HTTPConnection) -> tuple[Who, str]:
    """Who shows a token, and that token if it is to be echoed as subprotocol.

    It is taken from `Authorization`, from the query (`access_token`), and of a WebSocket from its
    subprotocol: a browser can send no other. Raises `ApiError` as `oauth.access.by_token` does,
    and `Slowed` for whoever asks too much.
    """
    shares: Shares = connection.app.state.shares
    shown, echo = _shown(connection)
    try:
        found = await access.by_token(shown)
    except ApiError:
        shares.take_of_visitor(connection.scope, address_of(connection))
        raise
    shares.take_of_account(connection.scope, found.account.id)
    who = Who(
        token_id=found.token_id,
        account_id=found.account.id,
        actor_id=found.actor.id,
        scopes=found.scopes,
        address=address_of(connection),
    )
    return who, echo


def _shown(connection: HTTPConnection) -> tuple[str, str]:
    kind, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and bearer:
        return bearer.strip(), ""
    if asked := connection.query_params.get("access_token"):
        return asked, ""
    echo = next(iter(connection.scope.get("subprotocols", ())), "")
    return echo, echo


def visitor(connection: HTTPConnection, session: Session | None) -> Who:
    """Who looks at a page: signed in there, or a stranger."""
    address = address_of(connection)
    if session is None:
        return Who(address=address)
    return Who(
        session_id=session.id,
        account_id=session.account.id,
        actor_id=session.account.actor_id,
        address=address,
    )


async def shut_out(listeners: Iterable[Listener]) -> Listeners:
    """Those of them who would not be let in any more. Two queries at most."""
    here = tuple(listeners)
    now = clock.now_ms()
    tokens = await _good(_TOKENS, {one.who.token_id for one in here}, True)
    sessions = await _good(
        _SESSIONS,
        {one.who.session_id for one in here},
        now - limits.SESSION_IDLE_SECONDS * clock.SECOND,
        now - limits.SESSION_SECONDS * clock.SECOND,
    )
    return {
        one: None
        for one in here
        if one.who.token_id not in tokens or one.who.session_id not in sessions
    }


async def _good(sql: str, ids: set[int], *values: object) -> set[int]:
    """Those of the ids that still are what they were; 0 is nothing that could end."""
    if not ids - {0}:
        return {0}
    wanted = storage.packed([(id,) for id in sorted(ids - {0})])
    table = storage.table("wanted", id="bigint")
    found = await storage.rows(sql.format(wanted=table), wanted, *values)
    return {0, *(row["id"] for row in found)}
