"""Like, Dislike and EmojiReact: a reaction to a post of a thread that we have."""

from __future__ import annotations

from typing import Any

from federation import limits
from federation.documents import text_of
from federation.models import Actor
from fedigroups.groups import (
    crossposts,
    distribute,
    early,
    membership,
    policies,
    reactions,
    threads,
    tombstones,
)
from fedigroups.groups.handlers.create import inner_of
from fedigroups.groups.models import Post
from fedigroups.groups.visibility import can_see
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish

KINDS = ("Like", "Dislike", "EmojiReact")


async def on_vote(received: Received) -> Outcome:
    """Count it once, and let the group announce it."""
    post = await threads.placed(received.activity.object_id)
    if await tombstones.is_buried(
        received.activity.id, received.activity.actor, received.announcer
    ):
        return ignored("it was taken back before it came")
    if post is None:
        awaits = await early.expected(received, received.activity.object_id)
        return ignored("it reacts to nothing that we have", awaits=awaits)
    if post.state != "live":
        return ignored("what it reacts to is gone")
    if refusal := await _refusal(received, post):
        return ignored(refusal)
    kind, emoji = read_reaction(received.activity.kind, received.activity.document)
    counted = await reactions.put(
        post,
        received.activity.actor,
        kind,
        received.activity.id,
        emoji=emoji,
        announcer=received.announcer,
    )
    if not counted:
        return ignored("it is counted already")
    if post.thread.group.hosted:
        await send_on(received, post, received.actor)
    return done(f"{kind} counted")


async def send_on(received: Received, post: Post, actor: Actor | None = None) -> None:
    """Let the groups that show the post announce the vote or its undo; see `crossposts`."""
    wire, inner = received.wire, inner_of(received)
    drafts = await crossposts.told(
        post.thread, lambda hosted: distribute.vote(wire, hosted, inner, post), actor
    )
    await publish(drafts)


def read_reaction(kind: str, document: dict[str, Any]) -> tuple[str, str]:
    """`like`, `dislike` or `emoji` with its text (Misskey: a Like that has content)."""
    content = text_of(document, "content") or str(document.get("_misskey_reaction") or "")
    if kind == "Dislike":
        return "dislike", ""
    if kind == "EmojiReact" or content:
        return "emoji", content[: limits.EMOJI_CHARS] or "👍"
    return "like", ""


async def _refusal(received: Received, post: Post) -> str:
    group = post.thread.group
    if received.announcer is not None:
        return "" if _own(received.announcer, post) else "a group counts only its own posts' votes"
    if not group.hosted:
        return ""
    member = await membership.standing(group, received.actor)
    if not can_see(policies.viewer(received.actor, member), post):
        return "what it reacts to is gone"
    return policies.refusal_to_react(group, member)


def _own(announcer: Actor, post: Post) -> bool:
    return bool(post.thread.group.actor_id == announcer.id)
