"""Delete: an author takes a post back, a moderator removes one, or an actor ends."""

from __future__ import annotations

from dataclasses import dataclass

from federation.documents import text_of
from federation.errors import NotUsable, Unreachable
from federation.limits import SUMMARY_CHARS
from federation.origin import same_origin
from fedigroups.groups import (
    crossposts,
    departures,
    distribute,
    early,
    evidence,
    farewells,
    lookup,
    membership,
    policies,
    threads,
    tombstones,
)
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.handlers import govern
from fedigroups.groups.handlers.create import inner_of
from fedigroups.groups.models import Post
from fedigroups.moderation.decide import decide
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish

BURIED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Witness:
    """What others say about a delete that did not come from the author: origin, or moderators."""

    gone_at_origin: bool = False
    by_moderator: bool = False
    actor_gone: bool = False
    asked: bool = True
    """False when nobody was asked, as the post was not here."""


async def gather_delete(received: Received) -> Witness:
    """Ask the origin, or the group's list of moderators, when the author did not say it to us."""
    activity = received.activity
    if activity.object_id == activity.actor:
        if received.announcer is not None:
            raise NotUsable("an actor's end is said by that actor alone")
        return Witness(actor_gone=True)
    if received.announcer is None:
        return Witness()
    if not await Post.exists(uri=activity.object_id):
        return Witness(asked=False)
    await lookup.check_joined(received.announcer)
    if await govern.is_moderator(received, received.announcer):
        return Witness(by_moderator=True)
    gone = await evidence.is_gone(received.wire, activity.object_id, received.budget)
    return Witness(gone_at_origin=gone)


async def on_delete(received: Received) -> Outcome:
    """End the post, or the actor, if the one who says it may."""
    witness: Witness = received.facts
    if witness.actor_gone:
        return await _end_actor(received)
    post = await Post.get_or_none(uri=received.activity.object_id).select_related(
        "author", "thread__group"
    )
    if post is None:
        return await _unseen(received)
    if not witness.asked:
        raise Unreachable(f"{post.uri} came just now: who may delete it is asked next time")
    return await _end_post(received, post, witness)


async def _unseen(received: Received) -> Outcome:
    """A delete that overtook its post: an author's is remembered, a moderator's waits for it."""
    activity, awaits = received.activity, ""
    if received.announcer is not None or await lookup.moderates(received.actor):
        awaits = await early.expected(received, activity.object_id)
    if received.announcer is None and same_origin(activity.actor, activity.object_id):
        await tombstones.bury(activity.object_id, activity.actor, "delete", BURIED_DAYS)
        if not awaits:
            return done("remembered: the post will not come in after its delete")
    return ignored("it deletes nothing that we have", awaits=awaits)


async def _end_post(received: Received, post: Post, witness: Witness) -> Outcome:
    group = post.thread.group
    if post.state in {"deleted", "removed"}:
        return ignored("it is gone already")
    if group.hosted and received.announcer is not None:
        return ignored("a hosted group's posts end by their author or its own moderators")
    state = await _end_state(received, post, witness)
    if not state:
        return await _end_crosspost(received, post)
    if state == "removed" and group.hosted:
        return await _remove(received, post)
    said = text_of(received.activity.document, "summary")[:SUMMARY_CHARS]
    if not await threads.end(post, state, said):
        return ignored("it is gone already")
    if group.hosted:
        wire, inner = received.wire, inner_of(received)
        drafts = await crossposts.told(
            post.thread, lambda hosted: distribute.delete(wire, hosted, inner, post, post.author)
        )
        await publish(drafts)
    return done(f"{state} in {group.name}")


async def _remove(received: Received, post: Post, hosted: Hosted | None = None) -> Outcome:
    """A moderator's decision, which came from their own server."""
    hosted = hosted or await lookup.hosting(post.thread.group_id)
    await decide(received.wire, govern.act(received, "remove", hosted, post=post))
    return done(f"removed in {hosted.group.name}")


async def _end_crosspost(received: Received, post: Post) -> Outcome:
    """A moderator of another group that shows the thread takes it out of that group alone."""
    hosted = None
    if post.thread.group.hosted and post.parent_id is None:
        hosted = await crossposts.moderated(post.thread, received.actor)
    if hosted is None:
        return ignored("neither its author, its origin nor a moderator of its group says so")
    return await _remove(received, post, hosted)


async def _end_state(received: Received, post: Post, witness: Witness) -> str:
    """`deleted`, `removed`, or empty when the actor may neither."""
    if received.announcer is not None:
        if received.announcer.id != post.thread.group.actor_id:
            return ""
        if witness.by_moderator and received.activity.actor != post.author.uri:
            return "removed"
        return "deleted" if witness.by_moderator or witness.gone_at_origin else ""
    if received.actor.id == post.author_id:
        return "deleted"
    member = await membership.standing(post.thread.group, received.actor)
    return "removed" if post.thread.group.hosted and policies.is_staff(member) else ""


async def _end_actor(received: Received) -> Outcome:
    actor = received.actor
    await departures.end(actor)
    if received.activity.document.get("removeData") is not False:  # Lemmy's people may choose
        await farewells.take_along(received.wire, actor)
    return done(f"{actor.handle} is no more")
