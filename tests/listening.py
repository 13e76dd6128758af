"""This module listens to an instance of the tests over real sockets, as apps and pages do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from fedigroups.app import make_app
from served import Door, served
from world import Town

SECONDS = 5.0
QUIET_SECONDS = 0.15
"""After so long without a word, nothing comes: an event takes some milliseconds."""


@dataclass
class Socket:
    """An app's WebSocket."""

    link: ClientConnection

    async def say(self, **words: Any) -> None:
        await self.link.send(json.dumps(words))

    async def subscribe(self, stream: str, **of: str) -> None:
        """Subscribe, and wait until that is done: what is said next is answered after it."""
        await self.say(type="subscribe", stream=stream, **of)
        await self.say(type="no such thing", stream="public")
        heard = await self.hear()
        assert heard.get("error") == "Unknown message type", heard

    async def hear(self) -> Any:
        """The next frame, with its payload read when it is JSON."""
        async with asyncio.timeout(SECONDS):
            frame = json.loads(await self.link.recv())
        with suppress(KeyError, ValueError):
            frame["payload"] = json.loads(frame["payload"])
        return frame

    async def event(self) -> tuple[str, str, Any]:
        """The next event: its stream, name and payload."""
        frame = await self.hear()
        return " ".join(frame["stream"]), frame["event"], frame.get("payload")

    async def is_quiet(self) -> bool:
        """Whether nothing comes."""
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                await self.link.recv()
        except TimeoutError:
            return True
        return False

    async def code(self) -> int | None:
        """With which code it is closed."""
        async with asyncio.timeout(SECONDS):
            await self.link.wait_closed()
        return self.link.close_code


@asynccontextmanager
async def socket(
    door: Door, token: str, query: str = "", *, by: str = "subprotocol"
) -> AsyncIterator[Socket]:
    """A WebSocket, the token shown by `subprotocol`, `query` or `header`."""
    there = f"ws://127.0.0.1:{door.port}/api/v1/streaming"
    if by == "query":
        query = f"access_token={token}&{query}"
    async with connect(
        f"{there}?{query}",
        subprotocols=[Subprotocol(token)] if by == "subprotocol" else None,
        additional_headers={"Authorization": f"Bearer {token}"} if by == "header" else None,
        compression=None,
    ) as link:
        yield Socket(link)


@dataclass
class Events:
    """Server-sent events as they come."""

    answer: httpx.Response
    lines: AsyncIterator[str]

    async def event(self) -> tuple[str, Any]:
        """The name and data of the next event."""
        name = ""
        async with asyncio.timeout(SECONDS):
            async for line in self.lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
        raise EOFError

    async def ends(self) -> bool:
        """Whether it ends without another event."""
        with suppress(EOFError):
            return not await self.event()
        return True


@asynccontextmanager
async def events(door: Door, path: str, **headers: str) -> AsyncIterator[Events]:
    """The events at a path, which are there."""
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}", timeout=SECONDS) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        if answer.status_code != 200:
            await answer.aread()
        lines = answer.aiter_lines()
        if answer.status_code == 200:
            assert await anext(lines) == ":)"
        yield Events(answer, lines)


@asynccontextmanager
async def open_to_all(town: Town) -> AsyncIterator[Door]:
    """The instance on a real socket, telling what happens."""
    with town.instance.store.context():
        telling = asyncio.create_task(town.instance.hub.run())
    try:
        async with served(make_app(town.instance)) as door:
            yield door
    finally:
        telling.cancel()
        await asyncio.wait([telling])
