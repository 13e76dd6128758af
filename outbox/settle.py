"""This module decides what of a load is sent, and writes down what became of it.

A cursor only moves over deliveries that were done, ended or put aside, one after another without
a gap. What a subscription may have been sent is written (`claimed`) before it is sent, so that
after any crash it is known which withdrawn entries never left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from federation import clock, ids, storage
from outbox import retry, streams
from outbox.lanes import Claim
from outbox.outcome import Fate, Verdict
from outbox.owed import Lag, Name, Parcel

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

    send: tuple[Parcel, ...]
    settled: tuple[Settled, ...]


async def plan(claim: Claim, parcels: Sequence[Parcel], *, votes: bool) -> Plan:
    """Decide what is sent, and write down (`claimed`) that it may have been, before it is.

    Inside a transaction, which must be committed before the first is sent.

    Left out are: what was withdrawn and never sent, with what undoes it; what the host itself
    sent us; votes, unless it takes them; everything of a subscription that has ended meanwhile
    and, when the lease is lost, everything.
    """
    withheld = await _withheld(claim.host, parcels)
    fresh = [p for p in parcels if p.cancelled and not p.maybe_sent and p.name not in withheld]
    held = await _raise_claims(claim, parcels)
    await _end([Settled(p, reason=NEVER_SENT) for p in fresh if p.lag.id in held])
    withheld |= {p.name for p in fresh}
    send, settled = list[Parcel](), list[Settled]()
    for parcel in parcels:
        if parcel.lag.id in held:
            left_out = _left_out(parcel, claim.host, withheld, votes=votes)
            if left_out is None:
                send.append(parcel)
            else:
                settled.append(left_out)
    return Plan(tuple(send), tuple(settled))


def _left_out(parcel: Parcel, host: str, withheld: set[Name], *, votes: bool) -> Settled | None:
    if parcel.cancelled:
        return Settled(parcel, reason="" if parcel.name in withheld else WITHDRAWN)
    if parcel.takes_back in withheld:
        return Settled(parcel, reason=NEVER_SENT)
    if parcel.skip_host == host or (parcel.kind == "vote" and not votes):
        return Settled(parcel)
    return None


async def advance(passed: Sequence[Settled]) -> None:
    """Move the cursors over these, which follow them without a gap; inside a transaction.

    With that same commit what ended is recorded, and what is tried again is put aside.
    """
    last: dict[int, Parcel] = {}
    for settled in passed:
        last[settled.parcel.lag.id] = settled.parcel
    there = {parcel.lag.id for parcel in last.values() if await _move(parcel)}
    passed = [settled for settled in passed if settled.parcel.lag.id in there]
    await _end([settled for settled in map(_ending, passed) if settled.reason])
    for settled in passed:
        if _is_put_aside(settled):
            await _put_aside(settled.parcel)


async def abandon(claim: Claim, reason: str) -> int:
    """End all that the host is owed, one record for each subscription; inside a transaction.

    The number of subscriptions that were owed something.
    """
    found = await storage.rows(
        "SELECT s.id, s.host, s.stream, s.inbox, s.cursor, s.claimed, t.head FROM subscription s"
        " JOIN stream t ON t.name = s.stream WHERE s.host = ? AND t.head > s.cursor",
        claim.host,
    )
    for row in found:
        lag = Lag(**row)
        await storage.execute(
            "UPDATE subscription SET cursor = ?, claimed = ? WHERE id = ?",
            lag.head,
            max(lag.claimed, lag.head),
            lag.id,
        )
        count = lag.head - lag.cursor
        text = f"{reason}: {count} from number {lag.cursor + 1} on"
        await _record(claim.host, lag.inbox, lag.stream, lag.head, "", 0, text)
    return len(found)


async def _withheld(host: str, parcels: Sequence[Parcel]) -> set[Name]:
    """What was withdrawn before it was sent to the host, as far as the parcels depend on it."""
    if not any(p.cancelled or p.takes_back for p in parcels):
        return set()
    names = sorted({p.lag.stream for p in parcels})
    found = await storage.rows(
        "SELECT inbox, stream, seq FROM ended WHERE host = ? AND reason = ?"  # noqa: S608 -- question marks only
        f" AND stream IN ({storage.marks(len(names))})",
        host,
        NEVER_SENT,
        *names,
    )
    return {(row["inbox"], row["stream"], row["seq"]) for row in found}


async def _raise_claims(claim: Claim, parcels: Sequence[Parcel]) -> set[int]:
    """The subscriptions that are still there, while the lane is still held."""
    now, held = clock.now_ms(), set[int]()
    for parcel in {p.lag.id: p for p in parcels}.values():
        found = await storage.row(
            "UPDATE subscription SET claimed = CASE WHEN claimed < ? THEN ? ELSE claimed END"
            " WHERE id = ? AND cursor = ? AND EXISTS (SELECT 1 FROM lane"
            " WHERE host = ? AND lease_owner = ? AND lease_until > ?) RETURNING id",
            parcel.seq,
            parcel.seq,
            parcel.lag.id,
            parcel.lag.cursor,
            claim.host,
            claim.lease,
            now,
        )
        if found is not None:
            held.add(parcel.lag.id)
    return held


async def _move(parcel: Parcel) -> bool:
    """Whether the subscription is still there."""
    found = await storage.row(
        "UPDATE subscription SET cursor = ? WHERE id = ? AND cursor < ? RETURNING id",
        parcel.seq,
        parcel.lag.id,
        parcel.seq,
    )
    return found is not None


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


async def _end(settled: Iterable[Settled]) -> None:
    for one in settled:
        parcel, status = one.parcel, one.verdict.status if one.verdict else 0
        if one.verdict is not None:
            log.warning(
                "outbox.ended",
                activity=parcel.activity_uri,
                inbox=parcel.lag.inbox,
                reason=one.reason,
            )
        await _record(
            parcel.lag.host,
            parcel.lag.inbox,
            parcel.lag.stream,
            parcel.seq,
            parcel.activity_uri,
            status,
            one.reason,
        )


async def _record(
    host: str, inbox: str, stream: str, seq: int, activity_uri: str, status: int, reason: str
) -> None:
    await storage.execute(
        "INSERT INTO ended (id, host, inbox, stream, seq, activity_uri, status, reason, ended_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ids.new(),
        host,
        inbox,
        stream,
        seq,
        activity_uri,
        status,
        reason[:1_000],
        clock.now_ms(),
    )


async def _put_aside(parcel: Parcel) -> None:
    """Put the parcel on the stream where it waits for its next attempt."""
    lag = parcel.lag
    attempt = streams.attempt(lag.stream) + 1
    stream = streams.again(streams.original(lag.stream), lag.inbox, attempt)
    await streams.subscribe(stream, lag.inbox, parcel.lag.host)
    await streams.append(
        streams.Entry(
            id=ids.new(),
            stream=stream,
            seq=await streams.advance(stream, 1),
            activity_id=parcel.activity_id,
            kind=parcel.kind,
            object_uri=parcel.object_uri,
            thread=parcel.thread,
            skip_host="",
            undoes=parcel.first_seq,
            created_at=clock.now_ms() + retry.AGAIN[attempt - 2],
        )
    )
