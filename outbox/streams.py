"""This module knows how streams are named, and who reads them from where on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from operator import attrgetter

from federation import clock, ids, storage
from outbox import retry

_GROUP = "group:"
_DIRECT = "inbox:"
_AGAIN = "again:"
_LATER = range(2, retry.ATTEMPTS + 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity's place on a stream, about to be written."""

    id: int
    stream: str
    seq: int
    activity_id: int
    kind: str
    object_uri: str
    thread: str
    skip_host: str
    undoes: int
    created_at: int
    not_before: int = 0
    spread: int = 0


NEW_LANE = (
    "INSERT INTO lane (host, state, failures, next_try_at, failing_since, lease_owner, lease_until,"
    " succeeded_at, last_error)"
)
OPEN = "'open', 0, 0, 0, '', 0, 0, ''"
"""Of a lane, all but its host when it is made."""
_COLUMNS = attrgetter(*(field.name for field in fields(Entry)))


def thread(group_id: int) -> str:
    """The stream of a group for the thread family (wrapped activities)."""
    return f"{_GROUP}{group_id}:thread"


def microblog(group_id: int) -> str:
    """The stream of a group for microblogs (boosts by id)."""
    return f"{_GROUP}{group_id}:microblog"


def group_of(stream: str) -> int:
    """The group whose stream it is, one made by `thread` or `microblog`."""
    return int(stream.split(":")[1])


def direct(inbox: str) -> str:
    """The stream of what only this inbox gets (an Accept, a Reject, a direct note)."""
    return f"{_DIRECT}{_short(inbox)}"


def again(stream: str, inbox: str, attempt: int) -> str:
    """The stream on which what `inbox` did not take from `stream` waits for its next attempt."""
    return f"{_AGAIN}{attempt}:{stream}@{_short(inbox)}"


def attempt(stream: str) -> int:
    """Which attempt a delivery from this stream is: 1, or more on a stream made by `again`."""
    return int(stream.split(":", 2)[1]) if is_again(stream) else 1


def original(stream: str) -> str:
    """The stream that a stream made by `again` takes from; any other stream is its own."""
    return stream.split(":", 2)[2].rsplit("@", 1)[0] if is_again(stream) else stream


def is_group(stream: str) -> bool:
    """Whether it is a stream of a group."""
    return stream.startswith(_GROUP)


def is_direct(stream: str) -> bool:
    """Whether the stream goes before every broadcast."""
    return stream.startswith(_DIRECT)


def is_again(stream: str) -> bool:
    """Whether entries of the stream wait for their time."""
    return stream.startswith(_AGAIN)


async def ensure(stream: str) -> None:
    """Make the stream's row where there is none.

    A stream of one inbox is then ours until the commit: `retention` forgets such streams.
    """
    done = "NOTHING" if is_group(stream) else "UPDATE SET head = stream.head"
    await storage.execute(
        f"INSERT INTO stream (name, head) VALUES (?, 0) ON CONFLICT (name) DO {done}",  # noqa: S608
        stream,
    )


async def advance(stream: str, count: int) -> int:
    """The stream's head after giving out `count` numbers; the stream is ours until the commit."""
    sql = "UPDATE stream SET head = head + ? WHERE name = ? RETURNING head"
    found = await storage.at_once(sql, count, stream)
    if not found:
        await ensure(stream)
        found = await storage.at_once(sql, count, stream)
    return int(found[0]["head"])


async def append(*entries: Entry) -> None:
    """Write entries under numbers that `advance` gave out in the same transaction."""
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, FALSE)"] * len(entries))
    await storage.at_once(
        "INSERT INTO log_entry (id, stream, seq, activity_id, kind, object_uri, thread, skip_host,"  # noqa: S608 - marks
        f" undoes, created_at, not_before, spread, cancelled) VALUES {rows}",
        *(value for entry in entries for value in _COLUMNS(entry)),
    )


async def subscribe(stream: str, inbox: str, host: str, *, beside: str = "") -> None:
    """Let `inbox` read the stream; nothing changes where it already does.

    It begins at the head: nothing that is on the stream already will be sent to it. With `beside`
    it begins where that inbox stands, if it reads the stream. The host's lane is made too.
    """
    await ensure(stream)
    await storage.execute(f"{NEW_LANE} VALUES (?, {OPEN}) ON CONFLICT (host) DO NOTHING", host)
    await storage.execute(
        "INSERT INTO subscription (id, stream, inbox, host, cursor, claimed, since, created_at)"
        " SELECT ?, name, ?, ?, place, place, place, ? FROM (SELECT t.name,"
        " COALESCE(s.cursor, t.head) AS place FROM stream t LEFT JOIN subscription s"
        " ON s.stream = t.name AND s.inbox = ? WHERE t.name = ?) AS found WHERE TRUE"
        " ON CONFLICT (stream, inbox) DO NOTHING",
        ids.new(),
        inbox,
        host,
        clock.now_ms(),
        beside,
        stream,
    )
    if beside:
        await _repeat_waiting(stream, beside, inbox, host)


async def hand_over(stream: str, inbox: str, heir: str, host: str) -> None:
    """Let `heir`, on the same host, read the stream in place of `inbox`, which ends.

    Nothing that was owed is lost, nothing that was sent comes again. Where `heir` reads the stream
    already that goes on, unless it began later than what `inbox` is owed: then it gets that too.
    """
    await _repeat_waiting(stream, inbox, heir, host)
    old, new = await _place(stream, inbox), await _place(stream, heir)
    if old is not None and (new is None or old["cursor"] < new["since"]):
        await _end([stream], heir)
        await storage.execute(
            "UPDATE subscription SET inbox = ? WHERE stream = ? AND inbox = ?", heir, stream, inbox
        )
    await subscribe(stream, heir, host)
    await unsubscribe(stream, inbox)


async def unsubscribe(stream: str, inbox: str) -> None:
    """Send `inbox` nothing more from the stream, neither what is owed nor what waits."""
    await _end([stream, *(again(stream, inbox, number) for number in _LATER)], inbox)


async def _end(names: Sequence[str], inbox: str) -> None:
    await storage.execute(
        f"DELETE FROM subscription WHERE inbox = ? AND stream IN ({storage.marks(len(names))})",  # noqa: S608 - question marks only
        inbox,
        *names,
    )


async def _place(stream: str, inbox: str) -> storage.Row | None:
    return await storage.row(
        "SELECT cursor, since FROM subscription WHERE stream = ? AND inbox = ?", stream, inbox
    )


async def _repeat_waiting(stream: str, inbox: str, heir: str, host: str) -> None:
    """Let `heir` be tried, too, with what `inbox` did not take and waits for its next attempt.

    Not with what it gets anyway, if it reads the stream already.
    """
    there = await _place(stream, heir)
    for number in _LATER:
        for row in await storage.rows(
            "SELECT e.activity_id, e.kind, e.object_uri, e.thread, e.skip_host, e.undoes,"
            " e.not_before, e.created_at FROM subscription s JOIN log_entry e"
            " ON e.stream = s.stream AND e.seq > s.cursor"
            " WHERE s.stream = ? AND s.inbox = ? ORDER BY e.seq",
            again(stream, inbox, number),
            inbox,
        ):
            if there is not None and row["undoes"] > there["since"]:
                continue
            name = again(stream, heir, number)
            await subscribe(name, heir, host)
            seq = await advance(name, 1)
            await append(Entry(id=ids.new(), stream=name, seq=seq, **row))


def _short(inbox: str) -> str:
    return sha256(inbox.encode()).hexdigest()[:32]
