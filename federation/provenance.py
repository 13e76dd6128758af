"""This module decides by whose key a request was signed: the stored key, or the one it has now."""

from __future__ import annotations

from federation import limits, origin, signatures
from federation.errors import BadSignature, OverBudget
from federation.fetch import Budget
from federation.signatures import Claim, SignedRequest
from federation.wire import Wire


async def prove(wire: Wire, request: SignedRequest, claim: Claim, budget: Budget) -> str:
    """The owner of the key that confirms the claim.

    Refuses with `BadSignature`; raises `Blocked`, `OverBudget` and `Unreachable` of the key's host.
    """
    key = await wire.directory.key(claim.key_id, budget)
    try:
        claim.check(request, key)
    except BadSignature:
        # It may have a new key; the directory asks once in `limits.KEY_REFETCH_SECONDS`.
        fresh = await wire.directory.rekey(claim.key_id, budget)
        if fresh is None:
            raise
        claim.check(request, fresh)
        return fresh.owner
    return key.owner


async def visitor(wire: Wire, request: SignedRequest) -> str:
    """The host that signed a GET, by any of its actors.

    Refuses with `BadSignature` or `Malformed` a request that is not signed, or not rightly; with
    `Blocked` a host that the operator blocked; with `Unreachable` when its key cannot be had now.
    """
    budget = Budget(limits.FETCHES_PER_PROOF)
    refusal = BadSignature("the request is not signed")
    for claim in signatures.read(request)[: limits.SIGNATURES]:
        try:
            return origin.host_of(await prove(wire, request, claim, budget))
        except BadSignature as error:
            refusal = error
        except OverBudget as error:
            refusal = BadSignature(f"the key {claim.key_id} cannot be had: {error}")
    raise refusal
