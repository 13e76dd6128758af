"""Our whole app, at work, with every callback of its event loop timed."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from home import let_all_in, settings
from internet import transport_to
from starlette.types import ASGIApp, Receive, Scope, Send

from fedigroups import logging
from fedigroups.app import make_app
from fedigroups.instance import assemble
from fedigroups.worker import running

REPORT = "/stalls"


@dataclass
class Callbacks:
    """How long each callback took since the last report, in ms: on the clock, and of CPU.

    CPU is the loop's thread's own, so that neighbours who take the core away do not count.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    longest: tuple[float, str] = (0.0, "")

    def watch(self) -> None:
        """Time what asyncio's own event loop runs (uvloop has no such seam)."""
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            run(handle)
            self.wall.append((time.perf_counter() - wall) * 1e3)
            self.cpu.append((time.thread_time() - cpu) * 1e3)
            if self.cpu[-1] > self.longest[0]:
                self.longest = self.cpu[-1], _name(handle)

        asyncio.Handle._run = timed  # type: ignore[method-assign]

    def report(self) -> dict[str, Any]:
        """The longest and the 99.9th percentile of each; begins anew."""
        found = {"count": len(self.cpu), "longest": self.longest[1]}
        found |= _peaks("wall", self.wall) | _peaks("cpu", self.cpu)
        self.longest = 0.0, ""
        self.wall.clear()
        self.cpu.clear()
        return found


def _name(handle: asyncio.Handle) -> str:
    """What ran: the coroutine, when it was a step of a task."""
    task = getattr(handle._callback, "__self__", None)
    what = task.get_coro() if isinstance(task, asyncio.Task) else handle._callback
    return str(getattr(what, "__qualname__", what))


def _peaks(name: str, times: list[float]) -> dict[str, float]:
    ordered = sorted(times) or [0.0]
    return {name: ordered[-1], f"{name}_999": ordered[int(len(ordered) * 0.999)]}


class Watched:
    """ASGI middleware: the app inside, and a report of the callbacks at a path of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._callbacks = Callbacks()
        self._callbacks.watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != REPORT:
            await self._app(scope, receive, send)
            return
        body = json.dumps(self._callbacks.report()).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def app(folder: str, authority: str) -> AsyncIterator[ASGIApp]:
    """The whole app over the file in `folder`, which trusts hosts that `authority` vouches for."""
    logging.configure("json", "info")
    let_all_in()
    chosen = settings(Path(folder))
    out = transport_to(chosen, ssl.create_default_context(cafile=authority))
    instance = assemble(chosen, transport=out)
    async with running(instance, work=True):
        yield Watched(make_app(instance))
