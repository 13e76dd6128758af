"""This module keeps what somebody began to write, until it is sent or thrown away."""

from __future__ import annotations

from dataclasses import dataclass

from federation import clock, ids, limits, storage


@dataclass(frozen=True, slots=True)
class Written:
    """The words of a draft, and when they were kept; none of them is checked before it is sent."""

    title: str = ""
    text: str = ""
    warning: str = ""
    language: str = ""
    poll: str = ""
    """JSON, as the form that it was written in knows it; "" for none."""
    changed_at: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost."""
        words = (self.title, self.text, self.warning, self.poll)
        return not any(word.strip() for word in words)


async def keep(actor_id: int, place: str, written: Written) -> None:
    """Keep it in place of what was kept there; with nothing in it, keep nothing."""
    if written.is_empty:
        await drop(actor_id, place)
        return
    cut = (
        written.title[: limits.TITLE_CHARS],
        written.text[: limits.CONTENT_CHARS],
        written.warning[: limits.TITLE_CHARS],
        written.language[:16],
        written.poll,
    )
    async with storage.transaction():
        await storage.execute(
            "INSERT INTO draft (id, actor_id, place, title, text, warning, language, poll,"
            " changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (actor_id, place) DO UPDATE SET"
            " title = excluded.title, text = excluded.text, warning = excluded.warning,"
            " language = excluded.language, poll = excluded.poll, changed_at = excluded.changed_at",
            *(ids.new(), actor_id, place, *cut, clock.now_ms()),
        )
        await storage.execute(
            "DELETE FROM draft WHERE actor_id = ? AND id NOT IN (SELECT id FROM draft"
            " WHERE actor_id = ? ORDER BY changed_at DESC, id DESC LIMIT ?)",
            *(actor_id, actor_id, limits.DRAFTS),
        )


async def find(actor_id: int, place: str) -> Written | None:
    """What is kept for the place."""
    row = await storage.row(
        "SELECT title, text, warning, language, poll, changed_at FROM draft"
        " WHERE actor_id = ? AND place = ?",
        *(actor_id, place),
    )
    return Written(**row) if row else None


async def drop(actor_id: int, place: str) -> None:
    """Throw it away."""
    await storage.execute("DELETE FROM draft WHERE actor_id = ? AND place = ?", actor_id, place)


async def of(actor_id: int) -> list[tuple[str, Written]]:
    """All that they began, each with its place, the newest first."""
    rows = await storage.rows(
        "SELECT place, title, text, warning, language, poll, changed_at FROM draft"
        " WHERE actor_id = ? ORDER BY changed_at DESC, id DESC",
        actor_id,
    )
    return [(row.pop("place"), Written(**row)) for row in map(dict, rows)]
