"""Warn: somebody is told that what they do is against the rules, and nothing else happens."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def warn(_wire: Wire, _act: Act) -> Done:
    """They are told, as of any decision; moderators see how many warnings they had."""
    return Done()
