"""This module makes a receipt ready: opens it, finds who acts, gathers what its handlers ask for.

Hearsay is first replaced by what its origin says; from there on it is an activity like others.

All of it may fetch, within one budget and one deadline, so none of it is inside a transaction. What
cannot be made ready says why, step by step, and leaves the other steps of a batch alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import structlog

from federation import limits, strict_json
from federation.documents import ActivityDoc, read_activity
from federation.errors import Blocked, FederationError, Gone, Unreachable
from federation.fetch import Budget
from federation.models import Actor
from federation.origin import host_of, without_fragment
from federation.wire import Wire
from inbox.gate import check_host
from inbox.registry import Handler, Hearsay, Outcome, Received, Registry, ignored
from inbox.unwrap import Step, Unwrapped, unwrap

log = structlog.get_logger("fedigroups.inbox")


@dataclass(frozen=True, slots=True)
class Due:
    """A receipt whose time has come."""

    id: int
    activity_uri: str
    actor_uri: str
    kind: str
    host: str
    teller: str
    door: str
    body: bytes
    attempts: int
    received_at: int
    synchronization: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """A step that has all it needs."""

    handler: Handler
    received: Received


@dataclass(frozen=True, slots=True)
class Later:
    """A step that waits for another host; `seconds` is that host's own wish, 0 for none."""

    reason: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A step at which this program failed."""

    reason: str


Prepared = Ready | Outcome | Later | Fault


async def prepare(due: Due, wire: Wire, registry: Registry) -> list[Prepared]:
    """What became of each step of a receipt, ready ones included, in their order; never empty."""
    return await _Preparation(due, wire, registry).steps()


def fault(due: Due, error: Exception) -> Fault:
    """The fault, with its traceback in the log: the dead letter itself keeps one line."""
    log.error("inbox.fault", activity=due.activity_uri, peer=due.host, exc_info=error)
    return Fault(f"{type(error).__name__}: {error}")


class _Preparation:
    def __init__(self, due: Due, wire: Wire, registry: Registry) -> None:
        self._due = due
        self._wire = wire
        self._registry = registry
        self._budget = Budget(limits.FETCHES_PER_HEARSAY) if due.teller else Budget()
        self._until = asyncio.get_running_loop().time() + limits.PREPARE_SECONDS
        self._admitted: set[str] = set()

    async def steps(self) -> list[Prepared]:
        try:
            async with asyncio.timeout_at(self._until):
                actor, found = await self._open()
        except Exception as error:
            return [self._judged(error)]
        dropped = [ignored(reason) for reason in found.dropped]
        steps = [await self._step(step, actor) for step in found.steps]
        return steps + dropped or [ignored("there is nothing in it")]

    async def _open(self) -> tuple[Actor, Unwrapped]:
        activity, body = read_activity(strict_json.loads(self._due.body)), self._due.body
        if self._due.teller:
            hearsay = Hearsay(activity, self._due.teller, self._wire, self._budget)
            activity = await self._registry.attest(hearsay)
            body = strict_json.dumps(activity.document)
        actor = await self._actor(activity)
        return actor, await unwrap(activity, body, actor, self._wire)

    async def _step(self, step: Step, actor: Actor) -> Prepared:
        handler = self._registry.handler(step.activity.kind)
        if handler is None:
            return ignored(f"{step.activity.kind} means nothing here")
        try:
            async with asyncio.timeout_at(self._until):
                received = await self._received(step, actor, handler)
                if handler.gather is not None:
                    received = replace(received, facts=await handler.gather(received))
        except Exception as error:
            return self._judged(error)
        return Ready(handler, received)

    async def _received(self, step: Step, actor: Actor, handler: Handler) -> Received:
        return Received(
            activity=step.activity,
            actor=await self._reported(step.activity, handler) if step.wrapped else actor,
            announcer=actor if step.wrapped else None,
            door=self._due.door,
            body=step.body,
            received_at=self._due.received_at,
            wire=self._wire,
            budget=self._budget,
        )

    async def _reported(self, activity: ActivityDoc, handler: Handler) -> Actor:
        """Of whom a group reports: as `_actor`, but nobody is asked for the sake of a name."""
        if not handler.by_name:
            return await self._actor(activity)
        await self._admit(activity)
        known = await self._wire.directory.known(activity.actor)
        return _acting(known or Actor(uri=activity.actor, host=host_of(activity.actor)))

    async def _actor(self, activity: ActivityDoc) -> Actor:
        """Who acts: raises what the directory raises, `Blocked` for a host that nobody wants."""
        await self._admit(activity)
        if activity.kind == "Delete" and without_fragment(activity.object_id) == activity.actor:
            actor = await self._departed(activity.actor)
        else:
            actor = await self._wire.directory.actor(activity.actor, self._budget)
        return _acting(actor)

    async def _admit(self, activity: ActivityDoc) -> None:
        host = host_of(activity.actor)
        if host not in self._admitted:
            await check_host(self._wire, host)
            self._admitted.add(host)

    async def _departed(self, uri: str) -> Actor:
        """Our row of an actor that deletes itself: its origin has nothing more to say of it."""
        actor = await self._wire.directory.known(uri)
        if actor is None:
            raise Gone(f"{uri} was never known here")
        return actor

    def _judged(self, error: Exception) -> Prepared:
        if isinstance(error, Unreachable):
            return Later(str(error), error.retry_after or 0.0)
        if isinstance(error, FederationError):
            return ignored(str(error))
        if isinstance(error, TimeoutError):
            return Later(f"not all could be fetched within {limits.PREPARE_SECONDS:.0f} s")
        return fault(self._due, error)


def _acting(actor: Actor) -> Actor:
    """The actor, unless it may not act here (`Blocked`)."""
    if actor.state == "suspended":
        raise Blocked(f"{actor.uri} is suspended here")
    return actor
