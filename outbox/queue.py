"""This module decides in which order hosts have their turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from outbox.due import Due

PROBES = 64
"""How many of the hosts that are served may be failing ones: however many hang, others go on."""


class Queue:
    """The hosts that wait: first those with somebody who waits for an answer, failing ones last.

    Who is taken is served until `ended`.
    """

    def __init__(self) -> None:
        self._direct: dict[str, None] = {}
        self._others: dict[str, None] = {}
        self._failing: dict[str, None] = {}
        self._probed: set[str] = set()

    def __len__(self) -> int:
        """How many wait that do not fail."""
        return len(self._direct) + len(self._others)

    def put(self, due: Due) -> None:
        """Let a host wait; a second time changes nothing, except that it may move up."""
        if due.failing:
            self._failing.setdefault(due.host)
        elif due.direct:
            self._direct.setdefault(due.host)
        else:
            self._others.setdefault(due.host)

    def take(self, count: int) -> list[str]:
        """At most so many hosts, which wait no longer."""
        found = list(dict.fromkeys(islice(self._waiting(), max(count, 0))))
        for host in found:
            if host in self._failing:
                self._probed.add(host)
            for waiting in (self._direct, self._others, self._failing):
                waiting.pop(host, None)
        return found

    def ended(self, host: str) -> None:
        """A host that was taken is served no longer."""
        self._probed.discard(host)

    def _waiting(self) -> Iterator[str]:
        yield from self._direct
        yield from self._others
        yield from islice(self._failing, max(PROBES - len(self._probed), 0))
