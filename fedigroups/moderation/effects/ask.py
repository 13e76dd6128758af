"""Ask: a post that waited is shown once its author has changed it and it was looked at again."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.moderation import submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def ask(_wire: Wire, act: Act) -> Done:
    """It stays held until its author changes it."""
    took = await submissions.settle(act.needed, "asked")
    return Done(took_ms=took, came=await submissions.inner_of(act.needed))
