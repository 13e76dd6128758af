"""This module signs requests in threads, several at a hand-over.

An RSA signature is most of a delivery and releases the interpreter lock. But to hand one request to
a thread and to be told of it costs up to a third of a signature, so what waits is handed over
together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from federation import signatures
from federation.keys import Signer
from federation.signatures import Form

THREADS = 2
AT_ONCE = 8
"""The most that one hand-over takes: as many are held up by the first of them."""

# Not the default pool, which slow name lookups can fill.
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="outbox-sign")


@dataclass(frozen=True, slots=True)
class Letter:
    """A POST to sign."""

    signer: Signer
    inbox: str
    body: bytes
    form: Form


Headers = dict[str, str]
_Waiting = tuple[Letter, "asyncio.Future[Headers]"]


class Pens:
    """The threads as one event loop uses them."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._busy = 0

    async def sign(self, letter: Letter) -> Headers:
        """The headers that make the request ours, signed now; raises what signing raises."""
        loop = asyncio.get_running_loop()
        signed: asyncio.Future[Headers] = loop.create_future()
        self._waiting.append((letter, signed))
        if len(self._waiting) == 1:
            loop.call_soon(self._hand_over, loop)
        return await signed

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting and self._busy < THREADS:
            count = min(AT_ONCE, -(-len(self._waiting) // (THREADS - self._busy)))
            some = [self._waiting.popleft() for _ in range(count)]
            self._busy += 1
            _threads.submit(self._work, loop, some)

    def _work(self, loop: asyncio.AbstractEventLoop, some: list[_Waiting]) -> None:
        """In a thread: sign them all, then tell the event loop, once."""
        results = [_signed(letter) for letter, _ in some]
        try:
            loop.call_soon_threadsafe(self._done, loop, some, results)
        except RuntimeError:  # the loop has ended: nobody waits
            return

    def _done(
        self,
        loop: asyncio.AbstractEventLoop,
        some: list[_Waiting],
        results: list[Headers | Exception],
    ) -> None:
        self._busy -= 1
        for (_, signed), result in zip(some, results, strict=True):
            if signed.done():  # whoever waited was cancelled
                continue
            if isinstance(result, Exception):
                signed.set_exception(result)
            else:
                signed.set_result(result)
        self._hand_over(loop)


def _signed(letter: Letter) -> Headers | Exception:
    try:
        return signatures.sign(letter.signer, "POST", letter.inbox, letter.body, letter.form)
    except Exception as error:  # raised where it is waited for
        return error
