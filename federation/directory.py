"""This module is where the other floors find actors, their keys, and who is behind a handle."""

from __future__ import annotations

from typing import Any

from federation import origin, webfinger
from federation.actors import Actors
from federation.config import FederationConfig
from federation.errors import Gone, NotUsable
from federation.fetch import Budget, Fetcher
from federation.keyholders import Keyholders
from federation.keys import PublicKey
from federation.models import Actor
from federation.peers import Peers
from federation.register import Clean
from federation.uris import Uris
from federation.watch import NOBODY, Watch
from federation.webfinger import Found


class Directory:
    """The actors that this instance knows, its own among them.

    Except for `known`, `known_key`, `adopt` and `bury` everything may fetch, so nothing but those
    is called inside a transaction. Whatever fetches raises `Blocked` before a blocked host is
    asked, and `OverBudget` when `budget` is spent.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        peers: Peers,
        config: FederationConfig,
        uris: Uris,
        clean: Clean,
        watch: Watch = NOBODY,
    ) -> None:
        self._fetcher = fetcher
        self._scheme = "http" if config.allow_http else "https"
        self._uris = uris
        self._actors = Actors(fetcher, peers, uris, clean, watch)
        self._keyholders = Keyholders(self._actors, uris)

    async def known(self, uri: str) -> Actor | None:
        """The row of an actor in whatever state, or None; asks nobody."""
        return await self._actors.known(uri)

    async def actor(self, uri: str, budget: Budget | None = None) -> Actor:
        """An actor, fetched when it is unknown or was last fetched a day ago.

        When a known one cannot be fetched its row stays as it is, and is good for five minutes
        more. Raises `Gone` for one that was buried, and for an unknown one what `refresh` raises.
        """
        return await self._actors.find(uri, budget)

    async def refresh(self, uri: str, budget: Budget | None = None) -> Actor:
        """An actor as its origin describes it now; those who ask at once share the request.

        Raises `Gone` (its origin says so, or it was buried: then nobody is asked), `Unreachable`,
        `NotUsable` (no actor, or one that would lose its inbox or its keys) and `Forbidden`; the
        row of a known actor then stays as it was.
        """
        return await self._actors.refresh(uri, budget)

    async def adopt(self, document: dict[str, Any]) -> Actor:
        """The row of an actor whose document the caller just fetched from its own origin.

        Never to be called with an embedded copy. Raises `Malformed` (no actor), `Forbidden` (one
        of ours), `Gone` (it was buried), `NotUsable` (it would lose its inbox or its keys).
        """
        return await self._actors.adopt(document)

    async def bury(self, uri: str) -> None:
        """Mark a remote actor as gone for good: only when its origin itself said so.

        Its keys stay, so that what it sent before still verifies. Raises `Forbidden` for ours.
        """
        await self._actors.bury(uri)

    async def by_handle(self, handle: str, budget: Budget | None = None) -> Actor:
        """The actor that a handle leads to and that names the handle back.

        Raises `Malformed` (no handle), `Gone` (nobody by that name), `NotUsable` (it goes by
        another handle), and what `actor` raises.
        """
        asked = webfinger.read_handle(handle)
        if asked.host == origin.host_of(self._uris.origin):
            return await self._own(asked.name.lower())
        found = await self._lookup(str(asked), budget)
        actor = await self.actor(found.actor_uri, budget)
        if not await self._names_back(actor, found, budget):
            raise NotUsable(f"{asked} leads to {actor.uri}, which goes by another handle")
        return actor

    async def key(self, key_id: str, budget: Budget | None = None) -> PublicKey:
        """The key of that id: the stored one, or one that its document and its actor agree on.

        Raises `BadSignature` (there is no such key, it is not usable, not owned, or one of ours)
        and `Unreachable` (its host does not answer: the sender should come back). What led nowhere
        is not asked for again for five minutes, or one minute when the host was unreachable.
        """
        return await self._keyholders.key(key_id, budget)

    async def known_key(self, key_id: str) -> PublicKey | None:
        """The stored key of that id, or None; asks nobody. `BadSignature` for one of ours."""
        return await self._keyholders.known_key(key_id)

    async def rekey(self, key_id: str, budget: Budget | None = None) -> PublicKey | None:
        """The key of that id as it is now, after a signature did not verify with the stored one.

        Its actor is fetched anew, once in `limits.KEY_REFETCH_SECONDS`. None when that brings no
        key, or happened a short time ago and brought no other one. Raises `Unreachable`, for the
        rest of that time too, when its host does not answer, and where `limits.REKEYS_PER_HOST` is
        used up.
        """
        return await self._keyholders.rekey(key_id, budget)

    async def _own(self, name: str) -> Actor:
        found = await Actor.get_or_none(local=True, username=name)
        if found is None or found.state == "gone":
            raise Gone(f"there is nobody named {name} here", status=404)
        return found

    async def _lookup(self, handle: str, budget: Budget | None) -> Found:
        return await webfinger.lookup(
            self._fetcher, handle, scheme=self._scheme, budget=budget, admit=self._actors.admit
        )

    async def _names_back(self, actor: Actor, found: Found, budget: Budget | None) -> bool:
        """Whether the actor's own host gives it the handle that led to it.

        Where the handle's domain is another one than the actor's, the actor's host is asked.
        """
        if actor.handle.lower() == found.handle.lower():
            return True
        if actor.local or not actor.username:
            return False
        back = await self._lookup(actor.handle, budget)
        return back.actor_uri == actor.uri and back.handle.lower() == found.handle.lower()
