"""This module knows what hosts are owed next, and in which order it is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

import structlog

from federation import clock, storage
from outbox import streams

log = structlog.get_logger("fedigroups.outbox")

AT_ONCE = 20
"""Deliveries between two writes of a cursor: as many may reach a peer twice after a crash."""

MOMENTS = 1_000
"""How many different moments the readers of an entry have that is spread over a while."""

_STEP = 617
"""Ids that were minted together are neighbours: their moments are this far apart."""

READY = (
    "NOT EXISTS (SELECT 1 FROM log_entry w WHERE w.stream = s.stream AND w.seq = s.cursor + 1"  # noqa: S608 - our own SQL
    f" AND w.not_before + w.spread * (s.id % {MOMENTS} * {_STEP} % {MOMENTS}) / {MOMENTS} > ?)"
)
"""SQL: the time (ms) of what a subscription reads next has come; true where there is a gap."""

LAGS = (
    "SELECT s.id, s.host, s.stream, s.inbox, s.cursor, s.claimed, t.head FROM subscription s"
    " JOIN stream t ON t.name = s.stream AND t.head > s.cursor"
)

Name = tuple[str, str, int]
Window = tuple[str, int, int]
"""A stream, and what is read of it: above the first number, up to the second."""


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
    """An activity where it stands on a stream."""

    id: int
    stream: str
    seq: int
    kind: str
    object_uri: str
    thread: str
    skip_host: str
    cancelled: bool
    undoes: int
    not_before: int
    spread: int
    activity_id: int
    activity_uri: str
    actor_uri: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """One entry of a stream for one inbox."""

    lag: Lag
    entry: Entry
    cancelled: bool

    @property
    def seq(self) -> int:
        """Its number on the stream that it is read from."""
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


@dataclass(slots=True)
class Load:
    """The next parcels of a host, in the order to send them; `more` when that was not all.

    `stuck` when there should be some and none can be read.
    """

    parcels: list[Parcel] = field(default_factory=list)
    more: bool = False
    stuck: bool = False


async def load(hosts: Sequence[str]) -> dict[str, Load]:
    """For each host at most `AT_ONCE` parcels, direct ones first, then as they were published.

    However many hosts there are, this is two statements, and a body is read once for all of them.
    A stream with a gap (an entry below the head that is not there) is left where it stands, and
    an error is logged: what is not there was not delivered.
    """
    lags = await _lags(hosts)
    ends = {lag.id: end for some in lags.values() for lag, end in _shares(some)}
    entries = await _entries((lag.stream, lag.cursor, ends[lag.id]) for lag in _all(lags, ends))
    withdrawn = await _withdrawn(entries)
    return {host: _loaded(lags.get(host, []), ends, entries, withdrawn) for host in hosts}


async def _lags(hosts: Sequence[str]) -> dict[str, list[Lag]]:
    found = await storage.rows(
        f"{LAGS} WHERE s.host IN (SELECT host FROM {storage.table('held', host='text')})"  # noqa: S608 - our own SQL
        f" AND {READY}",
        storage.packed([host] for host in hosts),
        clock.now_ms(),
    )
    lags: defaultdict[str, list[Lag]] = defaultdict(list)
    for row in found:
        lags[row["host"]].append(Lag(**row))
    return lags


def _shares(lags: list[Lag]) -> Iterator[tuple[Lag, int]]:
    """Those of one host's subscriptions that are read now, and up to which number."""
    lags.sort(key=lambda lag: (not streams.is_direct(lag.stream), lag.id))
    share = max(1, AT_ONCE // len(lags))
    for lag in lags[:AT_ONCE]:
        yield lag, min(lag.head, lag.cursor + share)


def _all(lags: Mapping[str, list[Lag]], ends: Mapping[int, int]) -> Iterator[Lag]:
    return (lag for some in lags.values() for lag in some if lag.id in ends)


Entries = Mapping[str, Mapping[int, Entry]]
"""By stream and number."""


async def _entries(windows: Iterable[Window]) -> Entries:
    found = await storage.rows(
        "SELECT e.id, e.stream, e.seq, e.kind, e.object_uri, e.thread, e.skip_host, e.cancelled,"  # noqa: S608 - our own SQL
        " e.undoes, e.not_before, e.spread, e.activity_id, a.uri AS activity_uri, a.actor_uri,"
        f" a.body FROM {storage.table('w', stream='text', low='bigint', high='bigint')}"
        " JOIN log_entry e ON e.stream = w.stream AND e.seq > w.low AND e.seq <= w.high"
        " JOIN activity a ON a.id = e.activity_id",
        storage.packed(_merged(windows)),
    )
    entries: defaultdict[str, dict[int, Entry]] = defaultdict(dict)
    for row in found:
        entries[row["stream"]][row["seq"]] = Entry(**row)
    return entries


def _merged(windows: Iterable[Window]) -> list[Window]:
    """The same numbers, each once: readers who are at the same place share a window."""
    joined: list[Window] = []
    for stream, low, high in sorted(set(windows)):
        if joined and joined[-1][0] == stream and low <= joined[-1][2]:
            joined[-1] = (stream, joined[-1][1], max(high, joined[-1][2]))
        else:
            joined.append((stream, low, high))
    return joined


async def _withdrawn(entries: Entries) -> set[tuple[str, int]]:
    """Stream and number of entries that wait for another attempt, and were cancelled meanwhile."""
    waiting = [
        (stream, entry.seq, streams.original(stream), entry.undoes)
        for stream, some in entries.items()
        if streams.is_again(stream)
        for entry in some.values()
    ]
    if not waiting:
        return set()
    table = storage.table("w", again="text", seq="bigint", stream="text", first="bigint")
    found = await storage.rows(
        f"SELECT w.again, w.seq FROM {table} JOIN log_entry e"  # noqa: S608 - our own SQL
        " ON e.stream = w.stream AND e.seq = w.first WHERE e.cancelled",
        storage.packed(waiting),
    )
    return {(row["again"], row["seq"]) for row in found}


def _loaded(
    lags: Sequence[Lag],
    ends: Mapping[int, int],
    entries: Entries,
    withdrawn: set[tuple[str, int]],
) -> Load:
    load, now, read = Load(), clock.now_ms(), list[list[Parcel]]()
    for lag in lags:
        parcels, waits = _read(lag, ends.get(lag.id, lag.cursor), entries, withdrawn, now)
        load.more = load.more or (not waits and lag.cursor + len(parcels) < lag.head)
        read.append(parcels)
    if len(read) == 1:
        load.parcels = read[0]
    else:
        load.parcels = list(
            merge(*read, key=lambda p: (not streams.is_direct(p.lag.stream), p.entry.id))
        )
    load.stuck = bool(lags) and not load.parcels
    load.more = load.more and not load.stuck
    return load


def _read(
    lag: Lag, end: int, entries: Entries, withdrawn: set[tuple[str, int]], now: int
) -> tuple[list[Parcel], bool]:
    """What one inbox is owed of one stream, and whether what follows has to wait for its time."""
    there, parcels = entries.get(lag.stream, {}), list[Parcel]()
    again, moment = streams.is_again(lag.stream), lag.id % MOMENTS * _STEP % MOMENTS
    for seq in range(lag.cursor + 1, end + 1):
        entry = there.get(seq)
        if entry is None:
            if not parcels:
                log.error("outbox.gap", stream=lag.stream, seq=seq, inbox=lag.inbox)
            break
        if entry.not_before + entry.spread * moment // MOMENTS > now:
            return parcels, True
        cancelled = bool(entry.cancelled) if not again else (lag.stream, seq) in withdrawn
        parcels.append(Parcel(lag, entry, cancelled))
    return parcels, False
