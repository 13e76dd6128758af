"""This module lifts bans whose time is over; mutes end by themselves."""

from __future__ import annotations

from federation import clock
from federation.errors import Malformed
from federation.wire import Wire
from fedigroups.groups import lookup
from fedigroups.groups.models import Member
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide

BATCH = 100
OVER = "the time of the ban is over"


async def lift(wire: Wire) -> int:
    """Decide, as a rule of the group would, that they may come back; how many may."""
    due = Member.filter(
        state="banned",
        banned_until__gt=0,
        banned_until__lte=clock.now_ms(),
        group__hosted=True,
    )
    lifted = 0
    for member in await due.order_by("banned_until").limit(BATCH).select_related("actor"):
        hosted = await lookup.hosting(member.group_id)
        try:
            await decide(wire, Act(kind="unban", hosted=hosted, person=member.actor, text=OVER))
            lifted += 1
        except Malformed:
            continue  # another process was faster
    return lifted
