"""Watches every request of every test: none holds the event loop up, none asks row by row.

How long the loop was held up is its thread's own CPU time in one step of a request, without the
garbage collector's: neighbours on a busy machine make it no longer. (That nothing waits in a step,
for a file or a name, is what the ASYNC rules of the linter are for.) A statement that one request
says again and again has its number grow with the data.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import httpx
import pytest
import structlog

from fedigroups import asyncpg_engine, sqlite_engine
from fedigroups.web import render

STEP_MS = 100
"""How long a step of a request may take."""
REPEATS, STATEMENTS = 4, 16
"""How often a GET may say the same statement, and how many it may say in all: two of them are of
what is read anew each second, whoever asks."""
VERIFYING, VERIFYING_ALL = 12, 40
"""The same for what an inbox takes: to know a stranger's key, and whose it is, takes many."""
ACTING_ALL = 56
"""How many an act from an app or a page may say in all: it is answered with what it was done to."""
ACTS = ("/api/v1/", "/posts/", "/moderation", "/requests", "/settings/close")
ASKING = "resolve=true"
"""In the address of a search that asks other servers, and keeps what they answer."""
FETCHING, FETCHING_ALL = 16, 72
"""The same for such a search: a post, what it answers, and who wrote all that, may be new."""

_request: contextvars.ContextVar[Request | None] = contextvars.ContextVar("request", default=None)
_counted: contextvars.ContextVar[bool] = contextvars.ContextVar("counted", default=False)


@dataclass
class Request:
    """What one request to an app in this process cost."""

    name: str
    longest_ms: float = 0.0
    said: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> list[str]:
        """What is wrong with it, empty when nothing is."""
        found = []
        if self.longest_ms > STEP_MS:
            found.append(f"{self.name} held the event loop up for {self.longest_ms:.0f} ms")
        reads = self.name.startswith(("GET ", "HEAD ")) and ASKING not in self.name
        same, all_ = (REPEATS, STATEMENTS) if reads else (VERIFYING, VERIFYING_ALL)
        if not reads and any(part in self.name for part in ACTS):
            all_ = ACTING_ALL
        if ASKING in self.name:
            same, all_ = FETCHING, FETCHING_ALL
        if self.said.total() > all_:
            found.append(f"{self.name} said {self.said.total()} statements")
        for statement, times in self.said.items():
            if times > same:
                found.append(f"{self.name} said {times} times: {statement}")
        return found


class Watch:
    """Sees all requests to apps in this process."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._collecting = 0.0
        self._collected = 0.0

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Watch from now on."""
        patch.setattr(asyncio.Handle, "_run", self._timed(asyncio.Handle._run))
        send = httpx.ASGITransport.handle_async_request
        patch.setattr(httpx.ASGITransport, "handle_async_request", self._named(send))
        for client in (
            sqlite_engine.Client,
            sqlite_engine.ImmediateTransaction,
            asyncpg_engine.Client,
            asyncpg_engine.Transaction,
        ):
            for name in ("execute_query", "execute_query_dict", "execute_insert", "execute_many"):
                patch.setattr(client, name, _counting(getattr(client, name)))
        transaction = sqlite_engine.ImmediateTransaction
        patch.setattr(transaction, "at_once", _counting(transaction.at_once))
        gc.callbacks.append(self._collects)

    def uninstall(self) -> None:
        """Listen to the garbage collector no more."""
        gc.callbacks.remove(self._collects)

    def _named(self, send: Callable[..., Awaitable[httpx.Response]]) -> Callable[..., Any]:
        @wraps(send)
        async def sent(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
            seen = Request(f"{request.method} {request.url}"[:200])
            self.requests.append(seen)
            context = contextvars.copy_context()
            context.run(_request.set, seen)
            task = asyncio.create_task(_awaited(send(transport, request)), context=context)
            try:
                return await task
            finally:
                task.cancel()

        return sent

    def _timed(self, run: Callable[[asyncio.Handle], None]) -> Callable[[asyncio.Handle], None]:
        def timed(handle: asyncio.Handle) -> None:
            seen: Request | None = handle._context.get(_request)  # type: ignore[attr-defined]
            if seen is None:
                run(handle)
                return
            start, collected = time.thread_time(), self._collected
            run(handle)
            took = time.thread_time() - start - (self._collected - collected)
            seen.longest_ms = max(seen.longest_ms, took * 1_000)

        return timed

    def _collects(self, phase: str, _facts: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.thread_time()
        else:
            self._collected += time.thread_time() - self._collecting


async def _awaited(answer: Awaitable[httpx.Response]) -> httpx.Response:
    return await answer


def _counting(call: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    @wraps(call)
    async def counted(client: Any, query: str, *values: Any) -> Any:
        seen = _request.get()
        if seen is None or _counted.get():
            return await call(client, query, *values)
        seen.said[query] += 1
        token = _counted.set(True)  # one of them calls another
        try:
            return await call(client, query, *values)
        finally:
            _counted.reset(token)

    return counted


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """The one watch of this process; what is made at the first use only is made before.

    Tracebacks in the log are plain: to draw them nicely takes longer than any request.
    """
    for name in render._templates.list_templates():
        render._templates.get_template(name)
    plain = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S"),
            plain,
        ]
    )
    watching = Watch()
    with pytest.MonkeyPatch.context() as patch:
        watching.install(patch)
        yield watching
        watching.uninstall()


@pytest.fixture(autouse=True)
def watchdog(watch: Watch) -> Iterator[Watch]:
    """Fails a test in which a request held the loop up, or asked the database row by row."""
    watch.requests.clear()
    yield watch
    faults = [fault for request in watch.requests for fault in request.faults]
    watch.requests.clear()
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
