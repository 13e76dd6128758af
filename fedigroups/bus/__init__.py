"""This package wakes whoever waits for work: a hint, never the truth, which is in the database.

Three forms behind one interface: with `FEDIGROUPS_NATS_URL` the processes of an instance tell each
other over NATS; else, on PostgreSQL, over its NOTIFY; else one process tells itself.
A message that is lost costs a little time: every listener also looks by itself now and then.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from fedigroups import database_url
from fedigroups.bus import nats, postgres
from fedigroups.bus.local import (
    CHANGED,
    INBOX,
    MAIL,
    NEWS,
    OUTBOX,
    PAYLOAD_BYTES,
    Bus,
    End,
    Listener,
    LocalBus,
)
from fedigroups.bus.relay import RelayBus

__all__ = [
    "CHANGED",
    "INBOX",
    "MAIL",
    "NEWS",
    "OUTBOX",
    "PAYLOAD_BYTES",
    "Bus",
    "End",
    "Listener",
    "LocalBus",
    "RelayBus",
    "choose",
]


class Where(Protocol):
    """What of the settings this module needs."""

    @property
    def origin(self) -> str:
        """The public origin: several instances may share NATS servers."""

    @property
    def database_url(self) -> str:
        """`sqlite://...` or `postgres://...`."""

    @property
    def nats_url(self) -> tuple[str, ...]:
        """The NATS servers, if any."""


def choose(where: Where) -> Bus:
    """The bus that the settings ask for, not yet open."""
    if where.nats_url:
        subject = nats.subject(where.origin)
        return RelayBus(partial(nats.dial, where.nats_url, subject), over=f"NATS, {subject}.*")
    database = database_url.parse(where.database_url)
    if database.kind == "postgres":
        return RelayBus(partial(postgres.dial, database), over="PostgreSQL")
    return LocalBus()
