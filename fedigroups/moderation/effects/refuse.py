"""Refuse: a post that waited is not shown; its author may change it, and it waits again."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.moderation import submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def refuse(_wire: Wire, act: Act) -> Done:
    """It stays held, and waits no more."""
    took = await submissions.settle(act.needed, "refused")
    return Done(took_ms=took, came=await submissions.inner_of(act.needed))
