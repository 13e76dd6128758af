"""This module counts likes, dislikes, emoji, boosts: once in each slot for an actor and a post."""

from __future__ import annotations

from federation import bare, clock, ids, limits, storage
from federation.models import Actor
from fedigroups.groups import tombstones
from fedigroups.groups.models import Post, Reaction
from fedigroups.notify import telling

COUNTED = {"like": "likes_count", "dislike": "dislikes_count", "boost": "boosts_count"}
NOTICED = {"like": "favourite", "boost": "reblog"}
"""What a post's author is told of, by what clients call it."""
REMEMBERED_DAYS = 7
"""How long what was taken back does not count when it comes (again)."""


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
    announcer: Actor | None = None,
) -> bool:
    """Count the reaction, on the word of a group where one announced it; False when it stands."""
    slot = slot_of(kind, emoji[: limits.EMOJI_CHARS])
    old = await of(post, actor_uri, slot)
    if old is not None and old.kind == kind:
        await Reaction.filter(id=old.id).update(activity_uri=activity_uri)
        return False
    if old is not None:
        await _drop(old, announcer)
    new = Reaction(
        id=ids.new(),
        post_id=post.id,
        actor_uri=actor_uri,
        slot=slot,
        kind=kind,
        activity_uri=activity_uri,
        vouched=announcer is not None,
        created_at=clock.now_ms(),
    )
    if not await bare.add_first(new):
        return False
    await _count(post.id, kind, 1)
    if kind in NOTICED and announcer is None:
        await telling.reacted(post.id, actor_uri, NOTICED[kind])
    return True


async def take_back(post: Post, actor_uri: str, slot: str, announcer: Actor | None = None) -> bool:
    """Uncount what the actor has in the slot; False when there is nothing."""
    old = await of(post, actor_uri, slot)
    return old is not None and await _drop(old, announcer)


async def take_back_by_id(activity_uri: str, actor_uri: str) -> Reaction | None:
    """Uncount the actor's own reaction of this activity id, and return it."""
    # A hostile group can report one vote of somebody for two posts of its own.
    found = Reaction.filter(activity_uri=activity_uri, actor_uri=actor_uri)
    old = await found.select_related("post__thread__group").first()
    return old if old is not None and await _drop(old, None) else None


async def _drop(old: Reaction, announcer: Actor | None) -> bool:
    """Uncount it, unless it is gone meanwhile.

    The same act may come once more, in another Announce, and counts no more.
    """
    if not await Reaction.filter(id=old.id).delete():
        return False
    await _count(old.post_id, old.kind, -1)
    if old.kind in NOTICED:
        await telling.unreacted(old.post_id, old.actor_uri, NOTICED[old.kind])
    await tombstones.bury(
        old.activity_uri, old.actor_uri, "undo", REMEMBERED_DAYS, announcer=announcer
    )
    return True


async def _count(post_id: int, kind: str, step: int) -> None:
    column = COUNTED.get(kind)
    if column:
        await storage.execute(
            f"UPDATE post SET {column} = {column} + ? WHERE id = ?",  # noqa: S608 - our own names
            step,
            post_id,
        )


async def of(post: Post, actor_uri: str, slot: str) -> Reaction | None:
    """What the actor has in the slot."""
    return await bare.one(
        Reaction, "post_id = ? AND slot = ? AND actor_uri = ?", post.id, slot, actor_uri
    )
