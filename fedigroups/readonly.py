"""This module knows whether this instance only lets itself be read, as its operator may want."""

from __future__ import annotations

from federation import clock, storage
from federation.pace import Memory
from fedigroups.store import TROUBLE

KEY = "read_only"
FRESH_SECONDS = 1.0
"""How long a process goes on as before after another changed it."""


class ReadOnly:
    """Whether nothing may be changed, asked of the ambient database once a second at most."""

    def __init__(self) -> None:
        self._known: Memory[bool] = Memory(entries=1)

    async def __call__(self) -> bool:
        """Whether it is so."""
        known = self._known.get("")
        if known is None:
            known = await is_on()
            self._known.put("", known, FRESH_SECONDS)
        return known


async def is_on() -> bool:
    """Whether nothing may be changed; when the database is away, whoever asks it next says so."""
    try:
        return await since() > 0
    except TROUBLE:
        return False


async def since() -> int:
    """Since when nothing may be changed (ms); 0 when everything may."""
    row = await storage.row("SELECT value FROM setting WHERE key = ?", KEY)
    return int(row["value"]) if row else 0


async def begin() -> None:
    """From now on nothing may be changed."""
    await storage.execute(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
        KEY,
        str(clock.now_ms()),
    )


async def end() -> None:
    """From now on everything may be changed again."""
    await storage.execute("DELETE FROM setting WHERE key = ?", KEY)
