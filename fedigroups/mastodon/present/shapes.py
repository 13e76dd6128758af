"""This module knows how clients write what every entity is made of: ids, moments, addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from federation import clock
from fedigroups.content.sanitise import safe_url

Entity = dict[str, Any]


@lru_cache(maxsize=16_384)  # an account is in an answer as often as it says something
def date_time(ms: int) -> str:
    """A moment as every client reads it: with three decimals and Z (Toot! demands them)."""
    moment = datetime.fromtimestamp(ms // 1_000, UTC).isoformat()
    return f"{moment[:19]}.{ms % 1_000:03d}Z"


def date(ms: int) -> str | None:
    """The day of a moment; None for 0, which is never."""
    return clock.moment(ms).date().isoformat() if ms else None


def address(*wished: str) -> str | None:
    """The first of the addresses that a client may open; never an empty text (Tusker)."""
    return next((url for one in wished if one and (url := safe_url(one))), None)
