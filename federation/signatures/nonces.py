"""This module remembers the nonces of signatures, so that each is taken once (RFC 9421 7.2.2).

In memory and per process: a replay that slips through between two processes or over a restart is
still caught by the activity's id.
"""

from __future__ import annotations

from collections import OrderedDict

from federation import clock, limits
from federation.errors import BadSignature
from federation.signatures.negotiate import Claim

_KEPT_MS = 2 * limits.SKEW_SECONDS * clock.SECOND
"""A signature is fresh for the skew before and the skew after its time."""


class Nonces:
    """The nonces that verified signatures carried within the time in which they stay fresh."""

    def __init__(self) -> None:
        self._spent: OrderedDict[tuple[str, str], int] = OrderedDict()

    def spend(self, claim: Claim) -> None:
        """Return when a claim's nonce is new or absent; refuses (`BadSignature`) a second use.

        To be asked after `check`: else anybody could spend the nonces of others.
        """
        if not claim.nonce:
            return
        now = clock.now_ms()
        self._forget(now)
        name = (claim.key_id, claim.nonce)
        if name in self._spent:
            raise BadSignature("the nonce of this signature was used before: sign anew")
        self._spent[name] = now

    def _forget(self, now: int) -> None:
        while self._spent:
            oldest = next(iter(self._spent.values()))
            if now - oldest <= _KEPT_MS and len(self._spent) < limits.NONCES:
                return
            self._spent.popitem(last=False)
