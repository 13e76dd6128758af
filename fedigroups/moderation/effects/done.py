"""What an effect did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from federation.wire import Wire
from fedigroups.groups.distribute import Inner
from fedigroups.moderation.acts import Act
from outbox.publish import Draft


@dataclass(frozen=True, slots=True)
class Done:
    """What must be sent, the activity that carried it out, and how long the post had waited."""

    drafts: list[Draft] = field(default_factory=list)
    activity_uri: str = ""
    took_ms: int = 0
    came: Inner | None = None
    """Of a post that waited, the activity in which it came: its author's server is answered."""


Effect = Callable[[Wire, Act], Awaitable[Done]]
"""Raises `Malformed` when it cannot be done any more."""
