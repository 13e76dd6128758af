"""This module decides which key is whose, and how often a stranger can make us ask.

A key is believed when it names its actor, that actor lists it, and both are on one origin
(FEP-fe34, reciprocal claims); one whose id is not below its actor's when its own address leads to
it, too, for hosts are shared. Nothing here runs inside a transaction: it may fetch.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from federation import limits, origin, register
from federation.actors import Actors
from federation.documents import KeyDoc
from federation.errors import (
    BadSignature,
    Blocked,
    FederationError,
    Malformed,
    Misconfigured,
    NotUsable,
    OverBudget,
    Unreachable,
)
from federation.fetch import Budget
from federation.flights import Flights
from federation.keys import PublicKey
from federation.models import Actor
from federation.pace import Buckets, Memory
from federation.uris import Uris

KNOWN_SECONDS = 60.0
"""How long a key is remembered without a look at its row: each request needs one."""
FAILURES_SECONDS = 300.0
UNREACHABLE_SECONDS = 60.0
"""How long an unknown key is not asked for again after its host did not answer."""

log = structlog.get_logger("fedigroups.federation")


@dataclass(slots=True)
class _Renewal:
    """How the last refetch of an actor for the sake of its keys ended."""

    changed: bool = False
    failed: Unreachable | None = None


class Keyholders:
    """The public keys of others; see `federation.directory`."""

    def __init__(self, actors: Actors, uris: Uris) -> None:
        self._actors = actors
        self._uris = uris
        self._strangers: Flights[PublicKey] = Flights()
        self._renewing: Flights[bool] = Flights()
        self._renewed: Memory[_Renewal] = Memory()
        self._refused: Memory[FederationError] = Memory()
        self._known: Memory[PublicKey] = Memory()
        self._rekeys = Buckets(limits.REKEYS_PER_HOST, FAILURES_SECONDS)
        self._failures = Buckets(limits.STRANGERS_PER_HOST, FAILURES_SECONDS)

    async def key(self, key_id: str, budget: Budget | None) -> PublicKey:
        """The key of that id: the stored one, or one that its document and its actor agree on."""
        uri = self._key_uri(key_id)
        await self._actors.admit(origin.host_of(uri))
        known = self._known.get(uri)
        if known is not None:
            return known
        stored = await register.key(uri)
        if stored is not None:
            self._known.put(uri, stored.load(), KNOWN_SECONDS)
            return stored.load()
        return await self._strangers.share(uri, lambda: self._stranger(uri, budget))

    async def known_key(self, key_id: str) -> PublicKey | None:
        """The stored key of that id, or None; asks nobody."""
        stored = await register.key(self._key_uri(key_id))
        return stored.load() if stored is not None else None

    async def rekey(self, key_id: str, budget: Budget | None) -> PublicKey | None:
        """The key of that id as it is now, after a signature did not verify with the stored one."""
        try:
            uri = self._key_uri(key_id)
        except BadSignature:
            return None
        await self._actors.admit(origin.host_of(uri))
        self._known.forget(uri)
        stored = await register.key(uri)
        if stored is None or not await self._renewal(stored.owner, uri, budget):
            return None
        fresh = await register.key(uri)
        return fresh.load() if fresh is not None else None

    def _key_uri(self, key_id: str) -> str:
        try:
            uri = origin.canonical(key_id)
        except Malformed as error:
            raise BadSignature(f"a keyId must be an http(s) URL: {error}") from error
        if self._uris.is_local(uri):
            raise BadSignature(f"{uri} is on this host: nobody signs requests to us with that")
        return uri

    # A key of which there is no row yet

    async def _stranger(self, uri: str, budget: Budget | None) -> PublicKey:
        """What led nowhere is not asked for again for a while."""
        self._refuse_again(uri)
        try:
            await self._learn(uri, budget)
            stored = await register.key(uri)
            if stored is None:
                raise NotUsable("no actor on its origin lists it as a key of its own")
            return stored.load()
        except (Blocked, Misconfigured, OverBudget):
            raise
        except Unreachable as error:
            self._note_failure(uri, error, UNREACHABLE_SECONDS)
            raise
        except FederationError as error:
            refusal = BadSignature(f"the key {uri} cannot be used: {error}")
            self._note_failure(uri, refusal, limits.KEY_REFETCH_SECONDS)
            raise refusal from error

    def _refuse_again(self, uri: str) -> None:
        before = self._refused.get(uri)
        if before is not None:
            raise type(before)(str(before))
        host = origin.host_of(uri)
        if wait := self._failures.wait(host):
            raise Unreachable(f"too many keys of {host} led nowhere of late", retry_after=wait)

    def _note_failure(self, uri: str, error: FederationError, seconds: float) -> None:
        self._refused.put(uri, error, seconds)
        self._failures.take(origin.host_of(uri))
        log.info("directory.key_refused", key=uri, reason=str(error))

    async def _learn(self, uri: str, budget: Budget | None) -> None:
        """Fetch the actor or the key that a key id leads to, and store what it proves."""
        document_uri = origin.without_fragment(uri)
        if await self._actors.known(document_uri) is not None:
            if await register.key(uri) is None:  # it may have been written a moment ago
                await self._renewal(document_uri, uri, budget)
            return
        await self._take(await self._actors.read(document_uri, budget), uri, budget)

    async def _take(self, found: Actor | KeyDoc, uri: str, budget: Budget | None) -> None:
        """Store the key to which its own address led, when its owner lists it."""
        if not isinstance(found, KeyDoc):
            if (told := register.told(found, uri)) is not None:
                await register.write_key(found, told)
            return
        if found.id != uri or not origin.same_origin(found.owner, uri):
            raise NotUsable(f"its document is that of {found.id}, owned by {found.owner}")
        owner = await self._actors.known(found.owner)
        if owner is None or not register.lists_apart(owner, uri):
            owner = await self._actors.refresh(found.owner, budget)
        if register.lists_apart(owner, uri):
            await register.write_key(owner, found)

    # A key that may have been rotated

    async def _renewal(self, owner: str, uri: str, budget: Budget | None) -> bool:
        """Whether the stored keys of `owner` are worth another look: it was fetched anew.

        At once that is one request for all who ask; then not again for KEY_REFETCH_SECONDS, in
        which it is still True when that request brought other keys (a signature may have been
        checked with the old one meanwhile).
        """
        return await self._renewing.share(owner, lambda: self._renew(owner, uri, budget))

    async def _renew(self, owner: str, uri: str, budget: Budget | None) -> bool:
        before = self._renewed.get(owner)
        if before is not None:
            return _judged(before)
        if budget is not None:
            budget.spend_rekey()
        host = origin.host_of(owner)
        if wait := self._rekeys.take(host):  # no verdict: strangers may have used that up
            raise Unreachable(f"too many keys of {host} were asked for anew", retry_after=wait)
        renewal = _Renewal()
        self._renewed.put(owner, renewal, limits.KEY_REFETCH_SECONDS)
        try:
            had = await register.materials(owner)
            await self._refetch(owner, uri, budget)
            renewal.changed = had != await register.materials(owner)
            return True
        except (Blocked, OverBudget):
            self._renewed.forget(owner)
            raise
        except Unreachable as error:
            renewal.failed = error
            raise
        except FederationError as error:
            log.info("directory.rekey_failed", actor=owner, reason=str(error))
            return False

    async def _refetch(self, owner: str, uri: str, budget: Budget | None) -> None:
        actor = await self._actors.refresh(owner, budget)
        if register.lists_apart(actor, uri):
            found = await self._actors.read(origin.without_fragment(uri), budget, anew=True)
            await self._take(found, uri, budget)


def _judged(before: _Renewal) -> bool:
    if before.failed is not None:
        raise Unreachable(str(before.failed), retry_after=before.failed.retry_after)
    return before.changed
