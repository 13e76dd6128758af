"""This module knows which handler an activity of a kind goes to; the product registers them here.

A handler has two parts. `gather` may fetch, outside of any transaction; `apply` has effects, inside
the one transaction that also settles the receipt. Handlers never judge signatures: what reaches
them is proven to come from `Received.announcer`, where there is one, and else from
`Received.actor`. No hearsay reaches them: `attest` makes of it what its origin says, or nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from federation.documents import ActivityDoc
from federation.errors import NotUsable
from federation.fetch import Budget
from federation.models import Actor
from federation.wire import Wire


@dataclass(frozen=True, slots=True)
class Received:
    """An activity on its way to its handler."""

    activity: ActivityDoc
    actor: Actor
    """Who is said to act; proven when there is no announcer (and see `Registry.register`)."""
    announcer: Actor | None
    """The group that signed the Announce in which this activity was, when it was in one."""
    door: str
    """The URI of the local inbox through which it came."""
    body: bytes
    """The verified bytes; of a wrapped activity, its JSON as it stood in the Announce."""
    received_at: int
    """Milliseconds since 1970."""
    wire: Wire
    budget: Budget
    """What may still be fetched for the receipt as a whole."""
    facts: Any = None
    """What `gather` answered; None before, and for a handler without it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an activity, and why."""

    state: Literal["done", "ignored"]
    reason: str = ""
    awaits: str = ""
    """The URI of the object without which it cannot have its effect, when that has not come."""


def done(reason: str = "") -> Outcome:
    """It had its effect."""
    return Outcome("done", reason)


def ignored(reason: str, *, awaits: str = "") -> Outcome:
    """It had no effect, on purpose; `reason` tells the operator why.

    With `awaits` that may change: it comes again as soon as an object of that URI is stored, and
    is ignored for good when none is within `limits.AWAITED_SECONDS`.
    """
    return Outcome("ignored", reason, awaits)


@dataclass(frozen=True, slots=True)
class Hearsay:
    """An activity of which only its teller says that its actor did it."""

    activity: ActivityDoc
    teller: str
    wire: Wire
    budget: Budget


Gather = Callable[[Received], Awaitable[Any]]
Apply = Callable[[Received], Awaitable[Outcome]]
Attest = Callable[[Hearsay], Awaitable[ActivityDoc]]


async def believe_nobody(hearsay: Hearsay) -> ActivityDoc:
    """Refuse whatever is hearsay (`NotUsable`)."""
    raise NotUsable(f"nothing here can find out what {hearsay.activity.actor} did")


@dataclass(frozen=True, slots=True)
class Handler:
    """What to do with one kind of activity."""

    apply: Apply
    gather: Gather | None = None
    by_name: bool = False
    """Whether the name is all that it needs of somebody of whom a group reports."""


class Registry:
    """The handlers, one for each kind of activity, and what attests hearsay for all of them.

    `attest(hearsay)` answers the activity as its origin vouches for it. It may fetch; it raises
    Unreachable (it is tried again later) or any other FederationError (it is ignored).
    """

    def __init__(self, attest: Attest = believe_nobody) -> None:
        self.attest = attest
        self._handlers: dict[str, Handler] = {}

    def register(
        self, kind: str, apply: Apply, gather: Gather | None = None, *, by_name: bool = False
    ) -> None:
        """Send activities of `kind` to `apply`, with what `gather` found.

        `gather(received)` answers the facts that `apply` then reads as `received.facts`. It may
        raise Unreachable (the receipt is tried again later) or any other FederationError (the
        activity is ignored with that reason). `apply(received)` answers an `Outcome`; a
        FederationError from it undoes what it did and is an `ignored` with that reason.
        With `by_name`, nobody is looked up because a group reports of them: `received.actor` is
        then a row of ours only where we know them already.
        Refuses (`ValueError`) a second handler for a kind: one verb, one place.
        """
        if kind in self._handlers:
            raise ValueError(f"{kind} has a handler already")
        self._handlers[kind] = Handler(apply, gather, by_name)

    def handler(self, kind: str) -> Handler | None:
        """The handler of a kind, or None when nothing here cares for it."""
        return self._handlers.get(kind)

    def kinds(self) -> tuple[str, ...]:
        """The kinds that have a handler, sorted."""
        return tuple(sorted(self._handlers))
