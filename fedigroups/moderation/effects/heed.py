"""Heed and set aside: what becomes of a report; whoever sent it is told."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.moderation import filing
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done


async def heed(_wire: Wire, act: Act) -> Done:
    """Something was done about it; that is a decision of its own."""
    await _close(act, "heeded")
    return Done()


async def set_aside(_wire: Wire, act: Act) -> Done:
    """What was reported stays as it is."""
    await _close(act, "set_aside")
    return Done()


async def _close(act: Act, state: str) -> None:
    if act.report is None:
        raise RuntimeError("there is no answer to a report without the report")
    await filing.close(act.report, state, act.text)
