"""This module ends all that opens an account: sessions, tokens, and what waits to become one."""

from __future__ import annotations

from federation import storage
from fedigroups.accounts.models import Account

DOORS = ("session", "oauth_token", "oauth_code", "ticket")


async def close(account: Account, *, but_session: int = 0) -> None:
    """End them all, inside a transaction; `but_session` is the one in which that was asked for."""
    for table in DOORS:
        kept = but_session if table == "session" else 0
        await storage.execute(
            f"DELETE FROM {table} WHERE account_id = ? AND id <> ?",  # noqa: S608 - our own names
            account.id,
            kept,
        )
