"""Like, Dislike and EmojiReact: a reaction to a post of a thread that we have."""

from __future__ import annotations

from typing import Any

from federation.documents import text_of
from federation.models import Actor
from fedigroups.groups import distribute, lookup, membership, policies, reactions, threads
from fedigroups.groups.handlers.create import inner_of
from fedigroups.groups.models import Post
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish

KINDS = ("Like", "Dislike", "EmojiReact")


async def on_vote(received: Received) -> Outcome:
    """Count it once, and let the group announce it."""
    post = await Post.get_or_none(uri=received.activity.object_id, state="live").select_related(
        "thread__group"
    )
    if post is None:
        return ignored("it reacts to nothing that we have")
    if await threads.is_buried(received.activity.id, received.activity.actor):
        return ignored("it was taken back before it came")
    if refusal := await _refusal(received, post):
        return ignored(refusal)
    kind, emoji = read_reaction(received.activity.kind, received.activity.document)
    counted = await reactions.put(
        post,
        received.activity.actor,
        kind,
        received.activity.id,
        emoji=emoji,
        vouched=received.announcer is not None,
    )
    if not counted:
        return ignored("it is counted already")
    if post.thread.group.hosted:
        hosted = await lookup.hosting(post.thread.group_id)
        await publish(await distribute.vote(received.wire, hosted, inner_of(received), post))
    return done(f"{kind} counted")


def read_reaction(kind: str, document: dict[str, Any]) -> tuple[str, str]:
    """`like`, `dislike` or `emoji` with its text (Misskey: a Like that has content)."""
    content = text_of(document, "content") or str(document.get("_misskey_reaction") or "")
    if kind == "Dislike":
        return "dislike", ""
    if kind == "EmojiReact" or content:
        return "emoji", content[: reactions.EMOJI_CHARS] or "👍"
    return "like", ""


async def _refusal(received: Received, post: Post) -> str:
    group = post.thread.group
    if received.announcer is not None:
        return "" if _own(received.announcer, post) else "a group counts only its own posts' votes"
    if not group.hosted:
        return ""
    member = await membership.standing(group, received.actor)
    return policies.refusal_to_react(group, member)


def _own(announcer: Actor, post: Post) -> bool:
    return bool(post.thread.group.actor_id == announcer.id)
