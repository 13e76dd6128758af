"""This module knows what a host is owed next, and in which order it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import merge

import structlog

from federation import clock, storage
from outbox import streams

log = structlog.get_logger("fedigroups.outbox")

AT_ONCE = 20
"""Deliveries between two writes of a cursor: so many a peer may see twice after a crash."""

READY = (
    "(s.stream NOT LIKE 'again:%' OR EXISTS (SELECT 1 FROM log_entry w"
    " WHERE w.stream = s.stream AND w.seq = s.cursor + 1 AND w.created_at <= ?))"
)
"""SQL: what waits on a stream of `streams.again` is due; takes the time in ms."""


Name = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Lag:
    """A subscription that is owed something."""

    id: int
    host: str
    stream: str
    inbox: str
    cursor: int
    claimed: int
    head: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry of a stream for one inbox."""

    lag: Lag
    entry_id: int
    seq: int
    kind: str
    object_uri: str
    thread: str
    skip_host: str
    cancelled: bool
    undoes: int
    activity_id: int
    activity_uri: str
    actor_uri: str
    body: bytes

    @property
    def key(self) -> tuple[str, str]:
        """Parcels of one key are delivered one after another."""
        return self.lag.inbox, self.thread

    @property
    def name(self) -> Name:
        """What tells this parcel from any other of the host."""
        return self.lag.inbox, self.lag.stream, self.seq

    @property
    def takes_back(self) -> Name | None:
        """The parcel that this one undoes, if any."""
        if not self.undoes or streams.is_again(self.lag.stream):
            return None
        return self.lag.inbox, self.lag.stream, self.undoes

    @property
    def first_seq(self) -> int:
        """Its seq on the stream that it was first read from."""
        return self.undoes if streams.is_again(self.lag.stream) else self.seq

    @property
    def maybe_sent(self) -> bool:
        """Whether an earlier run may have sent it."""
        return self.seq <= self.lag.claimed or streams.is_again(self.lag.stream)


@dataclass(frozen=True, slots=True)
class Load:
    """The next parcels of a host, in the order to send them; `more` when that was not all.

    `stuck` when there should be some and none can be read.
    """

    parcels: tuple[Parcel, ...]
    more: bool = False
    stuck: bool = False


async def load(host: str) -> Load:
    """At most `AT_ONCE` parcels, direct ones first, then in the order of publication.

    A stream with a gap (an entry below the head that is not there) is left where it stands, and
    an error is logged: what is not there was not delivered.
    """
    lags = await _lags(host)
    if not lags:
        return Load(())
    share = max(1, AT_ONCE // len(lags))
    read = [await _read(lag, share) for lag in lags[:AT_ONCE]]
    parcels = tuple(merge(*read, key=lambda p: (not streams.is_direct(p.lag.stream), p.entry_id)))
    owed = sum(lag.head - lag.cursor for lag in lags)
    return Load(parcels, more=0 < len(parcels) < owed, stuck=not parcels)


async def _lags(host: str) -> list[Lag]:
    found = await storage.rows(
        "SELECT s.id, s.host, s.stream, s.inbox, s.cursor, s.claimed, t.head FROM subscription s"  # noqa: S608 -- our own SQL
        " JOIN stream t ON t.name = s.stream WHERE s.host = ? AND t.head > s.cursor"
        f" AND {READY}",
        host,
        clock.now_ms(),
    )
    lags = [Lag(**row) for row in found]
    return sorted(lags, key=lambda lag: (not streams.is_direct(lag.stream), lag.id))


async def _read(lag: Lag, count: int) -> list[Parcel]:
    found = await storage.rows(
        "SELECT e.id AS entry_id, e.seq, e.kind, e.object_uri, e.thread, e.skip_host,"
        " e.cancelled, e.undoes, e.created_at, e.activity_id, a.uri AS activity_uri,"
        " a.actor_uri, a.body FROM log_entry e JOIN activity a ON a.id = e.activity_id"
        " WHERE e.stream = ? AND e.seq > ? AND e.seq <= ? ORDER BY e.seq",
        lag.stream,
        lag.cursor,
        min(lag.head, lag.cursor + count),
    )
    now, waits, parcels = clock.now_ms(), streams.is_again(lag.stream), list[Parcel]()
    for seq, row in enumerate(found, lag.cursor + 1):
        created_at = row.pop("created_at")
        if row["seq"] != seq or (waits and created_at > now):
            break
        parcels.append(Parcel(lag, **row | {"cancelled": bool(row["cancelled"])}))
    if not parcels:
        log.error("outbox.gap", stream=lag.stream, seq=lag.cursor + 1, inbox=lag.inbox)
    return parcels if not waits else [await _original(parcel) for parcel in parcels]


async def _original(parcel: Parcel) -> Parcel:
    """The parcel, cancelled when the entry that it repeats was."""
    found = await storage.row(
        "SELECT cancelled FROM log_entry WHERE stream = ? AND seq = ?",
        streams.original(parcel.lag.stream),
        parcel.first_seq,
    )
    return replace(parcel, cancelled=found is not None and bool(found["cancelled"]))
