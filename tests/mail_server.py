"""This module is a mail server on this machine, which takes what it is sent or says why not."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class MailServer:
    """A mail server on this machine that answers each recipient as it is told to."""

    answers: list[bytes] = field(default_factory=list)
    took: list[str] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[MailServer]:
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        while line := await reader.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                self.took.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                writer.write(b"250 taken\r\n")
            elif word == b"RCPT" and self.answers:
                writer.write(self.answers.pop(0))
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 mail.example\r\n")
        writer.close()

    @property
    def mails(self) -> list[EmailMessage]:
        """What it took, as mail programs read it."""
        policy = email.policy.default
        plain = [one.replace("\r\n", "\n").removesuffix(".\n") for one in self.took]
        return [email.message_from_string(one, policy=policy) for one in plain]
