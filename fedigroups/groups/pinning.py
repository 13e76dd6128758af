"""This module knows which threads of a group are pinned, and in which order they stand."""

from __future__ import annotations

from federation import storage
from federation.errors import Malformed
from fedigroups.groups.models import Post, Thread


async def pinned(group_id: int) -> list[Thread]:
    """The pinned threads of a group, the first one first."""
    return await Thread.filter(group_id=group_id, pinned_at__gt=0).order_by("-pinned_at", "-id")


async def move(group_id: int, thread_id: int, *, up: bool) -> None:
    """Let a pinned thread change places with the one before it, or after; committed.

    The first one stays first. Raises `Malformed` for a thread that is not pinned any more.
    """
    async with storage.transaction():
        threads = await pinned(group_id)
        place = next((at for at, one in enumerate(threads) if one.id == thread_id), -1)
        if place < 0:
            raise Malformed("the thread is not pinned already")
        other = min(max(place + (-1 if up else 1), 0), len(threads) - 1)
        threads[place], threads[other] = threads[other], threads[place]
        newest = max(one.pinned_at for one in threads)
        for at, one in enumerate(threads):  # times that differ: two may have the same
            await Thread.filter(id=one.id).update(pinned_at=newest - at)


async def beginning(group_id: int, thread_id: int) -> Post:
    """The post that starts a thread of the group. Raises `Malformed` for no thread of it."""
    thread = await Thread.get_or_none(id=thread_id, group_id=group_id)
    if thread is None:
        raise Malformed("that thread is not in this group")
    return await Post.get(id=thread.root_id).select_related("author", "thread__group__actor")
