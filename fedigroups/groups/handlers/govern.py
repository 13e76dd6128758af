"""What moderators elsewhere do: in groups here it is decided as if it were done here; of groups
elsewhere that people here are in, it is followed."""

from __future__ import annotations

from typing import Any

from federation.documents import ids_of, text_of
from federation.errors import Gone, NotUsable
from federation.limits import DECISION_CHARS
from federation.models import Actor
from federation.origin import same_origin
from fedigroups.groups import early, lookup, membership, policies
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.handlers.create import inner_of
from fedigroups.groups.models import Post
from fedigroups.moderation.acts import UNSAID, Act
from fedigroups.moderation.decide import decide
from inbox.registry import Outcome, Received, done, ignored


async def decided(received: Received, kind: str, hosted: Hosted, **about: Any) -> Outcome:
    """A decision that came from its moderator's own server."""
    if not policies.is_staff(await membership.standing(hosted.group, received.actor)):
        return ignored("only a moderator of the group decides that")
    await decide(received.wire, act(received, kind, hosted, **about))
    return done(f"{kind} in {hosted.group.name}")


def act(received: Received, kind: str, hosted: Hosted, **about: Any) -> Act:
    """What came, as a decision; its `summary` is the reason."""
    text = text_of(received.activity.document, "summary").strip()[:DECISION_CHARS]
    return Act(
        kind=kind,
        hosted=hosted,
        decider=received.actor,
        text=text or UNSAID,
        inner=inner_of(received),
        comes=True,
        **about,
    )


async def about_post(received: Received, kind: str, uri: str) -> Outcome:
    """A decision about a post in a group here; it waits for a post that has not come."""
    post = await found(uri)
    if post is None:
        awaits = await early.expected(received, uri)
        return ignored("it is about nothing that we have", awaits=awaits)
    group = post.thread.group
    if not group.hosted:
        return ignored("it is about a post of a group that lives elsewhere")
    return await decided(received, kind, Hosted(group, group.actor), post=post)


async def about_person(received: Received, kind: str, hosted: Hosted, uri: str) -> Outcome:
    """A decision about somebody whom we know."""
    person = await Actor.get_or_none(uri=uri)
    if person is None:
        return ignored("it is about somebody whom we do not know")
    return await decided(received, kind, hosted, person=person)


async def found(uri: str) -> Post | None:
    """The post of that URI, ready to be decided about."""
    return await Post.get_or_none(uri=uri).select_related("author", "thread__group__actor")


async def is_moderator(received: Received, group: Actor) -> bool:
    """Whether a group elsewhere lists the actor among its moderators now; its list is asked."""
    if not group.moderators or not same_origin(group.moderators, group.uri):
        return False
    try:
        listed = await received.wire.fetcher.get(group.moderators, received.budget)
    except (Gone, NotUsable):
        return False
    members = listed.document.get("orderedItems", listed.document.get("items"))
    return received.activity.actor in ids_of(members)


async def gather_announced(received: Received) -> bool:
    """Of what a group elsewhere announces: whether one of its moderators did it."""
    if received.announcer is None:
        return False
    await lookup.check_joined(received.announcer)
    return await is_moderator(received, received.announcer)


async def announced(received: Received, uri: str) -> Post | Outcome:
    """The post of the announcing group that it is about, if one of its moderators said so."""
    post = await found(uri)
    if post is None or received.announcer is None:
        return ignored("it is about nothing that we have")
    if post.thread.group.actor_id != received.announcer.id or received.facts is not True:
        return ignored("neither that group nor one of its moderators decides that")
    return post
