"""This module decides when a host or an activity is tried again, and when we give up."""

from __future__ import annotations

import secrets

from federation import clock

SCHEDULE = (
    2 * clock.SECOND,
    10 * clock.SECOND,
    clock.MINUTE,
    5 * clock.MINUTE,
    30 * clock.MINUTE,
    2 * clock.HOUR,
    6 * clock.HOUR,
    12 * clock.HOUR,
)
"""The waits of a failing host, in ms, the first as long as a restart; then it is tried daily."""

DAILY = clock.DAY
JITTER = 0.5
GIVE_UP = 14 * clock.DAY
"""After this time without success a host is dormant."""

PROBE = 7 * clock.DAY
"""How often a dormant host is knocked at."""

AGAIN = (10 * clock.MINUTE, 2 * clock.HOUR)
"""The waits before the second and third attempt at one activity (401, 424)."""

ATTEMPTS = len(AGAIN) + 1


def delay(failures: int, chance: float | None = None) -> int:
    """The ms to wait after so many failures in a row (from 1): the schedule and up to half more.

    `chance` (0 to 1) holds the jitter still.
    """
    step = SCHEDULE[failures - 1] if 0 < failures <= len(SCHEDULE) else DAILY
    chance = secrets.randbelow(1_001) / 1_000 if chance is None else chance
    return int(step * (1 + JITTER * chance))
