"""This module finds actors, in our rows or at their origin, and asks no more than it must.

Nothing here runs inside a transaction: it may fetch.
"""

from __future__ import annotations

from typing import Any

import structlog

from federation import clock, limits, origin, register
from federation.documents import KeyDoc
from federation.errors import (
    Blocked,
    Crowded,
    FederationError,
    Forbidden,
    Gone,
    Malformed,
    NotUsable,
    OverBudget,
)
from federation.fetch import Budget, Fetcher
from federation.flights import Flights
from federation.models import Actor
from federation.pace import MINUTE_SECONDS, Buckets, Memory
from federation.peers import Peers
from federation.register import Clean
from federation.uris import Uris
from federation.watch import NOBODY, Watch

STALE_SECONDS = 300.0
"""How long after a failed fetch the row of a known actor is used without another try."""

log = structlog.get_logger("fedigroups.federation")


class Actors:
    """The actors that this instance knows, its own among them; see `federation.directory`."""

    def __init__(
        self, fetcher: Fetcher, peers: Peers, uris: Uris, clean: Clean, watch: Watch = NOBODY
    ) -> None:
        self._fetcher = fetcher
        self._peers = peers
        self._uris = uris
        self._clean = clean
        self._watch = watch
        self._reads: Flights[Actor | KeyDoc] = Flights()
        self._stale: Memory[bool] = Memory()
        self._met: Memory[bool] = Memory()
        self._meetings = Buckets(limits.NEW_HOSTS_PER_MINUTE_OF_SITE, MINUTE_SECONDS)

    async def known(self, uri: str) -> Actor | None:
        """The row of an actor in whatever state, or None; asks nobody."""
        try:
            return await register.actor(origin.canonical(uri))
        except Malformed:
            return None

    async def find(self, uri: str, budget: Budget | None) -> Actor:
        """An actor, fetched when it is unknown or was last fetched a day ago."""
        uri = _canonical(uri)
        row = await self._admitted(uri)
        if row is None:
            return _actor(uri, await self.read(uri, budget))
        if row.local or _is_fresh(row) or self._stale.get(uri):
            return row
        try:
            return _actor(uri, await self.read(uri, budget))
        except OverBudget:
            return row
        except FederationError as error:
            self._stale.put(uri, True, STALE_SECONDS)
            log.info("directory.stale", actor=uri, reason=str(error))
            return row

    async def refresh(self, uri: str, budget: Budget | None) -> Actor:
        """An actor as its origin describes it now; those who ask at once share the request."""
        uri = _canonical(uri)
        row = await self._admitted(uri)
        if row is not None and row.local:
            return row
        return _actor(uri, await self.read(uri, budget, anew=True))

    async def read(self, uri: str, budget: Budget | None, *, anew: bool = False) -> Actor | KeyDoc:
        """What the origin serves at `uri`: an actor, which then has its row, or a key, not stored.

        The caller has asked `admit`. Whoever asks meanwhile shares the request. Without `anew` an
        actor whose row was written a moment ago is not fetched once more.
        """
        return await self._reads.share(uri, lambda: self._fetch(uri, budget, anew))

    async def adopt(self, document: dict[str, Any]) -> Actor:
        """The row of an actor whose document the caller just fetched from its own origin."""
        uri = document.get("id")
        if not isinstance(uri, str):
            raise Malformed("an actor must have an id")
        if self._uris.is_local(uri):
            raise Forbidden(f"{uri} is an actor of ours: no document changes it")
        await self.admit(origin.host_of(uri))
        return await register.write(document, self._clean, self._watch)

    async def bury(self, uri: str) -> None:
        """Mark a remote actor as gone for good."""
        uri = _canonical(uri)
        if self._uris.is_local(uri):
            raise Forbidden(f"{uri} is an actor of ours: nobody else buries it")
        await register.bury(uri, self._watch)

    async def admit(self, host: str) -> None:
        """Refuse (`Blocked`) a host that an operator here blocked, before it is asked anything."""
        if await self._peers.is_blocked(host):
            raise Blocked(f"{host} is blocked here")

    async def _admitted(self, uri: str) -> Actor | None:
        row = await register.actor(uri)
        if self._uris.is_local(uri):
            if row is None:
                raise Gone(f"there is no actor {uri} here", status=404)
            return row
        await self.admit(origin.host_of(uri))
        if row is not None and row.state == "gone":
            raise Gone(f"{uri} is gone")
        return row

    async def _meet(self, host: str) -> None:
        """Refuse (`Crowded`: later) to meet new hosts of one site faster than honest sites need.

        Whoever owns a domain can name any number of hosts below it, and each would be asked.
        """
        if self._met.get(host):
            return
        if not await register.knows(host):
            wait = self._meetings.take(origin.site_of(host))
            if wait:
                raise Crowded(f"too many new hosts like {host} came at once", retry_after=wait)
        self._met.put(host, True, STALE_SECONDS)

    async def _fetch(self, uri: str, budget: Budget | None, anew: bool) -> Actor | KeyDoc:
        row = None if anew else await register.actor(uri)
        if row is not None and row.state != "gone" and _is_fresh(row):
            return row
        await self._meet(origin.host_of(uri))
        document = (await self._fetcher.get(uri, budget)).document
        key = register.read_key(document)
        if key is not None:
            return key
        try:
            return await register.write(document, self._clean, self._watch)
        except Malformed as error:
            raise NotUsable(f"{uri} is neither an actor nor a key: {error}") from error


def _canonical(uri: str) -> str:
    try:
        return origin.canonical(uri)
    except Malformed as error:
        raise NotUsable(f"not the URI of an actor: {error}") from error


def _actor(uri: str, found: Actor | KeyDoc) -> Actor:
    if isinstance(found, KeyDoc):
        raise NotUsable(f"{uri} is a key, not an actor")
    return found


def _is_fresh(row: Actor) -> bool:
    age: int = clock.now_ms() - row.fetched_at
    return age < limits.ACTOR_FRESH_SECONDS * clock.SECOND
