"""This module tells people, once a day, why what they write is not taken into a group."""

from __future__ import annotations

from federation import clock
from federation.documents import ObjectDoc
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import membership, policies
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Member
from fedigroups.moderation import answering
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.models import Decision

TOLD_EVERY = clock.DAY
"""Whoever writes on where they may not is not told each time: it would be a way to flood them."""


async def turn_away(
    wire: Wire, hosted: Hosted, author: Actor, why: str, document: ObjectDoc, inner: Inner
) -> None:
    """A decision by the group's own policy, unless they had one like it within a day."""
    if author.kind in answering.DEAF or await _told(hosted, author, "turn_away", "ban"):
        return
    act = Act(
        kind="turn_away",
        hosted=hosted,
        person=author,
        text=why,
        object_uri=document.id,
        inner=inner,
        language=document.language,
    )
    await decide(wire, act)


async def unsaid(wire: Wire, hosted: Hosted, author: Actor, why: str) -> None:
    """What somebody here wrote to be said later could not be said; they learn it afterwards."""
    await decide(wire, Act(kind="turn_away", hosted=hosted, person=author, text=why))


async def at_the_door(wire: Wire, hosted: Hosted, person: Actor) -> None:
    """Somebody may not join, by the group's own policy; the Reject of their Follow is made."""
    if await _told(hosted, person, "refuse_join", "ban"):
        return
    member = await membership.standing(hosted.group, person)
    why = policies.refusal_to_join(hosted.group, member)
    await decide(wire, Act(kind="refuse_join", hosted=hosted, person=person, text=why))


async def carry_over(wire: Wire, hosted: Hosted, person: Actor) -> None:
    """Somebody asks to join who may have moved: what the older account is here, passes to them.

    Whoever moved from an account that is banned is banned as well, and as long.
    """
    if await membership.carry_over(hosted.group, person):
        await _ban_along(wire, hosted, person)


async def move_bans(wire: Wire, old: Actor, new: Actor) -> None:
    """Somebody moved: where the older account is banned, the newer one is from now on, as long.

    Inside the transaction that notes the move: who waits for a wish to join waits too long, for
    one may write without being a member.
    """
    banned = Member.filter(actor_id=old.id, state="banned", group__hosted=True, group__state="open")
    for row in await banned.select_related("group__actor"):
        if await membership.can_be_banned(row.group, new):
            await _ban_along(wire, Hosted(row.group, row.group.actor), new)


async def _ban_along(wire: Wire, hosted: Hosted, person: Actor) -> None:
    older = Member.filter(group_id=hosted.group.id, actor__moved_to=person.uri, state="banned")
    now = clock.now_ms()
    ends = [row.banned_until for row in await older if not 0 < row.banned_until <= now]
    if not ends:
        return
    until = max(ends) if all(ends) else 0
    why = "the account that you moved from is banned from this group"
    await decide(wire, Act(kind="ban", hosted=hosted, person=person, text=why, until=until))


async def _told(hosted: Hosted, person: Actor, *kinds: str) -> bool:
    """Whether they had a decision of one of these kinds within a day."""
    return await Decision.exists(
        group_id=hosted.group.id,
        kind__in=kinds,
        person_id=person.id,
        created_at__gt=clock.now_ms() - TOLD_EVERY,
    )
