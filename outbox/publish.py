"""This module decides what stands on which stream: activities are stored once, places many.

Nothing of an actor follows its own Delete, whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from tortoise.backends.base.client import TransactionalDBClient

from federation import clock, ids, limits, origin, storage
from federation.crashpoints import crashpoint
from outbox import streams


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An activity of ours: its id, the local actor that signs it, and the bytes to send."""

    uri: str
    actor_uri: str
    kind: str
    body: bytes
    public: bool = True
    object_uri: str = ""
    """The post that it carries or is about: what is served at its id ends with that post."""


_COLUMNS = attrgetter("uri", "actor_uri", "kind", "object_uri", "body", "public")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an activity stands: on a stream, or (with `inbox`) before one inbox alone.

    Entries with the same `thread` reach a host one after another. With `undoes_object` the entry
    takes back what the stream says about `object_uri`: a host that was never sent that
    does not get this either. `skip_host` is the host that it came from, which needs no copy. What
    is `paced` makes its readers ask the author's server, so they are told one after another.
    """

    stream: str
    kind: str
    object_uri: str = ""
    thread: str = ""
    inbox: str = ""
    undoes_object: bool = False
    skip_host: str = ""
    paced: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An activity and all its places."""

    activity: Outgoing
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    id: int
    activity_id: int
    known: bool
    place: Place


async def publish(drafts: Sequence[Draft]) -> None:
    """Store the activities and put them on their streams, inside the caller's transaction.

    Those of an actor that said farewell are left out. An activity whose id is stored already keeps
    its first bytes, and only gets places on streams where it is not yet. Streams are touched in
    sorted order, so that two publishers never wait for each other. The number of statements does
    not depend on who is subscribed.
    """
    if not isinstance(storage.connection(), TransactionalDBClient):
        raise RuntimeError("publish() belongs inside storage.transaction()")
    drafts = await _of_those_here(drafts)
    stored = await _store([draft.activity for draft in drafts])
    placed: dict[str, list[_Placed]] = {}
    for draft in drafts:
        activity_id, known = stored[draft.activity.uri]
        for place in draft.places:
            stream = streams.direct(place.inbox) if place.inbox else place.stream
            entry = _Placed(ids.new(), activity_id, known, place)
            placed.setdefault(stream, []).append(entry)
    log: list[streams.Entry] = []
    for stream in sorted(placed):
        await _place(stream, placed[stream], log)
    await _write(log)
    crashpoint("publish_before_commit")


async def publish_farewell(draft: Draft) -> None:
    """Publish the Delete of an actor by itself, which is gone with that: nothing of it follows.

    Inside the caller's transaction, when that has changed all that others change before they
    publish: whoever publishes for this actor is waited for, and then waits for the commit.
    """
    uri = draft.activity.actor_uri
    await storage.hold(_voice(uri))
    await publish([draft])
    sql = "UPDATE actor SET state = 'gone', updated_at = ? WHERE uri = ?"
    await storage.execute(sql, clock.now_ms(), uri)


async def _of_those_here(drafts: Sequence[Draft]) -> list[Draft]:
    """Those of actors that are not gone, nor go before the commit."""
    uris = sorted({draft.activity.actor_uri for draft in drafts})
    for uri in uris:
        await storage.hold(_voice(uri), shared=True)
    marks = storage.marks(len(uris))
    sql = f"SELECT uri FROM actor WHERE uri IN ({marks}) AND state = 'gone'"  # noqa: S608 - marks
    gone = {row["uri"] for row in await storage.at_once(sql, *uris)} if uris else set()
    return [draft for draft in drafts if draft.activity.actor_uri not in gone]


def _voice(actor_uri: str) -> str:
    return f"voice {actor_uri}"


async def cancel(stream: str, object_uri: str) -> None:
    """Withdraw what the stream says about the object: a host that was not sent it never is.

    Call it before the entry that undoes the object is published, in the same transaction.
    """
    await storage.execute(
        "UPDATE log_entry SET cancelled = TRUE WHERE stream = ? AND object_uri = ? AND undoes = 0",
        stream,
        object_uri,
    )


async def _store(activities: Sequence[Outgoing]) -> dict[str, tuple[int, bool]]:
    """For each URI the row's id, and whether it was there before."""
    new: dict[str, Outgoing] = {}
    for activity in activities:
        new.setdefault(activity.uri, activity)
    stored: dict[str, tuple[int, bool]] = {}
    for some in storage.parts(list(new.values())):
        stored |= {uri: (made, False) for uri, made in (await _insert(some)).items()}
    for uri in new.keys() - stored.keys():
        found = await storage.rows("SELECT id FROM activity WHERE uri = ?", uri)
        stored[uri] = (int(found[0]["id"]), True)
    return stored


async def _insert(activities: Sequence[Outgoing]) -> dict[str, int]:
    """The row ids of those that were not there."""
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(activities))
    now = clock.now_ms()
    made = await storage.at_once(
        "INSERT INTO activity (id, uri, actor_uri, kind, object_uri, body, public, created_at)"  # noqa: S608 - marks
        f" VALUES {rows} ON CONFLICT (uri) DO NOTHING RETURNING id, uri",
        *(value for one in activities for value in (ids.new(), *_COLUMNS(one), now)),
    )
    return {row["uri"]: int(row["id"]) for row in made}


async def _place(stream: str, entries: list[_Placed], log: list[streams.Entry]) -> None:
    """Number those that do not stand on the stream already, and add them to `log`."""
    inbox = entries[0].place.inbox
    if inbox:
        await streams.subscribe(stream, inbox, origin.host_of(inbox))
    if any(entry.known for entry in entries):
        await streams.advance(stream, 0)  # from here to the commit nobody else appends
    fresh: dict[int, _Placed] = {}
    for entry in entries:
        if not (entry.known and await _is_there(stream, entry.activity_id)):
            fresh.setdefault(entry.activity_id, entry)
    if not fresh:
        return
    first, now = await streams.advance(stream, len(fresh)) - len(fresh) + 1, clock.now_ms()
    for seq, entry in enumerate(fresh.values(), first):
        if entry.place.undoes_object:
            await _write(log)  # what it takes back may be there
        log.append(await _entry(stream, seq, entry, now))


async def _write(log: list[streams.Entry]) -> None:
    for some in storage.parts(log):
        await streams.append(*some)
    log.clear()


async def _entry(stream: str, seq: int, entry: _Placed, now: int) -> streams.Entry:
    place = entry.place
    return streams.Entry(
        id=entry.id,
        stream=stream,
        seq=seq,
        activity_id=entry.activity_id,
        kind=place.kind,
        object_uri=place.object_uri,
        thread=place.thread,
        skip_host=place.skip_host,
        undoes=await _undone(stream, place.object_uri) if place.undoes_object else 0,
        created_at=now,
        not_before=now if place.paced else 0,
        spread=await _spread(stream) if place.paced else 0,
    )


async def _spread(stream: str) -> int:
    """Over how many ms the readers are told, so that the author is not asked by all at once."""
    most = limits.FETCHES_PER_SECOND * limits.SPREAD_SECONDS
    counted = await storage.rows(
        "SELECT COUNT(*) AS number FROM"
        " (SELECT 1 AS one FROM subscription WHERE stream = ? LIMIT ?) AS readers",
        stream,
        most,
    )
    number: int = counted[0]["number"]
    few = number <= limits.FETCHES_PER_SECOND
    return 0 if few else number * clock.SECOND // limits.FETCHES_PER_SECOND


async def _is_there(stream: str, activity_id: int) -> bool:
    sql = "SELECT seq FROM log_entry WHERE stream = ? AND activity_id = ?"
    return await storage.row(sql, stream, activity_id) is not None


async def _undone(stream: str, object_uri: str) -> int:
    """The first seq about the object since it was last taken back; else what that took back."""
    last = await storage.row(
        "SELECT seq, undoes FROM log_entry WHERE stream = ? AND object_uri = ? AND undoes > 0"
        " ORDER BY seq DESC LIMIT 1",
        stream,
        object_uri,
    )
    first = await storage.rows(
        "SELECT MIN(seq) AS seq FROM log_entry WHERE stream = ? AND object_uri = ? AND undoes = 0"
        " AND seq > ?",
        stream,
        object_uri,
        last["seq"] if last else 0,
    )
    return int(first[0]["seq"] or (last["undoes"] if last else 0))
