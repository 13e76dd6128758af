"""Turn away: what somebody wrote is not taken, because they may not write there."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def turn_away(_wire: Wire, act: Act) -> Done:
    """Nothing of it is kept; its author is told, as of any decision."""
    return Done(came=act.inner)
