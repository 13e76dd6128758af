"""This module keeps the log of administrative acts: who did what here, when, and to what."""

from __future__ import annotations

from dataclasses import dataclass

from federation import clock, ids, storage
from fedigroups.models import Act

KEPT_MS = 730 * clock.DAY
DETAIL_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Noted:
    """One act, as it is told."""

    at: int
    who: str
    what: str
    detail: str


async def note(who: str, what: str, detail: str = "") -> None:
    """Write down that somebody did something; in the transaction that did it, if there is one."""
    await Act.create(
        id=ids.new(), at=clock.now_ms(), who=who, what=what, detail=detail[:DETAIL_CHARS]
    )


async def newest(limit: int, what: str = "") -> list[Noted]:
    """The newest acts, the latest first; with `what`, those whose name begins like that."""
    found = await storage.rows(
        "SELECT at, who, what, detail FROM act WHERE SUBSTR(what, 1, ?) = ?"
        " ORDER BY id DESC LIMIT ?",
        len(what),
        what,
        limit,
    )
    return [Noted(**row) for row in found]


async def retire() -> None:
    """Forget acts of more than two years ago."""
    await storage.execute("DELETE FROM act WHERE at < ?", clock.now_ms() - KEPT_MS)
