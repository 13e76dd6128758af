"""Settle: what becomes of an appeal, which stands against a decision or takes it back."""

from __future__ import annotations

from federation import clock
from federation.errors import Malformed
from federation.wire import Wire
from fedigroups.moderation.acts import Act
from fedigroups.moderation.effects.done import Done
from fedigroups.moderation.models import Appeal


async def uphold(_wire: Wire, act: Act) -> Done:
    """The decision stands."""
    await _settle(act, "upheld")
    return Done()


async def overturn(_wire: Wire, act: Act) -> Done:
    """The decision is wrong; the decision that takes it back is one of its own."""
    await _settle(act, "overturned")
    return Done()


async def _settle(act: Act, state: str) -> None:
    if act.about is None:
        raise RuntimeError("an appeal is against a decision")
    settled = await Appeal.filter(decision_id=act.about.id, state="open").update(
        state=state, decided_at=clock.now_ms()
    )
    if not settled:
        raise Malformed("nobody appeals against decision {number} any more", number=act.about.id)
