"""This module is one open connection: who listens, to what, and what still waits to be sent.

An idle one costs a task that waits for the other side, and nothing else; a second one sends, while
there is something to send. Who reads too slowly is let go, and comes back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog
from starlette.types import Message, Send

from federation import limits
from fedigroups.oauth import scopes

PAGES = ("thread", "group", "mine")
"""Streams of our own pages, which no app can ask for."""
TAGS = ("hashtag", "hashtag:local")

log = structlog.get_logger("fedigroups.streaming")

Ending = Literal["stop", "slow", "shut_out", "flood"]
"""Why we end it: we stop, they read too slowly, they may no longer listen, they say too much."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream, and of what: a hashtag, a list, a thread, or whose it is (ids of rows)."""

    name: str
    of: str = ""

    @property
    def label(self) -> list[str]:
        """What frames call it."""
        return [self.name, self.of] if self.name in {*TAGS, "list"} else [self.name]


@dataclass(frozen=True, slots=True)
class Who:
    """Who listens: the token or session that let them in (0: none), and as whom they read."""

    token_id: int = 0
    session_id: int = 0
    account_id: int = 0
    actor_id: int = 0
    scopes: tuple[str, ...] = ()
    address: str = ""

    def may(self, *wanted: str) -> bool:
        """Whether one of these scopes is theirs, itself or by one that covers it."""
        return any(scopes.is_within((one,), self.scopes) for one in wanted)


class Form(Protocol):
    """How events are written for one kind of connection."""

    def event(self, stream: Stream, name: str, payload: str) -> Message:
        """An event of a stream."""

    def beat(self) -> Message | None:
        """What shows that we are still there; None where the server sees to it itself."""

    def end(self, why: Ending) -> Message:
        """The last that is sent."""


class Listener:
    """An open connection; `send` is the server's."""

    __slots__ = ("_send", "_sender", "_waiting", "counts", "ended", "form", "streams", "who")

    def __init__(self, who: Who, form: Form, send: Send) -> None:
        self.who = who
        self.form = form
        self.streams: set[Stream] = set()
        self.counts: dict[str, int] = {}
        """Of a page: how much came since it was made, by the event's name."""
        self.ended = False
        self._send = send
        self._waiting: deque[Message] = deque()
        self._sender: asyncio.Task[None] | None = None

    def tell(self, message: Message) -> None:
        """Send it as soon as they take it; whoever lets too much wait is let go."""
        if self.ended:
            return
        if len(self._waiting) >= limits.STREAM_WAITING:
            log.info("streaming.too_slow", account=self.who.account_id)
            self.end("slow")
            return
        self._put(message)

    def end(self, why: Ending) -> None:
        """Say goodbye after what is under way; what waits behind it is not sent."""
        if not self.ended:
            self.ended = True
            self._waiting.clear()
            self._put(self.form.end(why))

    def gone(self) -> None:
        """They hung up."""
        self.ended = True
        self._waiting.clear()
        if self._sender is not None:
            self._sender.cancel()

    def _put(self, message: Message) -> None:
        self._waiting.append(message)
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._send(self._waiting.popleft())
        except (OSError, RuntimeError) as error:  # they hung up meanwhile
            log.debug("streaming.not_sent", reason=repr(error))
            self._waiting.clear()
        finally:
            self._sender = None


Listeners = dict[Listener, None]
"""In the order in which they came."""
