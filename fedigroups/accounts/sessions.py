"""This module knows in which browsers somebody is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage
from fedigroups.accounts import secrets
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.models import Account

SEEN_MS = 5 * clock.MINUTE
"""Not more often is it written down that a session was used."""


async def begin(account: Account, *, address: str = "", agent: str = "") -> str:
    """The secret of a new session, for the cookie. The longest unused one makes room for it."""
    secret, now = secrets.new(), clock.now_ms()
    async with storage.transaction():
        await Session.create(
            id=ids.new(),
            account_id=account.id,
            digest=secrets.digest(secret),
            address=address[:64],
            agent=agent[: limits.AGENT_CHARS],
            created_at=now,
            seen_at=now,
        )
        await storage.execute(
            "DELETE FROM session WHERE account_id = ? AND id NOT IN (SELECT id FROM session"
            " WHERE account_id = ? ORDER BY seen_at DESC, id DESC LIMIT ?)",
            account.id,
            account.id,
            limits.SESSIONS_PER_ACCOUNT,
        )
    return secret


async def find(shown: str) -> Session | None:
    """The session with its account and actor; None when it ended, or its person may not be here."""
    now = clock.now_ms()
    session = await Session.get_or_none(
        digest=secrets.digest(shown),
        seen_at__gt=now - limits.SESSION_IDLE_SECONDS * clock.SECOND,
        created_at__gt=now - limits.SESSION_SECONDS * clock.SECOND,
    ).select_related("account__actor")
    if session is None or not session.account.admitted or session.account.actor.state != "live":
        return None
    if session.seen_at < now - SEEN_MS:
        await Session.filter(id=session.id).update(seen_at=now)
    return session


async def of(account: Account) -> Sequence[Session]:
    """Where somebody is signed in, the newest use first."""
    return await Session.filter(account_id=account.id).order_by("-seen_at", "-id")


async def end(account: Account, session_id: int) -> bool:
    """End one session of this account; whether there was one."""
    return await Session.filter(id=session_id, account_id=account.id).delete() == 1


async def retire() -> None:
    """Forget those that nobody used for too long, and those that are too old."""
    now = clock.now_ms()
    await storage.execute(
        "DELETE FROM session WHERE seen_at < ? OR created_at < ?",
        now - limits.SESSION_IDLE_SECONDS * clock.SECOND,
        now - limits.SESSION_SECONDS * clock.SECOND,
    )
