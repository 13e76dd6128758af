"""This module lets a host that speaks to us be tried again, though its lane waits or sleeps.

What it sends proves that it is up, not that it takes what we send: so it gets one more try, and
only the result of that changes how the host stands (Mastodon #31118).
"""

from __future__ import annotations

from federation.pace import Memory
from outbox import lanes

PAUSE_SECONDS = 60.0
"""Between two such tries of one host."""


class Revival:
    """Remembers which hosts were tried lately because they spoke."""

    def __init__(self) -> None:
        self._tried: Memory[bool] = Memory()

    async def heard(self, host: str) -> None:
        """Make the host's lane due, at most once a minute."""
        if not self._tried.get(host):
            self._tried.put(host, True, PAUSE_SECONDS)
            await lanes.wake(host)
