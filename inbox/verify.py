"""This module decides whether a request was made by the actor that its activity names, or for it.

It writes nothing. Whoever sends must have signed the request; the owner of the key that verified is
its sender (FEP-fe34). When that is the `actor` of the activity, exactly, all is said: a shared host
proves nothing. Microblogs also forward what others sent them (ActivityPub 7.1.2): then the actor
must have signed the activity itself, and it counts as if the actor had sent it. What is not signed
is hearsay. Whether somebody made, changed or deleted an object can be asked at the object's origin,
so hearsay of that is let in to be asked there; nobody's word is taken for anything else.

A key whose host does not answer is no proof of anything, so the sender is told to come back
(`Unreachable`, 503) and not to give up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from federation import limits, signatures
from federation.documents import ActivityDoc
from federation.errors import (
    BadSignature,
    Blocked,
    FederationError,
    Gone,
    OutOfTime,
    OverBudget,
    Unreachable,
)
from federation.fetch import Budget
from federation.origin import host_of, same_origin, without_fragment
from federation.pace import HOUR_SECONDS, Allowance, Memory
from federation.provenance import prove
from federation.signatures import Claim, Nonces, SignedRequest
from federation.wire import Wire
from inbox.clockwatch import Clockwatch
from inbox.gate import check_host
from inbox.pressure import Pressure

HEARSAY = frozenset({"Create", "Update", "Delete"})
"""What can be asked at its origin when somebody says that it happened."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who made a request, and whether the activity in it is proven to be its actor's.

    `covered` are the headers that the sender's signature covers, in lower case.
    """

    uri: str
    proven: bool
    covered: tuple[str, ...] = field(default=(), compare=False)


class Verifier:
    """Proves senders; remembers for a while which nonces were used, and whose origin was asked."""

    def __init__(self, wire: Wire, pressure: Pressure) -> None:
        self._wire = wire
        self._pressure = pressure
        self._nonces = Nonces()
        self._clocks = Clockwatch()
        self._asked: Memory[bool] = Memory()
        self._vain = Allowance(limits.VAIN_CLAIMS_PER_HOST, HOUR_SECONDS)

    async def is_moot(self, activity: ActivityDoc) -> bool:
        """Whether an actor whom we do not know, or no more, speaks of nobody but itself.

        Such a Delete or Update changes nothing here and is accepted unread: a server that deletes
        an account tells everybody, and its key is gone by then.
        """
        if not _about_itself(activity, "Delete", "Update"):
            return False
        known = await self._wire.directory.known(activity.actor)
        return known is None or known.state == "gone"

    async def verify(self, request: SignedRequest, activity: ActivityDoc) -> Sender:
        """Who sent the request, when that may be: the activity's actor, or one who forwards it.

        Refuses with `BadSignature` or `Malformed` when it may not, or it cannot be known; with
        `Blocked` when a key is on a host that the operator blocked; with `Slowed` when that host
        has used up its share; with `Unreachable` when the host of a key did not answer, and when
        it is out of time by our own clock's fault.
        """
        try:
            claims = signatures.read(request)[: limits.SIGNATURES]
        except OutOfTime as error:
            await self._weigh(request, error.off)
            raise
        await self._check_hosts(claims, activity)
        budget = Budget(limits.FETCHES_PER_PROOF)
        try:
            sender = await self._sender(request, claims, activity, budget)
            return await self._judged(sender, activity, budget)
        except BadSignature:
            if _is_bare_farewell(activity) and await self._is_gone(activity.actor):
                return Sender(activity.actor, proven=True)
            raise

    async def _weigh(self, request: SignedRequest, off: int) -> None:
        """Raise `Unreachable` when the clock that is wrong seems to be ours."""
        for claim in signatures.read(replace(request, timed=False))[: limits.SIGNATURES]:
            key = await self._wire.directory.known_key(claim.key_id)
            if key is not None:
                claim.check(request, key)
                self._clocks.note(host_of(key.owner), off)
        if wrong := self._clocks.off():
            self._clocks.alarm(wrong)
            raise Unreachable(f"this server's clock seems to be wrong by {abs(wrong)} s")

    async def _check_hosts(self, claims: Sequence[Claim], activity: ActivityDoc) -> None:
        for claim in claims:
            self._pressure.check_host(host_of(claim.key_id))
            if not same_origin(claim.key_id, activity.actor):
                await check_host(self._wire, host_of(claim.key_id))

    async def _sender(
        self,
        request: SignedRequest,
        claims: Sequence[Claim],
        activity: ActivityDoc,
        budget: Budget,
    ) -> Sender:
        """Whose key verifies, the actor's before others; none is fetched that cannot help."""
        may_be_foreign = _is_hearsay(activity) or self._wire.authorship.is_claimed(activity)
        refusal = BadSignature("the request carries no signature")
        other: Sender | None = None
        for claim in claims:
            if not may_be_foreign and not same_origin(claim.key_id, activity.actor):
                refusal = _foreign(claim.key_id, activity.actor)
                continue
            try:
                owner = await prove(self._wire, request, claim, budget)
            except BadSignature as error:
                refusal = error
            except OverBudget as error:
                refusal = BadSignature(f"the key {claim.key_id} cannot be had: {error}")
            else:
                self._nonces.spend(claim)
                self._clocks.note(host_of(owner), 0)
                if owner == activity.actor:
                    return Sender(owner, True, claim.covered)
                other = other or Sender(owner, False, claim.covered)
        if other is None:
            raise refusal
        return other

    async def _judged(self, sender: Sender, activity: ActivityDoc, budget: Budget) -> Sender:
        if sender.proven:
            return sender
        known = await self._wire.directory.known(sender.uri)
        if known is not None and known.state == "suspended":
            raise Blocked(f"{sender.uri} is suspended here")
        if await self._convinces(sender.uri, activity, budget):
            return replace(sender, proven=True)
        if _is_hearsay(activity):
            return sender
        raise BadSignature(
            f"{sender.uri} sent what {activity.actor} did: that takes a signature or proof"
            f" of {activity.actor} in the activity itself"
        )

    async def _convinces(self, sender: str, activity: ActivityDoc, budget: Budget) -> bool:
        authorship, host = self._wire.authorship, host_of(sender)
        if not authorship.is_claimed(activity) or self._vain.is_spent(host):
            return False
        try:
            if await authorship.is_proven(activity, budget):
                return True
        except OverBudget:
            pass
        self._vain.take(host)
        return False

    async def _is_gone(self, actor: str) -> bool:
        """Whether the origin of a known actor says 410, asked once in a while."""
        if self._asked.get(actor):
            return False
        self._asked.put(actor, True, limits.KEY_REFETCH_SECONDS)
        try:
            await self._wire.fetcher.get(actor, Budget(limits.FETCHES_PER_PROOF))
        except FederationError as error:
            return isinstance(error, Gone) and error.status == 410
        return False


def _about_itself(activity: ActivityDoc, *kinds: str) -> bool:
    return activity.kind in kinds and without_fragment(activity.object_id) == activity.actor


def _is_bare_farewell(activity: ActivityDoc) -> bool:
    """Whether it says that its actor is gone, and nothing else, which an origin could not confirm.

    With `removeData`, what an actor wrote goes with it: at nobody's wish but its own.
    """
    is_farewell = activity.kind == "Delete" and activity.object_id == activity.actor
    return is_farewell and "removeData" not in activity.document


def _is_hearsay(activity: ActivityDoc) -> bool:
    """Whether its object's origin is its actor's, and can be asked about it."""
    return (
        activity.kind in HEARSAY
        and same_origin(activity.object_id, activity.actor)
        and not _about_itself(activity, *HEARSAY)
    )


def _foreign(key_id: str, actor: str) -> BadSignature:
    return BadSignature(f"sign with a key of {actor}: {key_id} is on another host")
