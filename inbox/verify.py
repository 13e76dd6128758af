"""This module decides whether a request was made by the actor that its activity names.

It writes nothing. The rule is FEP-fe34's: the owner of the key that verified is the `actor` of the
activity, exactly; a shared host proves nothing. A key whose host does not answer is no proof of
anything either, so the sender is told to come back (`Unreachable`, 503) and not to give up.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation import limits, signatures
from federation.documents import ActivityDoc
from federation.errors import BadSignature, FederationError, Gone, OverBudget
from federation.fetch import Budget
from federation.keys import PublicKey
from federation.origin import host_of, same_origin, without_fragment
from federation.pace import Memory
from federation.signatures import Claim, Nonces, SignedRequest
from federation.wire import Wire
from inbox.gate import check_host

CLAIMS = 4
"""How many signatures of one request are tried."""
FETCHES = 10
"""What one unproven request can make us ask for: a key and its owner, redirects included, twice."""


class Verifier:
    """Proves signers; remembers for a while which nonces were used, and whose origin was asked."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._nonces = Nonces()
        self._asked: Memory[bool] = Memory()

    async def is_moot(self, activity: ActivityDoc) -> bool:
        """Whether an actor whom we do not know, or no more, speaks of nobody but itself.

        Such a Delete or Update changes nothing here and is accepted unread: a server that deletes
        an account tells everybody, when the key is gone already.
        """
        if not _about_itself(activity, "Delete", "Update"):
            return False
        known = await self._wire.directory.known(activity.actor)
        return known is None or known.state == "gone"

    async def verify(self, request: SignedRequest, activity: ActivityDoc) -> None:
        """Nothing, when `request` was signed by the actor of `activity`.

        Refuses with `BadSignature` or `Malformed` when it was not, or it cannot be known; with
        `Blocked` when a key is on a host that the operator blocked; with `Unreachable` when the
        host of the key did not answer.
        """
        claims = signatures.read(request)[:CLAIMS]
        await self._check_hosts(claims, activity)
        try:
            await self._prove(request, claims, activity.actor)
        except BadSignature:
            if not (_about_itself(activity, "Delete") and await self._is_gone(activity.actor)):
                raise

    async def _check_hosts(self, claims: Sequence[Claim], activity: ActivityDoc) -> None:
        for claim in claims:
            if not same_origin(claim.key_id, activity.actor):
                await check_host(self._wire, host_of(claim.key_id))

    async def _prove(self, request: SignedRequest, claims: Sequence[Claim], actor: str) -> None:
        budget = Budget(FETCHES)
        refusal = BadSignature("the request carries no signature")
        for claim in claims:
            if not same_origin(claim.key_id, actor):
                refusal = _foreign(claim.key_id, actor)
                continue
            try:
                await self._check(request, claim, actor, budget)
            except BadSignature as error:
                refusal = error
            except OverBudget as error:
                refusal = BadSignature(f"the key {claim.key_id} cannot be had: {error}")
            else:
                self._nonces.spend(claim)
                return
        raise refusal

    async def _check(
        self, request: SignedRequest, claim: Claim, actor: str, budget: Budget
    ) -> None:
        directory = self._wire.directory
        key = await directory.key(claim.key_id, budget)
        try:
            claim.check(request, _owned(key, actor))
        except BadSignature:
            # It may have a new key; the directory asks once in `limits.KEY_REFETCH_SECONDS`.
            fresh = await directory.rekey(claim.key_id, budget)
            if fresh is None:
                raise
            claim.check(request, _owned(fresh, actor))

    async def _is_gone(self, actor: str) -> bool:
        """Whether the origin of a known actor says 410, asked once in a while (wire.md a.23)."""
        if self._asked.get(actor):
            return False
        self._asked.put(actor, True, limits.KEY_REFETCH_SECONDS)
        try:
            await self._wire.fetcher.get(actor, Budget(FETCHES))
        except FederationError as error:
            return isinstance(error, Gone) and error.status == 410
        return False


def _about_itself(activity: ActivityDoc, *kinds: str) -> bool:
    return activity.kind in kinds and without_fragment(activity.object_id) == activity.actor


def _owned(key: PublicKey, actor: str) -> PublicKey:
    if key.owner != actor:
        raise BadSignature(f"the key {key.uri} is {key.owner}'s, the activity is {actor}'s")
    return key


def _foreign(key_id: str, actor: str) -> BadSignature:
    return BadSignature(f"sign with a key of {actor}: {key_id} is on another host")
