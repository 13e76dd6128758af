"""This module serves an app over a real socket as the server does, for who speaks HTTP by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from uvicorn.server import ServerState

from fedigroups.cli.serve import configured
from fedigroups.web.connections import Bounded

App = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Said:
    """An answer as it stands on the wire: b"" when the connection was ended without one."""

    raw: bytes

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1]) if self.raw else 0

    @property
    def head(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[0].lower()

    @property
    def answers(self) -> int:
        """How many answers it is."""
        return self.raw.count(b"HTTP/1.1 ")


@dataclass(frozen=True)
class Door:
    """Where the app listens."""

    port: int
    state: ServerState

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)

    async def say(self, *parts: bytes, pause: float = 0.0, seconds: float = 5.0) -> Said:
        """What comes back of these bytes until the server closes, or nothing comes for long."""
        reader, writer = await self.connect()
        heard = b""
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                if pause:
                    await asyncio.sleep(pause)
            async with asyncio.timeout(seconds):
                while chunk := await reader.read(1 << 16):
                    heard += chunk
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        return Said(heard)


@asynccontextmanager
async def served(app: App) -> AsyncIterator[Door]:
    """The app behind `Bounded`, on a free port of this machine, without any proxy."""
    config = configured(app)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Bounded(config, state, {}), "127.0.0.1", 0)
    try:
        yield Door(server.sockets[0].getsockname()[1], state)
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
