"""This module notices when it is our own clock that is wrong, by what others sign.

One host whose signatures are hours off has a wrong clock, or repeats what is old. When several are
off by the same, and nobody is in time meanwhile, the wrong clock is ours.
"""

from __future__ import annotations

import asyncio
from statistics import median

import structlog

log = structlog.get_logger("fedigroups.inbox")

HOSTS = 2
AGREE_SECONDS = 300
"""Hosts are off by the same when they differ by no more than good clocks may."""
ALARM_SECONDS = 600.0
"""How often the operator is told."""
_MOST = 100


class Clockwatch:
    """The hosts whose signatures came out of time since one was last in time, and by how much."""

    def __init__(self) -> None:
        self._late: dict[str, int] = {}
        self._told = float("-inf")

    def note(self, host: str, off: int) -> None:
        """A signature that is the host's was made so many seconds from our time; 0 for in time."""
        if not off:
            self._told = float("-inf")
        if not off or len(self._late) >= _MOST:
            self._late.clear()
        if off:
            self._late[host] = off

    def off(self) -> int:
        """The seconds that our clock is behind (or, negative, ahead); 0 when it seems right."""
        if not self._late:
            return 0
        middle = int(median(self._late.values()))
        agreed = sum(abs(off - middle) <= AGREE_SECONDS for off in self._late.values())
        return middle if agreed >= HOSTS and 2 * agreed > len(self._late) else 0

    def alarm(self, off: int) -> None:
        """Tell the operator, once in a while."""
        now = asyncio.get_running_loop().time()
        if now - self._told >= ALARM_SECONDS:
            self._told = now
            log.error("clock.wrong", seconds=off, advice="set this machine's clock (NTP)")
