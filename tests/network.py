"""This module is the internet of the tests: it knows which host is which app, and who is down."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import httpx

Message = MutableMapping[str, Any]
App = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was made, and the status it got (0 when it got none)."""

    method: str
    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def host(self) -> str:
        return httpx.URL(self.url).netloc.decode("ascii")


class Network(httpx.AsyncBaseTransport):
    """Answers for the hosts that joined; any other is not there (`httpx.ConnectError`).

    An app runs in a task and a context of its own, as in another process: nothing ambient of the
    caller (its database, its transaction) reaches it. What it raises, the caller is raised.
    """

    def __init__(self) -> None:
        self.log: list[Exchange] = []
        self._apps: dict[str, App] = {}
        self._faults: dict[str, int | Exception] = {}

    def join(self, host: str, app: App) -> None:
        """From now on `host` (with its port unless that is the default one) is `app`."""
        self._apps[host] = app

    def leave(self, host: str) -> None:
        """From now on nothing listens at `host`."""
        self._apps.pop(host, None)

    def fail(self, host: str, fault: int | Exception) -> None:
        """From now on `host` answers everything with a status, or raises."""
        self._faults[host] = fault

    def heal(self, host: str) -> None:
        """End what `fail` began."""
        self._faults.pop(host, None)

    def requests(self, method: str = "", url: str = "") -> list[Exchange]:
        """What was asked so far: with that method, at URLs that start like that."""
        return [
            one
            for one in self.log
            if (not method or one.method == method) and one.url.startswith(url)
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        try:
            response = await self._answer(request)
        except Exception:
            self._note(request, 0)
            raise
        self._note(request, response.status_code)
        return response

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        host = _host(request.url)
        fault = self._faults.get(host)
        if isinstance(fault, Exception):
            raise fault
        if fault is not None:
            return httpx.Response(fault, stream=httpx.ByteStream(b""))
        app = self._apps.get(host)
        if app is None:
            raise httpx.ConnectError(f"nothing listens at {host}")
        inner = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        return await asyncio.create_task(
            inner.handle_async_request(request), context=contextvars.Context()
        )

    def _note(self, request: httpx.Request, status: int) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.log.append(
            Exchange(request.method, str(request.url), status, headers, request.content)
        )


def _host(url: httpx.URL) -> str:
    name = url.raw_host.decode("ascii")
    name = f"[{name}]" if ":" in name else name
    return name if url.port in (None, _PORTS.get(url.scheme)) else f"{name}:{url.port}"
