"""This module lets a host's lane rest for a time though nothing failed: it asked for nothing now.

What it is owed stays owed; `outbox.revival` and an operator may end the rest.
"""

from __future__ import annotations

from federation import storage


async def until(host: str, when: int) -> None:
    """Deliver nothing to the host before `when` (ms)."""
    await storage.execute(
        "UPDATE lane SET next_try_at = ? WHERE host = ? AND next_try_at < ?", when, host, when
    )
