"""This module speaks over NATS, a small server (or three of them) for messages between processes.

Nothing is stored there, so that no stream, no disk and no cluster state of it matters to us.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from hashlib import sha256

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from fedigroups.bus.relay import ANSWER_SECONDS, Hear, Lost, Message, Send

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
    client = Client()

    async def heard(message: Msg) -> None:
        hear(message.subject.removeprefix(f"{prefix}."), message.data)

    async def send(messages: Sequence[Message]) -> None:
        for topic, payload in messages:
            await client.publish(f"{prefix}.{topic}", payload)
        await client.flush(timeout=int(ANSWER_SECONDS))

    try:
        await _connect(client, servers, lost)
        await client.subscribe(f"{prefix}.*", cb=heard)
        yield send
    finally:
        with suppress(Error, OSError, TimeoutError):
            await asyncio.wait_for(client.close(), _HANG_UP_SECONDS)


async def _connect(client: Client, servers: Sequence[str], lost: Lost) -> None:
    """Connect to any of the servers. Raises what NATS raises when none of them answers."""
    failures: list[Exception] = []

    async def failed(error: Exception) -> None:
        failures.append(error)

    async def gone() -> None:
        lost()

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(
                servers=list(servers),
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
