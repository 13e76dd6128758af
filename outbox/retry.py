"""This module decides when a host or an activity is tried again, and when we give up."""

from __future__ import annotations

import math
import secrets
from email.utils import parsedate_to_datetime

from federation import clock

SCHEDULE = (
    10 * clock.SECOND,
    clock.MINUTE,
    5 * clock.MINUTE,
    30 * clock.MINUTE,
    2 * clock.HOUR,
    6 * clock.HOUR,
    12 * clock.HOUR,
)
"""The waits of a failing host, in ms; after them it is tried daily."""

DAILY = clock.DAY
JITTER = 0.5
GIVE_UP = 14 * clock.DAY
"""So long without success makes a host dormant."""

PROBE = 7 * clock.DAY
"""How often a dormant host is knocked at."""

AGAIN = (10 * clock.MINUTE, 2 * clock.HOUR)
"""The waits before the second and third attempt at one activity (401, 424)."""

ATTEMPTS = len(AGAIN) + 1
RETRY_AFTER = (clock.SECOND, 24 * clock.HOUR)
"""What a peer's `Retry-After` is clamped to, in ms."""


def delay(failures: int, chance: float | None = None) -> int:
    """The ms to wait after so many failures in a row (from 1): the schedule and up to half more.

    `chance` (0 to 1) holds the jitter still.
    """
    step = SCHEDULE[failures - 1] if 0 < failures <= len(SCHEDULE) else DAILY
    chance = secrets.randbelow(1_001) / 1_000 if chance is None else chance
    return int(step * (1 + JITTER * chance))


def wait(header: str, now: int) -> int:
    """The ms that a `Retry-After` (RFC 9110 section 10.2.3) asks for, clamped; 0 for none.

    Seconds or an HTTP date; a negative number, infinity and a date in the past are clamped too.
    """
    asked = _seconds(header.strip(), now)
    if asked is None or math.isnan(asked):
        return 0
    low, high = RETRY_AFTER
    return int(min(max(asked * clock.SECOND, low), high))


def _seconds(text: str, now: int) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).timestamp() - now / clock.SECOND
    except (ValueError, OverflowError):
        return None
