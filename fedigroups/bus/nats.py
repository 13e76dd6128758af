"""This module speaks over NATS, a small server (or three of them) for messages between processes.

Nothing is stored there, so that no stream, no disk and no cluster state of it matters to us.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from fedigroups.bus.relay import ANSWER_SECONDS, Hear, Lost, Message, Send

log = structlog.get_logger("fedigroups.bus")

CONNECT_SECONDS = 10.0
_ONE_SERVER_SECONDS = 2
_HANG_UP_SECONDS = 2.0


def subject(origin: str) -> str:
    """The name under which the processes of one instance find each other.

    A digest, because a host's dots would be parts of a subject; the log says it when it connects.
    """
    return f"fedigroups.{sha256(origin.encode()).hexdigest()[:16]}"


@asynccontextmanager
async def dial(servers: Sequence[str], prefix: str, hear: Hear, lost: Lost) -> AsyncIterator[Send]:
    """A line to all who listen to the same subject. What this process says it does not hear."""
    client = await _connect(servers, lost)

    async def heard(message: Msg) -> None:
        hear(message.subject.removeprefix(f"{prefix}."), message.data)

    async def send(messages: Sequence[Message]) -> None:
        for topic, payload in messages:
            await client.publish(f"{prefix}.{topic}", payload)
        await client.flush(timeout=int(ANSWER_SECONDS))

    try:
        await client.subscribe(f"{prefix}.*", cb=heard)
        # a server that has not read our SUB yet drops what others say: only then is it a line
        await client.flush(timeout=int(ANSWER_SECONDS))
        yield send
    finally:
        await _hang_up(client)


async def _hang_up(client: Client) -> None:
    """Close it, or leave it after a while: its `close` may swallow a cancellation."""
    closing = asyncio.ensure_future(client.close())
    done, _ = await asyncio.wait({closing}, timeout=_HANG_UP_SECONDS)
    if not done:
        closing.cancel()
    elif error := closing.exception():
        log.debug("bus.not_hung_up", reason=repr(error))


async def _connect(servers: Sequence[str], lost: Lost) -> Client:
    """A client of any of the servers. Raises what the last of them raised when none answers."""
    ahead = random.sample(servers, len(servers))
    while True:
        client = Client()
        try:
            await _call(client, ahead.pop(), lost)
        except BaseException as error:
            await _hang_up(client)
            if not ahead or not isinstance(error, (Error, OSError, TimeoutError)):
                raise
        else:
            return client


async def _call(client: Client, server: str, lost: Lost) -> None:
    """Connect to one server. Raises what NATS raises when it does not answer."""
    failures: list[Exception] = []

    async def failed(error: Exception) -> None:
        failures.append(error)

    async def gone() -> None:
        lost()

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(
                servers=[server],
                name="fedigroups",
                no_echo=True,
                allow_reconnect=False,  # the relay dials again, for this bus as for the other
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=_ONE_SERVER_SECONDS,
                error_cb=failed,
                closed_cb=gone,
            )
    except Error as error:
        raise failures[-1] if failures else error from error
