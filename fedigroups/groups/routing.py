"""This module decides which inboxes read a group's streams; nothing else changes who does.

It is all derived. A member who is live, and lives on another host than the group, reads it through
the inbox at which their server is sent broadcasts, and `member.inbox` says so. For a group here,
that inbox reads the streams of its host's dialect; for any, the digest of its followers on the
member's host changes (FEP-8fcf). Whoever changes a membership, an actor or a host's dialect has the
difference applied in the same transaction: by `reconcile`, `actor_changed` or `host_changed`.
"""

from __future__ import annotations

from federation import followers, storage
from federation.origin import host_of
from federation.watch import Watch
from outbox import streams

_LOCK = "readers"
"""Held while an actor or a host changes, so that no membership changes at the same time."""

MEMBERS = (
    "SELECT m.id, m.group_id, m.inbox, CASE WHEN m.state <> 'member' OR g.hosted = a.local"
    " OR a.state <> 'live' THEN '' WHEN a.shared_inbox <> '' THEN a.shared_inbox ELSE a.inbox"
    " END AS derived, g.hosted, f.uri AS followed, a.host, a.uri FROM member m"
    " JOIN actor a ON a.id = m.actor_id JOIN groups g ON g.id = m.group_id"
    " JOIN actor f ON f.id = g.actor_id"
)
"""SQL: each membership with the inbox that it has, and the one that it should have."""

_WRONG = "SELECT * FROM ({members} WHERE {scope}) AS members WHERE inbox <> derived"


def streams_for(group_id: int, family: str) -> list[str]:
    """The group's streams that a host of this family reads; both, when the family is unknown."""
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


async def hold_alone() -> None:
    """Let no membership change until the commit."""
    await storage.hold(_LOCK)


async def reconcile(group_id: int, actor_id: int) -> None:
    """Let the actor's server read the group as it should, after their membership changed."""
    await _reconcile("m.group_id = ? AND m.actor_id = ?", group_id, actor_id)


async def actor_changed(actor_id: int) -> None:
    """Let the actor's server read what it should, after its inboxes or state changed."""
    await hold_alone()
    await _reconcile("m.actor_id = ?", actor_id)


async def host_changed(host: str) -> None:
    """Let a host read what it should, after its dialect changed."""
    await hold_alone()
    for row in await storage.rows(
        "SELECT DISTINCT stream, inbox FROM subscription WHERE host = ? AND stream LIKE 'group:%'"
        " ORDER BY stream",
        host,
    ):
        await _change_over(streams.group_of(row["stream"]), "", row["inbox"])


async def reconcile_all() -> int:
    """Let all members' servers read what they should; how many members read through a wrong inbox.

    The caller holds it alone.
    """
    return await _reconcile("TRUE")


async def _reconcile(scope: str, *values: int) -> int:
    """Change over the members in this scope who read through the wrong inbox; how many did."""
    wrong = await storage.rows(_WRONG.format(members=MEMBERS, scope=scope), *values)
    for row in wrong:
        old, new = row["inbox"], row["derived"]
        await storage.execute("UPDATE member SET inbox = ? WHERE id = ?", new, row["id"])
        if row["hosted"]:
            await _change_over(row["group_id"], old, new)
        if not (old and new):
            await followers.toggle(row["followed"], row["host"], row["uri"], follows=bool(new))
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
