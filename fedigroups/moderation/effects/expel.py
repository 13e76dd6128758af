"""Expel: a member is put out and may ask to join again; or somebody who asked is turned down."""

from __future__ import annotations

from federation.errors import Malformed
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def expel(wire: Wire, act: Act) -> Done:
    """Their server is told by a Reject of their Follow."""
    group, person = act.hosted.group, act.needed_person
    return Done(await membership.remove(wire, group, person, act.text))


async def refuse_join(wire: Wire, act: Act) -> Done:
    """Their server is told by a Reject of their Follow.

    Where a rule of the group refused them at the door, that Reject is under way already.
    """
    group, person = act.hosted.group, act.needed_person
    member = await membership.standing(group, person)
    if member is not None and member.state == "asked":
        return Done(await membership.refuse(wire, group, person, act.text))
    if act.decider is not None:
        raise Malformed("{who} has not asked to join {group}", who=person.handle, group=group.name)
    return Done()
