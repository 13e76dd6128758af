"""Mute: a member reads and reacts for a time, and writes nothing."""

from __future__ import annotations

from federation import clock
from federation.errors import Malformed
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def mute(_wire: Wire, act: Act) -> Done:
    """Until `act.until`, which must lie ahead."""
    if act.until <= clock.now_ms():
        raise Malformed("a mute ends at some time: say for how many days")
    await membership.mute(act.hosted.group, act.needed_person, act.until)
    return Done()


async def unmute(_wire: Wire, act: Act) -> Done:
    """They may write again at once."""
    await membership.mute(act.hosted.group, act.needed_person, 0)
    return Done()
