"""Ban: somebody is put out and may not come back, for a time or for good.

The thread family is told by a Block with the group as `target`. Microblogs read a Block as their
own user's, whatever it says, so a member there gets the Reject of their Follow alone.
"""

from __future__ import annotations

from federation import clock, ids
from federation.documents import Document
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Post
from fedigroups.moderation import proclaiming
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from fedigroups.moderation.effects.remove import remove
from outbox import build
from outbox.publish import Draft, Outgoing


async def ban(wire: Wire, act: Act) -> Done:
    """Put them out; with `act.takes_posts` what they wrote in the group goes too."""
    if act.until and act.until <= clock.now_ms():
        raise Malformed("a ban ends in the future, or never")
    group, person = act.hosted.group, act.needed_person
    drafts = await membership.ban(wire, group, person, act.text, until=act.until)
    inner = act.inner if act.comes else None
    if inner is None:
        block = build.block(
            wire.uris.activity(ids.new()),
            wire.uris.moderation_actor,
            person.uri,
            act.hosted.actor.uri,
            act.text,
            until=act.until,
            takes_posts=act.takes_posts,
        )
        inner, own = await _own(wire, person, block)
        drafts.append(own)
    drafts += await proclaiming.act(wire, act.hosted, inner)
    if act.takes_posts:
        drafts += await _posts(wire, act)
    return Done(drafts, inner.uri)


async def unban(wire: Wire, act: Act) -> Done:
    """They may ask to join again."""
    person = act.needed_person
    await membership.pardon(act.hosted.group, person)
    if act.comes and act.inner is not None:
        return Done(await proclaiming.act(wire, act.hosted, act.inner), act.inner.uri)
    by, group = wire.uris.moderation_actor, act.hosted.actor.uri
    block = build.block(wire.uris.activity(ids.new()), by, person.uri, group, act.text)
    undo = build.undo_act(wire.uris.activity(ids.new()), block)
    inner, own = await _own(wire, person, undo)
    return Done([own, *await proclaiming.act(wire, act.hosted, inner)], inner.uri)


async def _own(wire: Wire, person: Actor, document: Document) -> tuple[Inner, Draft]:
    """An act of the moderation actor's, which goes to the banned one's own server, too."""
    body = dumps(document)
    outgoing = Outgoing(document["id"], document["actor"], document["type"], body)
    places = await proclaiming.before_threads(person)
    return Inner(document["id"], body, wire.config.host), Draft(outgoing, places)


async def _posts(wire: Wire, act: Act) -> list[Draft]:
    """All that they wrote in the group is removed; they are told once, by the ban."""
    drafts: list[Draft] = []
    written = Post.filter(
        author_id=act.needed_person.id,
        thread__group_id=act.hosted.group.id,
        state__in=["live", "held"],
    ).select_related("author", "thread__group__actor")
    async for post in written:
        own = Act(kind="remove", hosted=act.hosted, decider=act.decider, post=post, text=act.text)
        drafts += (await remove(wire, own)).drafts
    return drafts
