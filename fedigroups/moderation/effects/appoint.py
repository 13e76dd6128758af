"""Appoint: members become moderators or owners of a group, or are so no more."""

from __future__ import annotations

from federation import ids
from federation.errors import Malformed
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Member
from fedigroups.groups.policies import is_staff
from fedigroups.moderation import proclaiming
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from outbox import build
from outbox.publish import Draft, Outgoing


async def appoint(wire: Wire, act: Act) -> Done:
    """Raises `Malformed` for somebody who is no member, or moderates already."""
    group, person = act.hosted.group, act.needed_person
    if is_staff(await membership.held(group, person)):
        raise Malformed("{who} moderates {group} already", who=person.handle, group=group.name)
    await membership.appoint(group, person, "moderator")
    return await _listed(wire, act, "Add")


async def dismiss(wire: Wire, act: Act) -> Done:
    """Raises `Malformed` for an owner, and for somebody who does not moderate."""
    group, person = act.hosted.group, act.needed_person
    member = await membership.held(group, person)
    if member is None or not is_staff(member):
        raise Malformed("{who} does not moderate {group}", who=person.handle, group=group.name)
    if member.role == "owner":
        raise Malformed(
            "{who} owns {group}; make somebody else the owner first",
            who=person.handle,
            group=group.name,
        )
    await membership.appoint(group, person, "member")
    return await _listed(wire, act, "Remove")


async def transfer(wire: Wire, act: Act) -> Done:
    """The member owns the group; whoever did before moderates it. No verb says that elsewhere.

    Raises `Malformed` for somebody who is no member, or owns it already.
    """
    group, person = act.hosted.group, act.needed_person
    member = await membership.held(group, person)
    if member is not None and member.state == "member" and member.role == "owner":
        raise Malformed("{who} owns {group} already", who=person.handle, group=group.name)
    listed = is_staff(member)
    await membership.appoint(group, person, "owner")
    owners = Member.filter(group_id=group.id, role="owner", state="member")
    await owners.exclude(actor_id=person.id).update(role="moderator")
    return Done() if listed else await _listed(wire, act, "Add")


async def _listed(wire: Wire, act: Act, kind: str) -> Done:
    """Say it to who reads the group, and to the server of whom it concerns."""
    if act.comes and act.inner is not None:
        return Done(await proclaiming.act(wire, act.hosted, act.inner), act.inner.uri)
    by, group, person = wire.uris.moderation_actor, act.hosted.actor.uri, act.needed_person
    document = build.listing(
        wire.uris.activity(ids.new()), kind, by, person.uri, wire.uris.moderators(group), group
    )
    body = dumps(document)
    inner = Inner(document["id"], body, wire.config.host)
    own = Draft(Outgoing(inner.uri, by, kind, body), await proclaiming.before_threads(person))
    return Done([own, *await proclaiming.act(wire, act.hosted, inner)], inner.uri)
