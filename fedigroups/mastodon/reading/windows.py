"""This module knows which part of a list a client asks for, by ids and never by place.

`max_id` goes on to older entries, `since_id` bounds what is new, `min_id` goes up from an entry.
https://docs.joinmastodon.org/api/guidelines/#pagination
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from federation import ids, limits
from fedigroups.api.body import Body

T = TypeVar("T")

CURSORS = frozenset({"max_id", "since_id", "min_id", "offset"})


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` entries, between two ids that are not in it."""

    limit: int = 20
    below: int = ids.BIGGEST
    above: int = 0
    upward: bool = False
    """Whether the entries right above `above` are wanted, and not the newest."""

    def clause(self, column: str) -> str:
        """The condition, for `values`, and the order, as SQL."""
        way = "ASC" if self.upward else "DESC"
        return f"{column} < ? AND {column} > ? ORDER BY {column} {way} LIMIT ?"

    @property
    def values(self) -> tuple[int, int, int]:
        """What the marks of `clause` stand for."""
        return self.below, self.above, self.limit

    def arranged(self, rows: Sequence[T]) -> list[T]:
        """The rows that `clause` answers, newest first."""
        return list(reversed(rows)) if self.upward else list(rows)


def asked(body: Body, default: int = 20, most: int = limits.PAGE_ENTRIES) -> Window:
    """The window of a request. Raises `Malformed` for ids that are no numbers."""
    above, upward = body.number("since_id"), False
    if "min_id" in body:
        above, upward = body.number("min_id"), True
    return Window(
        limit=body.number("limit", default, least=1, most=most),
        below=body.number("max_id", ids.BIGGEST),
        above=above,
        upward=upward,
    )


def links(request: Request, origin: str, window: Window, ids: Sequence[int]) -> dict[str, str]:
    """The `Link` header of a page of entries with these ids, newest first.

    Its addresses are of our own origin, whatever `Host` says, and keep the other parameters.
    """
    if not ids:
        return {}
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in CURSORS]
    base = f"{origin}{request.url.path}"

    def to(name: str, id: int) -> str:
        return f"{base}?{urlencode([*kept, (name, str(id))])}"

    parts = [f'<{to("min_id", ids[0])}>; rel="prev"']
    if len(ids) >= window.limit or window.upward:
        parts.insert(0, f'<{to("max_id", ids[-1])}>; rel="next"')
    return {"Link": ", ".join(parts)}
