"""This module decides which inboxes read a group's streams; nothing else changes who does.

It is all derived. Whoever is a member of a group here, lives elsewhere and is live reads through
the inbox at which their server is sent broadcasts, and `member.inbox` says so. That inbox reads the
streams of its host's dialect. Whoever changes a membership, an actor or a host's dialect has the
difference applied in the same transaction: by `reconcile`, `actor_changed` or `host_changed`.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation import storage
from federation.origin import host_of
from federation.watch import Watch
from outbox import streams

_LOCK = "readers"
"""Held while an actor or a host changes, so that no membership changes at the same time."""

_MEMBERS = (
    "SELECT m.id, m.group_id, m.inbox, CASE WHEN m.state <> 'member' OR NOT g.hosted OR a.local"
    " OR a.state <> 'live' THEN '' WHEN a.shared_inbox <> '' THEN a.shared_inbox ELSE a.inbox"
    " END AS derived FROM member m JOIN actor a ON a.id = m.actor_id"
    " JOIN groups g ON g.id = m.group_id"
)
_WRONG = "SELECT * FROM ({members} WHERE {scope}) AS members WHERE inbox <> derived"

Reader = tuple[str, str]
"""A stream and an inbox that reads it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Where what is differs from what is derived: none of it, when all is well."""

    members: int
    """How many members read through another inbox than their server's."""
    missing: frozenset[Reader]
    excess: frozenset[Reader]

    def __bool__(self) -> bool:
        return bool(self.members or self.missing or self.excess)


def streams_for(group_id: int, family: str) -> list[str]:
    """The group's streams that a host of this family reads (wire.md: routing table)."""
    thread, microblog = streams.thread(group_id), streams.microblog(group_id)
    return {"thread": [thread], "microblog": [microblog]}.get(family, [thread, microblog])


def watch() -> Watch:
    """What the protocol floor tells us: changed actors, changed hosts."""
    return Watch(actor=actor_changed, host=host_changed)


async def hold() -> None:
    """Begin a transaction that changes memberships: call it before its first change.

    Else an actor's inbox could change unseen while they become a member.
    """
    await storage.hold(_LOCK, shared=True)


async def reconcile(group_id: int, actor_id: int) -> None:
    """Let the actor's server read the group as it should, after their membership changed."""
    await _reconcile("m.group_id = ? AND m.actor_id = ?", group_id, actor_id)


async def actor_changed(actor_id: int) -> None:
    """Let the actor's server read what it should, after its inboxes or state changed."""
    await storage.hold(_LOCK)
    await _reconcile("m.actor_id = ?", actor_id)


async def host_changed(host: str) -> None:
    """Let a host read what it should, after its dialect changed."""
    await storage.hold(_LOCK)
    for row in await storage.rows(
        "SELECT DISTINCT stream, inbox FROM subscription WHERE host = ? AND stream LIKE 'group:%'"
        " ORDER BY stream",
        host,
    ):
        await _change_over(streams.group_of(row["stream"]), "", row["inbox"])


async def _reconcile(scope: str, *values: int) -> int:
    """Change over the members in this scope who read through the wrong inbox; how many did."""
    wrong = await storage.rows(_WRONG.format(members=_MEMBERS, scope=scope), *values)
    for row in wrong:
        await storage.execute("UPDATE member SET inbox = ? WHERE id = ?", row["derived"], row["id"])
        await _change_over(row["group_id"], row["inbox"], row["derived"])
    return len(wrong)


async def _change_over(group_id: int, old: str, new: str) -> None:
    """One of those who read the group through `old` now does through `new`; "" is nowhere."""
    before, now = await _wanted(group_id, old), await _wanted(group_id, new)
    for stream in now:
        if old and stream not in before:
            await streams.hand_over(stream, old, new, host_of(new))
        else:
            await streams.subscribe(stream, new, host_of(new), beside=old)
    for inbox, wanted in ((old, before), (new, now)):
        for stream in streams_for(group_id, "unknown") if inbox else []:
            if stream not in wanted:
                await streams.unsubscribe(stream, inbox)


async def _wanted(group_id: int, inbox: str) -> list[str]:
    """The group's streams that the inbox should read."""
    if not inbox or not await storage.row(
        "SELECT 1 AS one FROM member WHERE group_id = ? AND inbox = ? LIMIT 1", group_id, inbox
    ):
        return []
    peer = await storage.row("SELECT family FROM peer WHERE host = ?", host_of(inbox))
    return streams_for(group_id, peer["family"] if peer else "unknown")


async def drift() -> Drift:
    """How the readers of all groups differ from what they should be; reads every membership."""
    wrong = await storage.rows(_WRONG.format(members=_MEMBERS, scope="TRUE"))
    return await _drift(len(wrong))


async def mend() -> Drift:
    """Make all readers what they should be, committed; what was wrong comes back.

    Who read nothing begins at the head of each stream: what was missed is not sent any more.
    """
    async with storage.transaction():
        await storage.hold(_LOCK)
        found = await _drift(await _reconcile("TRUE"))
        for stream, inbox in sorted(found.missing):
            await streams.subscribe(stream, inbox, host_of(inbox))
        for stream, inbox in sorted(found.excess):
            await streams.unsubscribe(stream, inbox)
    return found


async def _drift(members: int) -> Drift:
    known = await storage.rows("SELECT host, family FROM peer WHERE family <> 'unknown'")
    families = {row["host"]: row["family"] for row in known}
    wanted = {
        (stream, row["inbox"])
        for row in await storage.rows(
            "SELECT DISTINCT group_id, inbox FROM member WHERE inbox <> ''"
        )
        for stream in streams_for(row["group_id"], families.get(host_of(row["inbox"]), "unknown"))
    }
    read = await _readers("group:%")
    waiting = await _readers("again:%:group:%")
    return Drift(members, frozenset(wanted - read), frozenset((read | waiting) - wanted))


async def _readers(like: str) -> set[Reader]:
    rows = await storage.rows("SELECT stream, inbox FROM subscription WHERE stream LIKE ?", like)
    return {(streams.original(row["stream"]), row["inbox"]) for row in rows}
