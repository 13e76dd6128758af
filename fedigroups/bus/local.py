"""This module knows what a bus is, and the one of a single process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import structlog

log = structlog.get_logger("fedigroups.bus")

INBOX = "inbox"
"""The topic that says: there is something to process."""
OUTBOX = "outbox"
"""The topic that says: there is something to deliver."""
CHANGED = "changed"
"""The topic that says: what is shown may read otherwise than before."""
MAIL = "mail"
"""The topic that says: there is a letter to send."""
NEWS = "news"
"""The topic that says what happened, a word of `fedigroups/news.py` each."""
PAYLOAD_BYTES = 4_096
"""The longest payload; NOTIFY takes 8,000 bytes, and a listener can look the rest up."""

Listener = Callable[[bytes], None]
"""Is given the payload; an empty one says: look by yourself, you may have missed something."""
End = Callable[[], None]


class Bus(Protocol):
    """Tells the listeners of a topic something, in this process and perhaps in others.

    A topic is one lower-case word. All of it belongs to the event loop in which it was opened.
    """

    async def open(self) -> None:
        """Begin to speak with other processes; what is published before reaches this one alone."""

    async def close(self) -> None:
        """Send what still waits, for a second at most, and end."""

    def publish(self, topic: str, payload: bytes = b"") -> None:
        """Tell whoever listens; call it after the commit. Never waits, and fails for nobody.

        Raises ValueError for a payload longer than `PAYLOAD_BYTES`: that is the caller's mistake.
        """

    def listen(self, topic: str, listener: Listener) -> End:
        """Have `listener` called on each message of the topic; returns what ends it."""


class LocalBus:
    """The bus of one process; listeners run at once, in the teller's task: they must be short."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Listener]] = defaultdict(list)

    async def open(self) -> None:
        """Nothing: there is nobody else."""

    async def close(self) -> None:
        """Nothing either."""

    def publish(self, topic: str, payload: bytes = b"") -> None:
        """Call every listener of the topic. Raises ValueError for a payload that is too long."""
        if len(payload) > PAYLOAD_BYTES:
            raise ValueError(f"a payload has at most {PAYLOAD_BYTES} bytes, not {len(payload)}")
        self.hear(topic, payload)

    def listen(self, topic: str, listener: Listener) -> End:
        """Have `listener` called on each message of the topic; returns what ends it."""
        listeners = self._listeners[topic]
        listeners.append(listener)

        def end() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return end

    def hear(self, topic: str, payload: bytes) -> None:
        """Tell the listeners in this process alone; one that fails is logged and harms no other."""
        for listener in tuple(self._listeners.get(topic, ())):
            try:
                listener(payload)
            except Exception:
                log.exception("bus.listener_failed", topic=topic)

    def hear_all(self) -> None:
        """Have every listener look by itself: something may have been missed."""
        for topic in tuple(self._listeners):
            self.hear(topic, b"")
