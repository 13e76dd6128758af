"""This module is a wire between two servers that can be cut, or lose an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fedigroups.cli.stage import free_port

PIECE = 1 << 16


@dataclass
class Proxy:
    """Whoever connects to `host` speaks with `target` (address and port) while it is whole."""

    target: tuple[str, int]
    address: str = "127.0.9.1"
    port: int = 0
    cut: bool = False
    """Nobody gets through, and whoever was speaking is cut off."""
    lose_answers: int = 0
    """So many answers are lost on the way, each with its connection."""
    lost: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.port = self.port or free_port(self.address)

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Proxy]:
        server = await asyncio.start_server(self._visit, self.address, self.port)
        try:
            yield self
        finally:
            server.close()
            self._hang_up()

    def partition(self) -> None:
        """Cut the wire."""
        self.cut = True
        self._hang_up()

    def heal(self) -> None:
        """Mend it."""
        self.cut = False

    def _hang_up(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(
                self._carry(reader, far_writer), self._answer(far_reader, writer, far_writer)
            )
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, far_writer):
                self._open.discard(end)
                end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """The request went through, and the other side has answered: that is what may be lost."""
        while data := await reader.read(PIECE):
            if self.lose_answers:
                self.lose_answers -= 1
                self.lost += 1
                writer.transport.abort()
                far_writer.transport.abort()
                return
            writer.write(data)
            await writer.drain()
        writer.close()
