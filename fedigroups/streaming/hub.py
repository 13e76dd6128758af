"""This module keeps the open connections of a process, and ends those that may no longer be open.

What happens comes over the bus, in order, and is told by `dispatch.py`. A token that is taken back,
a session that is signed out, an account that ends: each closes its connections within
`limits.STREAM_CHECK_SECONDS`, whoever did it in whichever process, for the database is asked.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog

from federation import limits
from federation.errors import Slowed
from fedigroups import news, open_files
from fedigroups.api.answers import ApiError
from fedigroups.media.pictures import Pictures
from fedigroups.news import Word
from fedigroups.streaming import admission, dispatch
from fedigroups.streaming.listeners import Ending, Listener, Listeners, Stream

T = TypeVar("T")

log = structlog.get_logger("fedigroups.streaming")

RETRY_SECONDS = 60.0
"""When whoever has too many open may come back."""


class Hub:
    """All who listen to this process."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.listeners: Listeners = {}
        self._streams: dict[str, dict[str, Listeners]] = {}
        self._accounts: Counter[int] = Counter()
        self._addresses: Counter[str] = Counter()
        self._words: deque[Word] = deque(maxlen=limits.STREAM_WORDS)
        self._dropped = 0
        self._heard = asyncio.Event()
        self._stopped = False

    # Who listens

    @contextmanager
    def joined(self, listener: Listener) -> Iterator[None]:
        """They listen inside the block.

        Refuses with `Slowed` (429) whoever has as many open as one may have, and with `ApiError`
        (503) everybody when this process has, or stops.
        """
        self._make_sure_of_room(listener)
        who = listener.who
        self.listeners[listener] = None
        self._accounts[who.account_id] += 1
        self._addresses[who.address] += 1
        try:
            yield
        finally:
            listener.gone()
            for stream in tuple(listener.streams):
                self.unsubscribe(listener, stream)
            del self.listeners[listener]
            _one_less(self._accounts, who.account_id)
            _one_less(self._addresses, who.address)

    def _make_sure_of_room(self, listener: Listener) -> None:
        who = listener.who
        if self._stopped or len(self.listeners) >= min(limits.STREAMS, open_files.allowed() // 4):
            raise ApiError(503, "There is no room for another stream just now; come back later")
        if not who.account_id and self._accounts[0] >= limits.STREAMS_OF_STRANGERS:
            raise ApiError(503, "Too many who are not signed in listen just now")
        if who.account_id and self._accounts[who.account_id] >= limits.STREAMS_PER_ACCOUNT:
            raise Slowed("this account", RETRY_SECONDS)
        if who.address and self._addresses[who.address] >= limits.STREAMS_PER_ADDRESS:
            raise Slowed(who.address, RETRY_SECONDS)

    def subscribe(self, listener: Listener, stream: Stream) -> None:
        """From now on they hear of that, too. Refuses with `ApiError` (422) one too many."""
        if stream not in listener.streams and len(listener.streams) >= limits.STREAMS_PER_SOCKET:
            raise ApiError(422, f"At most {limits.STREAMS_PER_SOCKET} streams on one connection")
        listener.streams.add(stream)
        self._streams.setdefault(stream.name, {}).setdefault(stream.of, {})[listener] = None

    def unsubscribe(self, listener: Listener, stream: Stream) -> None:
        """They hear no more of it."""
        listener.streams.discard(stream)
        of = self._streams.get(stream.name, {})
        of.get(stream.of, {}).pop(listener, None)
        if not of.get(stream.of):
            of.pop(stream.of, None)

    def on(self, name: str, of: str = "") -> Listeners:
        """Who listens to one stream."""
        return self._streams.get(name, {}).get(of, {})

    def all_on(self, name: str) -> dict[str, Listeners]:
        """Who listens to the streams of one name, by what they are of."""
        return self._streams.get(name, {})

    # What happens

    def hear(self, payload: bytes) -> None:
        """Something happened; when nobody listens, it is nothing to us.

        After the line to other processes was lost, nobody knows what was missed: all are told to
        come back, and ask for it.
        """
        if not payload:
            self.end(self.listeners, "stop")
            return
        word = news.read(payload)
        if word is None or not word.ids or not self.listeners:
            return
        self._dropped += len(self._words) == self._words.maxlen
        self._words.append(word)
        self._heard.set()

    async def run(self) -> None:
        """Tell until cancelled; then everybody is told to come back."""
        self._stopped = False
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell())
                tasks.create_task(self._beat())
                tasks.create_task(self._check())
        finally:
            self._stopped = True
            self.end(self.listeners, "stop")

    async def drain(self) -> None:
        """Tell all that was heard."""
        if self._dropped:
            log.warning("streaming.behind", dropped=self._dropped)
            self._dropped = 0
        while self._words:
            word = self._words.popleft()
            try:
                await dispatch.tell(self, word)
            except Exception:  # one event that breaks is no reason to keep others back
                log.exception("streaming.not_told", kind=word.kind, ids=word.ids)

    async def _tell(self) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            await self.drain()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(limits.STREAM_BEAT_SECONDS)
            for listener in tuple(self.listeners):
                if message := listener.form.beat():
                    listener.tell(message)

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(limits.STREAM_CHECK_SECONDS)
            await self.check()

    async def check(self) -> None:
        """End the connections of all who would not be let in any more."""
        if self.listeners:
            self.end(await admission.shut_out(self.listeners), "shut_out")

    def end(self, listeners: Listeners, why: Ending) -> None:
        """End these."""
        for listener in tuple(listeners):
            listener.end(why)


def _one_less(counted: Counter[T], one: T) -> None:
    counted[one] -= 1
    if not counted[one]:
        del counted[one]
