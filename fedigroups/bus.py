"""This module wakes whoever waits for work: a hint, never the truth, which is in the database.

A wake-up that is lost costs a little time (every listener also looks by itself now and then).
So a bus over PostgreSQL's NOTIFY or over NATS can take the place of this one, of one process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

Callback = Callable[[], None]


class Bus(Protocol):
    """Wakes listeners of a topic, in this process and perhaps in others."""

    def wake(self, topic: str) -> None:
        """Tell whoever listens that there is work. Never waits, never fails."""

    def listen(self, topic: str, callback: Callback) -> Callback:
        """Have `callback` called on each wake-up; returns a function that ends it."""


class LocalBus:
    """The bus of one process; callbacks run at once, in the waker's task, so they must be short."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callback]] = defaultdict(list)

    def wake(self, topic: str) -> None:
        """Call every listener of the topic."""
        for callback in tuple(self._listeners.get(topic, ())):
            callback()

    def listen(self, topic: str, callback: Callback) -> Callback:
        """Have `callback` called on each wake-up; returns a function that ends it."""
        listeners = self._listeners[topic]
        listeners.append(callback)

        def end() -> None:
            if callback in listeners:
                listeners.remove(callback)

        return end
