"""Accept: a group elsewhere lets a person of ours in, or an author allows a boost."""

from __future__ import annotations

from federation.documents import uri_of
from federation.origin import same_origin
from fedigroups.groups import distribute, lookup, membership
from fedigroups.groups.models import Announced, Member
from inbox.registry import Outcome, Received, done, ignored
from outbox.publish import publish


async def on_accept(received: Received) -> Outcome:
    """Settle the pending Follow of a person of ours, or send the boost that waited."""
    member = await pending(received)
    if member is not None:
        await membership.answered_elsewhere(member, accepted=True)
        return done(f"{member.actor.username} is in {received.actor.handle}")
    return await _allow_boost(received)


async def pending(received: Received) -> Member | None:
    """The request, of a person here to this very actor, that the activity answers."""
    activity = received.activity
    waiting = Member.filter(
        group__actor_id=received.actor.id, actor__local=True, state__in=["asked", "member"]
    ).select_related("actor", "group")
    if activity.object_id:
        found = await waiting.filter(follow_uri=activity.object_id).first()
        if found is not None:
            return found
    inner = activity.inner or {}
    follower = uri_of(inner.get("actor"))
    if not follower or uri_of(inner.get("object")) != received.actor.uri:
        return None
    return await waiting.filter(actor__uri=follower).first()


async def _allow_boost(received: Received) -> Outcome:
    """GoToSocial: `Accept{object: our Announce, result: approval}` by the post's author.

    Readers ask for the approval where it is, so it must be where the author is.
    """
    activity = received.activity
    waiting = await Announced.get_or_none(
        activity_uri=activity.object_id, waiting=True, undone=False
    )
    approval = uri_of(activity.document.get("result"))
    if waiting is None or not same_origin(approval, activity.actor):
        return ignored("it accepts nothing that we asked")
    if not await lookup.wrote(received.actor, waiting.object_uri):
        return ignored("only the author of a post allows its boost")
    hosted = await lookup.hosting(waiting.group_id)
    await publish(await distribute.allowed(received.wire, hosted, activity.object_id, approval))
    return done("the boost is allowed")
