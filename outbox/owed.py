"""This module knows what a host is owed next, and in which order it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import merge

import structlog

from federation import clock, storage
from outbox import streams

log = structlog.get_logger("fedigroups.outbox")

AT_ONCE = 20
"""Deliveries between two writes of a cursor: so many a peer may see twice after a crash."""

RANGES = 100
"""So many ranges of streams are read by one statement."""

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
class Entry:
    """An entry of a stream with its activity: the same one for all who are owed it."""

    id: int
    seq: int
    kind: str
    object_uri: str
    thread: str
    skip_host: str
    cancelled: bool
    undoes: int
    created_at: int
    activity_id: int
    activity_uri: str
    actor_uri: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry of a stream for one inbox."""

    lag: Lag
    entry: Entry

    @property
    def seq(self) -> int:
        """The entry's number on its stream."""
        return self.entry.seq

    @property
    def key(self) -> tuple[str, str]:
        """Parcels of one key are delivered one after another."""
        return self.lag.inbox, self.entry.thread

    @property
    def name(self) -> Name:
        """What tells this parcel from any other of the host."""
        return self.lag.inbox, self.lag.stream, self.entry.seq

    @property
    def takes_back(self) -> Name | None:
        """The parcel that this one undoes, if any."""
        if not self.entry.undoes or streams.is_again(self.lag.stream):
            return None
        return self.lag.inbox, self.lag.stream, self.entry.undoes

    @property
    def first_seq(self) -> int:
        """Its seq on the stream that it was first read from."""
        return self.entry.undoes if streams.is_again(self.lag.stream) else self.entry.seq

    @property
    def maybe_sent(self) -> bool:
        """Whether an earlier run may have sent it."""
        return self.entry.seq <= self.lag.claimed or streams.is_again(self.lag.stream)


@dataclass(frozen=True, slots=True)
class Span:
    """What is read for a subscription: all above its cursor, up to `to`."""

    lag: Lag
    to: int


Entries = dict[tuple[str, int], Entry]
"""By stream and seq."""


@dataclass(frozen=True, slots=True)
class Load:
    """The next parcels of a host, in the order to send them; `more` when that was not all.

    `stuck` when there should be some and none can be read.
    """

    parcels: tuple[Parcel, ...]
    more: bool = False
    stuck: bool = False


NOTHING = Load(())


async def load(host: str) -> Load:
    """What `load_all` finds for one host."""
    return (await load_all([host]))[host]


async def load_all(hosts: Sequence[str]) -> dict[str, Load]:
    """At most `AT_ONCE` parcels for each host, direct ones first, then in order of publication.

    What several hosts are owed is read once. A stream with a gap (an entry below the head that is
    not there) is left where it stands, and an error is logged: what is not there was not delivered.
    """
    if not hosts:
        return {}
    lags = await _lags(hosts)
    spans = {host: _spans(some) for host, some in lags.items()}
    entries = await _entries([span for some in spans.values() for span in some])
    loads = {host: await _load(lags[host], spans[host], entries) for host in lags}
    return {host: loads.get(host, NOTHING) for host in hosts}


async def _load(lags: Sequence[Lag], spans: Sequence[Span], entries: Entries) -> Load:
    read = [await _parcels(span, entries) for span in spans]
    parcels = tuple(read[0] if len(read) == 1 else merge(*read, key=_rank))
    owed = sum(lag.head - lag.cursor for lag in lags)
    return Load(parcels, more=0 < len(parcels) < owed, stuck=not parcels)


async def _lags(hosts: Sequence[str]) -> dict[str, list[Lag]]:
    found = await storage.rows(
        "SELECT s.id, s.host, s.stream, s.inbox, s.cursor, s.claimed, t.head FROM subscription s"  # noqa: S608 -- our own SQL
        f" JOIN stream t ON t.name = s.stream WHERE s.host IN ({storage.marks(len(hosts))})"
        f" AND t.head > s.cursor AND {READY}",
        *hosts,
        clock.now_ms(),
    )
    lags = sorted(
        (Lag(**row) for row in found), key=lambda lag: (not streams.is_direct(lag.stream), lag.id)
    )
    by_host: dict[str, list[Lag]] = {}
    for lag in lags:
        by_host.setdefault(lag.host, []).append(lag)
    return by_host


def _rank(parcel: Parcel) -> tuple[bool, int]:
    return not streams.is_direct(parcel.lag.stream), parcel.entry.id


def _spans(lags: Sequence[Lag]) -> list[Span]:
    """How far each of one host's subscriptions is read."""
    share = max(1, AT_ONCE // len(lags))
    return [Span(lag, min(lag.head, lag.cursor + share)) for lag in lags[:AT_ONCE]]


async def _entries(spans: Sequence[Span]) -> Entries:
    """The entries in all the spans, each read once however many hosts are owed it."""
    entries: Entries = {}
    ranges = _ranges(spans)
    for start in range(0, len(ranges), RANGES):
        some = ranges[start : start + RANGES]
        found = await storage.rows(
            "SELECT e.stream, e.id, e.seq, e.kind, e.object_uri, e.thread,"  # noqa: S608 -- our own SQL
            " e.skip_host, e.cancelled, e.undoes, e.created_at, e.activity_id,"
            " a.uri AS activity_uri, a.actor_uri, a.body"
            " FROM log_entry e JOIN activity a ON a.id = e.activity_id WHERE "
            + " OR ".join(["(e.stream = ? AND e.seq > ? AND e.seq <= ?)"] * len(some)),
            *(value for one in some for value in one),
        )
        for row in found:
            row["cancelled"] = bool(row["cancelled"])
            entries[row.pop("stream"), row["seq"]] = Entry(**row)
    return entries


def _ranges(spans: Sequence[Span]) -> list[tuple[str, int, int]]:
    """The spans as ranges of streams (from, exclusive; to), those that touch made one."""
    ranges: list[tuple[str, int, int]] = []
    for stream, low, high in sorted({(s.lag.stream, s.lag.cursor, s.to) for s in spans}):
        if ranges and ranges[-1][0] == stream and low <= ranges[-1][2]:
            _, first, last = ranges.pop()
            ranges.append((stream, first, max(last, high)))
        else:
            ranges.append((stream, low, high))
    return ranges


async def _parcels(span: Span, entries: Entries) -> list[Parcel]:
    lag, now, parcels = span.lag, clock.now_ms(), list[Parcel]()
    waits = streams.is_again(lag.stream)
    for seq in range(lag.cursor + 1, span.to + 1):
        entry = entries.get((lag.stream, seq))
        if entry is None or (waits and entry.created_at > now):
            break
        parcels.append(Parcel(lag, entry))
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
    cancelled = found is not None and bool(found["cancelled"])
    return replace(parcel, entry=replace(parcel.entry, cancelled=cancelled))
