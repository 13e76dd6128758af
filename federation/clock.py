"""This module knows what time it is: UTC, and integer milliseconds since 1970 in the database.

Everything asks here, so that a test can hold the time still or move it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from federation import limits

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_held: int | None = None


def now_ms() -> int:
    """The time in milliseconds since 1970."""
    return _held if _held is not None else time.time_ns() // 1_000_000


def held_ms() -> int | None:
    """The time at which it is held, or None."""
    return _held


def now() -> datetime:
    """The time as an aware UTC datetime."""
    return moment(now_ms())


def moment(ms: int) -> datetime:
    """The aware UTC datetime of a time in milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def rfc3339(ms: int) -> str:
    """A time as documents carry it: `2026-01-02T10:00:05Z`, to the second."""
    return moment(ms).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def ms_of(text: str) -> int:
    """The time that `rfc3339` wrote so."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def credible(said: int, otherwise: int) -> int:
    """A time that another server said, if its clock may be right; else `otherwise`.

    One that lies further ahead than clocks may differ (`limits.SKEW_SECONDS`) orders nothing: all
    that is truly said until then would seem older.
    """
    return said if said <= now_ms() + limits.SKEW_SECONDS * SECOND else otherwise


@contextmanager
def held(ms: int) -> Iterator[None]:
    """Hold the time at `ms` inside the block (for tests)."""
    global _held  # noqa: PLW0603
    before, _held = _held, ms
    try:
        yield
    finally:
        _held = before
