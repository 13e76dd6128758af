"""This module decides of which steps a received activity consists.

A group of the thread family tells its followers what happened by an Announce of the activity itself
(FEP-1b12), PieFed of many at once. Each of them is a step with the group as its announcer; anything
else is one step, itself. What an inner activity says is proven by nothing but the group's word:
that is for its handler to weigh, who sees the announcer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from federation import limits, strict_json
from federation.documents import ActivityDoc, kind_of, many, read_activity
from federation.errors import Malformed
from federation.models import Actor
from federation.origin import host_of
from federation.vocabulary import ACTIVITY_TYPES
from federation.wire import Wire

log = structlog.get_logger("fedigroups.inbox")

_COLLECTIONS = ("OrderedCollection", "Collection")


@dataclass(frozen=True, slots=True)
class Step:
    """One activity with one handler; `wrapped` when it came inside the Announce of a group."""

    activity: ActivityDoc
    body: bytes
    wrapped: bool = False


@dataclass(slots=True)
class Unwrapped:
    """The steps in their order, and why the rest of what `announcer` announced is none."""

    announcer: Actor
    steps: list[Step] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def first(self, items: Sequence[Any]) -> Sequence[Any]:
        """As many of the items as one Announce may have; the rest is dropped."""
        if len(items) > limits.BATCH:
            self.drop(f"{len(items) - limits.BATCH} activities over {limits.BATCH} at once")
        return items[: limits.BATCH]

    def add(self, step: Step) -> None:
        """Take one more step, or drop it when there are enough."""
        if len(self.steps) < limits.BATCH:
            self.steps.append(step)
        else:
            self.drop(f"{step.activity.id} is over {limits.BATCH} at once")

    def drop(self, reason: str) -> None:
        """Leave one out, and say why in the log."""
        log.info("inbox.inner_dropped", reason=reason, announcer=self.announcer.uri)
        self.dropped.append(reason)


async def unwrap(activity: ActivityDoc, body: bytes, actor: Actor, wire: Wire) -> Unwrapped:
    """The steps of a verified activity of `actor`.

    Only an Announce by a Group is ever opened; an Announce inside of it once more, when its own
    actor is known here to be a Group, and no deeper. Dropped are inner activities that cannot be
    read, that name an actor of ours (who acts here, and is not reported from elsewhere), and those
    after the first `limits.BATCH`.
    """
    found = Unwrapped(actor)
    inner = _inner(activity, actor.kind)
    if not inner:
        found.steps.append(Step(activity, body))
    for document in found.first(inner):
        step = _read(document, found, wire)
        if step is None:
            continue
        if deeper := await _deeper(step.activity, wire):
            _add_last(deeper, found, wire)
        else:
            found.add(step)
    return found


def _add_last(items: Sequence[Any], found: Unwrapped, wire: Wire) -> None:
    for document in found.first(items):
        step = _read(document, found, wire)
        if step is None:
            continue
        if step.activity.kind == "Announce":
            found.drop(f"{step.activity.id} is announced too many times over")
        else:
            found.add(step)


async def _deeper(activity: ActivityDoc, wire: Wire) -> list[Any]:
    if activity.kind != "Announce":
        return []
    actor = await wire.directory.known(activity.actor)
    return _inner(activity, actor.kind if actor is not None else "")


def _inner(activity: ActivityDoc, actor_kind: str) -> list[Any]:
    """What is in an Announce of activities; empty when it is not one, or not by a Group."""
    if activity.kind != "Announce" or actor_kind != "Group":
        return []
    items = many(activity.object)
    if activity.object_kind in _COLLECTIONS and activity.inner is not None:
        items = many(activity.inner.get("orderedItems") or activity.inner.get("items"))
    return items if any(_is_activity(item) for item in items) else []


def _is_activity(item: Any) -> bool:
    """By its type; or, of a type that we do not know, by having an actor and an object.

    Both, because Lemmy gives a Page that it announces an `actor`.
    """
    if not isinstance(item, dict):
        return False
    return kind_of(item) in ACTIVITY_TYPES or ("actor" in item and "object" in item)


def _read(document: Any, found: Unwrapped, wire: Wire) -> Step | None:
    if not _is_activity(document):
        found.drop("something in a batch is no activity")
        return None
    try:
        activity = read_activity(document)
    except Malformed as error:
        found.drop(f"an inner activity cannot be read: {error}")
        return None
    if host_of(activity.actor) == wire.config.host:
        found.drop(f"{activity.id} claims to be an act of {activity.actor}, who is here")
        return None
    return Step(activity, strict_json.dumps(document), wrapped=True)
