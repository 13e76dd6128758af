"""This module decides whether an activity convinces by itself, whoever carried it here.

It does when its actor signed it: with an integrity proof (FEP-8b32) or with a Linked Data signature
(`RsaSignature2017`), by a key that is the actor's own and on its origin. Both are good for ever, so
of acts that can be taken back, such as a Follow, only fresh ones convince: else anybody who kept
one could repeat it after its undo. Posts are put in order by `updated` and by tombstones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from federation import clock, limits, linked_data, proofs
from federation.directory import Directory
from federation.documents import ActivityDoc, time_of
from federation.errors import BadSignature, Malformed, Unreachable
from federation.fetch import Budget
from federation.keys import PublicKey
from federation.linked_data import Signature
from federation.origin import same_origin

_LASTING = frozenset({"Create", "Delete"})


class Authorship:
    """Proves who made an activity.

    Graphs are checked one at a time, in a thread of its own: that takes milliseconds of pure
    Python, and pyld's caches are not made for several threads.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="linked-data")

    def close(self) -> None:
        """Check no more graphs; the one under way ends by itself within a second."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def is_claimed(self, activity: ActivityDoc) -> bool:
        """Whether it bears something that could prove it; asks nobody."""
        return bool(_proof(activity) or _signature(activity))

    async def is_proven(self, activity: ActivityDoc, budget: Budget | None = None) -> bool:
        """Whether its actor signed all of it that is read here.

        Raises `Unreachable` when the key's host does not answer, or when more graphs wait than are
        checked in `limits.LINKED_SECONDS`; `Blocked` and `OverBudget` as the directory does.
        """
        if key_id := _proof(activity):
            check = partial(proofs.verify, activity.document)
            if await self._verifies(activity.actor, key_id, check, budget):
                return True
        if signature := _signature(activity):
            return await self._is_signed(activity, signature, budget)
        return False

    async def _is_signed(
        self, activity: ActivityDoc, signature: Signature, budget: Budget | None
    ) -> bool:
        try:
            message = await self._covered(activity, signature)
        except Malformed:
            return False
        check = partial(linked_data.verify, message, signature)
        return await self._verifies(activity.actor, signature.creator, check, budget)

    async def _covered(self, activity: ActivityDoc, signature: Signature) -> bytes:
        work = partial(linked_data.covered, activity.document, signature)
        try:
            async with asyncio.timeout(limits.LINKED_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError as error:
            raise Unreachable("more signatures wait here than can be checked now") from error

    async def _verifies(
        self,
        actor: str,
        key_id: str,
        check: Callable[[PublicKey], bool],
        budget: Budget | None,
    ) -> bool:
        """Whether the key verifies and is the actor's: the stored one, or else as it is now."""
        try:
            key = await self._directory.key(key_id, budget)
        except BadSignature:
            return False
        if key.owner != actor or check(key):
            return key.owner == actor
        fresh = await self._directory.rekey(key_id, budget)
        return fresh is not None and fresh.owner == actor and check(fresh)


def _proof(activity: ActivityDoc) -> str:
    """The id of the key of a proof that could convince, or an empty string."""
    key_id = proofs.key_id(activity.document)
    convinces = same_origin(key_id, activity.actor) and _is_in_time(
        activity, proofs.created(activity.document)
    )
    return key_id if convinces else ""


def _signature(activity: ActivityDoc) -> Signature | None:
    """A Linked Data signature that could convince."""
    found = linked_data.signature_of(activity.document)
    if found is None or not same_origin(found.creator, activity.actor):
        return None
    return found if _is_in_time(activity, found.created) else None


def _is_in_time(activity: ActivityDoc, created: int | None) -> bool:
    if activity.kind in _LASTING or (activity.kind == "Update" and _is_ordered(activity)):
        return True
    skew = limits.SKEW_SECONDS * clock.SECOND
    return created is not None and abs(clock.now_ms() - created) <= skew


def _is_ordered(update: ActivityDoc) -> bool:
    """Whether it says when it was: an edit is taken only if it is newer than what we have."""
    updated = time_of(update.inner.get("updated")) if update.inner else None
    return updated is not None and clock.credible(updated, -1) == updated
