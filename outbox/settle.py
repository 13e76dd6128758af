"""This module decides what of a load is sent, and writes down what became of it.

A cursor only moves over deliveries that were done, ended or put aside, one after another without
a gap. What a subscription may have been sent is written (`claimed`) before it is sent, so that
after any crash it is known which withdrawn entries never left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from federation import clock, ids, storage
from federation.peers import Standing
from outbox import retry, streams
from outbox.outcome import Fate, Verdict
from outbox.owed import LAGS, Lag, Load, Name, Parcel

log = structlog.get_logger("fedigroups.outbox")

NEVER_SENT = "cancelled"
"""Withdrawn before it may have been sent: what undoes it is not sent either."""

WITHDRAWN = "withdrawn"
"""Withdrawn when it may have been sent already: what undoes it is sent."""

BLOCKED = "blocked"
QUIET = (NEVER_SENT, WITHDRAWN, BLOCKED)
"""Reasons that nobody needs to look at."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A parcel that the cursor may pass: what became of it, or why it was not sent."""

    parcel: Parcel
    verdict: Verdict | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send of a load, and what is settled without sending."""

    load: Load
    send: tuple[Parcel, ...]
    settled: tuple[Settled, ...]


async def plan(loads: Mapping[str, Load], standings: Mapping[str, Standing]) -> dict[str, Plan]:
    """Decide what is sent, and write down (`claimed`) that it may have been, before it is.

    Inside the transaction in which the hosts' lanes were claimed or renewed, which must be
    committed before the first is sent. However many hosts there are, it costs a few statements.

    Left out are: what was withdrawn and never sent, with what undoes it; what the host itself
    sent us; votes, unless it takes them; everything of a subscription that has ended meanwhile.
    Of a blocked host nothing is claimed or sent.
    """
    served = {host: load.parcels for host, load in loads.items() if not standings[host].blocked}
    parcels = [parcel for some in served.values() for parcel in some]
    withheld = await _withheld(parcels)
    fresh = [
        p
        for p in parcels
        if p.cancelled and not p.maybe_sent and p.name not in withheld[p.lag.host]
    ]
    held = await _raise_claims(parcels)
    await _end([Settled(p, reason=NEVER_SENT) for p in fresh if p.lag.id in held])
    for parcel in fresh:
        withheld[parcel.lag.host].add(parcel.name)
    return {
        host: _planned(load, served.get(host, ()), held, withheld[host], standings[host])
        for host, load in loads.items()
    }


def _planned(
    load: Load, parcels: Sequence[Parcel], held: set[int], withheld: set[Name], standing: Standing
) -> Plan:
    send, settled = list[Parcel](), list[Settled]()
    for parcel in parcels:
        if parcel.lag.id in held:
            left_out = _left_out(parcel, withheld, votes=standing.family == "thread")
            if left_out is None:
                send.append(parcel)
            else:
                settled.append(left_out)
    return Plan(load, tuple(send), tuple(settled))


def _left_out(parcel: Parcel, withheld: set[Name], *, votes: bool) -> Settled | None:
    if parcel.cancelled:
        return Settled(parcel, reason="" if parcel.name in withheld else WITHDRAWN)
    if parcel.takes_back in withheld:
        return Settled(parcel, reason=NEVER_SENT)
    entry = parcel.entry
    if entry.skip_host == parcel.lag.host or (entry.kind == "vote" and not votes):
        return Settled(parcel)
    return None


async def advance(passed: Sequence[Settled]) -> None:
    """Move the cursors over these, which follow them without a gap; inside a transaction.

    With that same commit what ended is recorded, and what is tried again is put aside.
    """
    last = {settled.parcel.lag.id: settled.parcel for settled in passed}
    there = await _move(last.values())
    passed = [settled for settled in passed if settled.parcel.lag.id in there]
    await _end([settled for settled in map(_ending, passed) if settled.reason])
    for settled in passed:
        if _is_put_aside(settled):
            await _put_aside(settled.parcel)


async def abandon(host: str, reason: str) -> int:
    """End all that the host is owed, one record for each subscription; inside a transaction.

    The number of subscriptions that were owed something.
    """
    found = [Lag(**row) for row in await storage.rows(f"{LAGS} WHERE s.host = ?", host)]
    for lag in found:
        await storage.execute(
            "UPDATE subscription SET cursor = ?, claimed = ? WHERE id = ?",
            lag.head,
            max(lag.claimed, lag.head),
            lag.id,
        )
        text = f"{reason}: {lag.head - lag.cursor} from number {lag.cursor + 1} on"
        await _record([(lag, lag.head, "", 0, text)])
    return len(found)


async def _withheld(parcels: Sequence[Parcel]) -> defaultdict[str, set[Name]]:
    """By host, what was withdrawn before it was sent, as far as the parcels depend on it."""
    withheld: defaultdict[str, set[Name]] = defaultdict(set)
    concerned = {
        (p.lag.host, p.lag.stream) for p in parcels if p.cancelled or p.takes_back is not None
    }
    if not concerned:
        return withheld
    found = await storage.rows(
        "SELECT d.host, d.inbox, d.stream, d.seq FROM"  # noqa: S608 - our own SQL
        f" {storage.table('w', host='text', stream='text')}"
        " JOIN ended d ON d.host = w.host AND d.stream = w.stream AND d.reason = ?",
        storage.packed(sorted(concerned)),
        NEVER_SENT,
    )
    for row in found:
        withheld[row["host"]].add((row["inbox"], row["stream"], row["seq"]))
    return withheld


async def _raise_claims(parcels: Sequence[Parcel]) -> set[int]:
    """The subscriptions that are still there, and as they were read."""
    last = {p.lag.id: p for p in parcels}
    if not last:
        return set()
    found = await storage.rows(
        "UPDATE subscription SET claimed ="  # noqa: S608 - our own SQL
        " CASE WHEN subscription.claimed < w.seq THEN w.seq ELSE subscription.claimed END"
        f" FROM {storage.table('w', id='bigint', cursor='bigint', seq='bigint')}"
        " WHERE subscription.id = w.id AND subscription.cursor = w.cursor"
        " RETURNING subscription.id",
        storage.packed((p.lag.id, p.lag.cursor, p.seq) for p in last.values()),
    )
    return {row["id"] for row in found}


async def _move(parcels: Iterable[Parcel]) -> set[int]:
    """Move each parcel's cursor up to it; the subscriptions that are still there."""
    moves = [(parcel.lag.id, parcel.seq) for parcel in parcels]
    if not moves:
        return set()
    found = await storage.rows(
        "UPDATE subscription SET cursor = w.seq"  # noqa: S608 - our own SQL
        f" FROM {storage.table('w', id='bigint', seq='bigint')}"
        " WHERE subscription.id = w.id AND subscription.cursor < w.seq"
        " RETURNING subscription.id",
        storage.packed(sorted(moves)),
    )
    return {row["id"] for row in found}


def _is_put_aside(settled: Settled) -> bool:
    verdict = settled.verdict
    return (
        verdict is not None
        and verdict.fate is Fate.AGAIN
        and streams.attempt(settled.parcel.lag.stream) < retry.ATTEMPTS
    )


def _ending(settled: Settled) -> Settled:
    """The parcel with the reason for which it ended, if it did."""
    verdict = settled.verdict
    if verdict is None or verdict.fate is Fate.DONE or _is_put_aside(settled):
        return settled
    times = f" ({retry.ATTEMPTS} times)" if verdict.fate is Fate.AGAIN else ""
    return replace(settled, reason=verdict.reason + times)


async def _end(settled: Sequence[Settled]) -> None:
    for one in settled:
        if one.verdict is not None:
            log.warning(
                "outbox.ended",
                activity=one.parcel.entry.activity_uri,
                inbox=one.parcel.lag.inbox,
                reason=one.reason,
            )
    await _record(
        (
            one.parcel.lag,
            one.parcel.seq,
            one.parcel.entry.activity_uri,
            one.verdict.status if one.verdict else 0,
            one.reason,
        )
        for one in settled
    )


async def _record(deaths: Iterable[tuple[Lag, int, str, int, str]]) -> None:
    """Write down what ended: where, its number and id, the HTTP status or 0, and why."""
    now = clock.now_ms()
    await storage.execute_many(
        "INSERT INTO ended (id, host, inbox, stream, seq, activity_uri, status, reason, ended_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (ids.new(), lag.host, lag.inbox, lag.stream, seq, uri, status, reason[:1_000], now)
            for lag, seq, uri, status, reason in deaths
        ],
    )


async def _put_aside(parcel: Parcel) -> None:
    """Put the parcel on the stream where it waits for its next attempt."""
    lag, entry, now = parcel.lag, parcel.entry, clock.now_ms()
    attempt = streams.attempt(lag.stream) + 1
    stream = streams.again(streams.original(lag.stream), lag.inbox, attempt)
    await streams.subscribe(stream, lag.inbox, lag.host)
    await streams.append(
        streams.Entry(
            id=ids.new(),
            stream=stream,
            seq=await streams.advance(stream, 1),
            activity_id=entry.activity_id,
            kind=entry.kind,
            object_uri=entry.object_uri,
            thread=entry.thread,
            skip_host="",
            undoes=parcel.first_seq,
            created_at=now,
            not_before=now + retry.AGAIN[attempt - 2],
        )
    )
