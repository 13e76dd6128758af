"""Likes, dislikes, emoji and boosts: one in each slot for an actor and a post, counted once."""

from __future__ import annotations

from federation import clock, ids, storage
from fedigroups.groups.models import Post, Reaction

COUNTED = {"like": "likes_count", "dislike": "dislikes_count", "boost": "boosts_count"}
EMOJI_CHARS = 40


def slot_of(kind: str, emoji: str = "") -> str:
    """What a reaction stands in: a dislike takes the place of a like."""
    return {"like": "vote", "dislike": "vote", "boost": "boost"}.get(kind, f"emoji:{emoji}")


async def put(
    post: Post,
    actor_uri: str,
    kind: str,
    activity_uri: str,
    *,
    emoji: str = "",
    vouched: bool = False,
) -> bool:
    """Count the reaction; False when it stands already."""
    slot = slot_of(kind, emoji[:EMOJI_CHARS])
    old = await Reaction.get_or_none(post_id=post.id, slot=slot, actor_uri=actor_uri)
    if old is not None and old.kind == kind:
        await Reaction.filter(id=old.id).update(activity_uri=activity_uri)
        return False
    if old is not None:
        await _drop(old)
    await Reaction.create(
        id=ids.new(),
        post_id=post.id,
        actor_uri=actor_uri,
        slot=slot,
        kind=kind,
        activity_uri=activity_uri,
        vouched=vouched,
        created_at=clock.now_ms(),
    )
    await _count(post.id, kind, 1)
    return True


async def take_back(post: Post, actor_uri: str, slot: str) -> bool:
    """Uncount what the actor has in the slot; False when there is nothing."""
    old = await Reaction.get_or_none(post_id=post.id, slot=slot, actor_uri=actor_uri)
    if old is None:
        return False
    await _drop(old)
    return True


async def take_back_by_id(activity_uri: str, actor_uri: str) -> Reaction | None:
    """Uncount the actor's own reaction of this activity id, and return it."""
    # A hostile group can report one vote of somebody for two posts of its own.
    found = Reaction.filter(activity_uri=activity_uri, actor_uri=actor_uri)
    old = await found.select_related("post__thread__group").first()
    if old is not None:
        await _drop(old)
    return old


async def _drop(reaction: Reaction) -> None:
    await Reaction.filter(id=reaction.id).delete()
    await _count(reaction.post_id, reaction.kind, -1)


async def _count(post_id: int, kind: str, step: int) -> None:
    column = COUNTED.get(kind)
    if column:
        await storage.execute(
            f"UPDATE post SET {column} = {column} + ? WHERE id = ?",  # noqa: S608  # our own names
            step,
            post_id,
        )


async def of(post: Post, actor_uri: str, slot: str) -> Reaction | None:
    """What the actor has in the slot."""
    return await Reaction.get_or_none(post_id=post.id, slot=slot, actor_uri=actor_uri)
