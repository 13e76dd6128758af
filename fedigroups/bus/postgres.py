"""This module speaks over PostgreSQL's LISTEN and NOTIFY, on a connection outside of the pool."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog

from fedigroups import postgres_link
from fedigroups.bus.relay import Hear, Lost, Message, Send
from fedigroups.database_url import Database

log = structlog.get_logger("fedigroups.bus")

CHANNEL = "fedigroups"
_HANG_UP_SECONDS = 2.0
_SESSION = {
    "application_name": "fedigroups bus",
    "synchronous_commit": "off",  # NOTIFY has a commit of its own; a hint need not reach the disk
}
_NOTIFY = "SELECT pg_notify($1, said) FROM unnest($2::text[]) AS said"


@asynccontextmanager
async def dial(database: Database, hear: Hear, lost: Lost) -> AsyncIterator[Send]:
    """A line to all who listen at the same database. What this process says it does not hear."""
    link = await postgres_link.connect(database, **_SESSION)
    own = link.get_server_pid()

    def heard(_: object, pid: int, __: str, text: object) -> None:
        if pid != own:
            _understand(str(text), hear)

    async def send(messages: Sequence[Message]) -> None:
        await link.execute(_NOTIFY, CHANNEL, [_text(*message) for message in messages])

    try:
        link.add_termination_listener(lambda _: lost())
        await link.add_listener(CHANNEL, heard)
        yield send
    finally:
        await _hang_up(link)


def _text(topic: str, payload: bytes) -> str:
    return f"{topic} {b64encode(payload).decode()}"


def _understand(text: str, hear: Hear) -> None:
    topic, _, payload = text.partition(" ")
    try:
        message = b64decode(payload, validate=True)
    except ValueError:
        log.warning("bus.not_understood", topic=topic[:100])
        return
    hear(topic, message)


async def _hang_up(link: asyncpg.Connection) -> None:
    try:
        await link.close(timeout=_HANG_UP_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        link.terminate()
