"""This module mints ids: 63 bits, ordered by time, unique in one process and (randomly) beyond."""

from __future__ import annotations

import secrets
import threading

from federation import clock

BIGGEST = 2**63 - 1
"""No id is above it, nor any number in a table: what is asked for beyond it is not there."""

_EPOCH = 1_704_067_200_000  # 2024-01-01: leaves the top of 63 bits free for 278 years
_lock = threading.Lock()
_last = 0


def new() -> int:
    """An id above every id minted before: 43 bits of milliseconds, 20 bits of chance."""
    global _last  # noqa: PLW0603
    candidate = ((clock.now_ms() - _EPOCH) << 20) | secrets.randbits(20)
    with _lock:
        _last = max(candidate, _last + 1)
        return _last


def start_above(least: int) -> None:
    """Let every id from now on be above this one, whatever the clock says."""
    global _last  # noqa: PLW0603
    with _lock:
        _last = max(_last, least)


def least_at(ms: int) -> int:
    """The least id that is minted from that time on; 0 for a time before all of them."""
    return max(ms - _EPOCH, 0) << 20


def token(bytes_: int = 16) -> str:
    """An unguessable name, in characters that a URL takes as they are."""
    return secrets.token_urlsafe(bytes_)
