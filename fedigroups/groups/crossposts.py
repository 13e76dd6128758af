"""This module knows which groups here show a thread: its own, and others that its start named.

A thread stands in one group, the first that takes it, and is read and governed there. Each other
group announces its posts to those who read that group, unless their author is banned from it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from federation import bare, clock, ids, storage
from federation.models import Actor
from federation.wire import Wire
from fedigroups import news
from fedigroups.groups import distribute, lookup, membership, policies
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Crosspost, Group, Post, Thread
from outbox.publish import Draft


async def carriers(thread: Thread, actor: Actor | None = None) -> list[Hosted]:
    """The hosted groups that send on what happens in the thread, its own first.

    Other groups that take nothing of `actor` are left out; its own group was asked before.
    """
    shown = await bare.those(Crosspost, "thread_id", [thread.id])
    wanted = [thread.group_id, *(one.group_id for one in shown)]
    return [
        hosted
        for hosted in await lookup.hosts(wanted)
        if actor is None or hosted.group.id == thread.group_id or await _takes(hosted.group, actor)
    ]


async def told(
    thread: Thread, tell: Callable[[Hosted], Awaitable[list[Draft]]], actor: Actor | None = None
) -> list[Draft]:
    """What each of the `carriers` sends on, where `tell` says what one of them does."""
    drafts: list[Draft] = []
    for hosted in await carriers(thread, actor):
        drafts += await tell(hosted)
    return drafts


async def _takes(group: Group, actor: Actor) -> bool:
    return not policies.refusal_to_react(group, await membership.standing(group, actor))


async def add(thread: Thread, group: Group) -> None:
    """From now on the group shows the thread too."""
    await storage.execute(
        "INSERT INTO crosspost (id, thread_id, group_id, created_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (thread_id, group_id) DO NOTHING",
        *(ids.new(), thread.id, group.id, clock.now_ms()),
    )


async def withdraw(wire: Wire, hosted: Hosted, inner: Inner, root: Post) -> list[Draft]:
    """From now on the group shows the thread of that root no more, and says so by `inner`."""
    shown = Crosspost.filter(thread_id=root.thread_id, group_id=hosted.group.id)
    news.ended(root.id, [one.id for one in await shown])
    await shown.delete()
    return await distribute.withdraw(wire, hosted, inner, root, root.author)


async def moderated(thread: Thread, actor: Actor) -> Hosted | None:
    """A group that shows the thread beside its own, and that the actor moderates."""
    for hosted in (await carriers(thread))[1:]:
        if policies.is_staff(await membership.standing(hosted.group, actor)):
            return hosted
    return None
