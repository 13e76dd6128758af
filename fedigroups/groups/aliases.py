"""This module knows which other accounts somebody says are theirs (`alsoKnownAs`)."""

from __future__ import annotations

from dataclasses import dataclass

from federation import clock, limits, storage
from federation.documents import read_actor
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import loads
from federation.wire import Wire
from fedigroups.accounts import looks

PEOPLE = frozenset({"Person", "Service"})
"""Who has other accounts: bots are Services, and somebody moves theirs too."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an account says of others: which are its own, and which one it is now."""

    also_known_as: tuple[str, ...]
    moved_to: str


async def claims(actor: Actor) -> Claims:
    """What an account here says, or what one elsewhere said when it was last fetched."""
    if actor.local:
        return Claims(tuple(await of(actor)), actor.moved_to)
    said = read_actor(loads(actor.document.encode()))
    return Claims(said.also_known_as, said.moved_to)


async def of(person: Actor) -> list[str]:
    """The ids of the other accounts of a person here."""
    found: str = (await looks.of(person.id))["aliases"]
    return found.split()


async def shown(person: Actor) -> list[tuple[str, str]]:
    """Their ids, each with its handle, or with the id again when we forgot the account."""
    uris = await of(person)
    handles = {actor.uri: actor.handle for actor in await Actor.filter(uri__in=uris)}
    return [(uri, handles.get(uri, uri)) for uri in uris]


async def named(wire: Wire, said: str) -> Actor:
    """The person's account of a handle or an address, as its server describes it now.

    Raises `Malformed` for what is none, and what `Directory.by_handle` and `refresh` raise.
    """
    said = said.strip()
    if not said.startswith(("https://", "http://")):
        said = (await wire.directory.by_handle(said.lstrip("@"))).uri
    actor = await wire.directory.refresh(said)
    if actor.kind not in PEOPLE or actor.state != "live":
        raise Malformed("{who} is not an account of a person", who=actor.handle)
    return actor


async def add(wire: Wire, person: Actor, said: str) -> Actor:
    """Say that another account is theirs too, committed; a second time changes nothing.

    Raises as `named` does, and `Malformed` for the account itself and for one too many.
    """
    other = await named(wire, said)
    if other.uri == person.uri:
        raise Malformed("that is this account itself")
    async with storage.transaction():
        await storage.hold(f"aliases {person.id}")
        uris = await of(person)
        if other.uri in uris:
            return other
        if len(uris) >= limits.PROFILE_ALIASES:
            raise Malformed("an account names at most {most} others", most=limits.PROFILE_ALIASES)
        await _keep(person, [*uris, other.uri])
    return other


async def remove(person: Actor, uri: str) -> None:
    """Say so no more, committed."""
    async with storage.transaction():
        await storage.hold(f"aliases {person.id}")
        await _keep(person, [one for one in await of(person) if one != uri])


async def _keep(person: Actor, uris: list[str]) -> None:
    await looks.keep(person.id, {"aliases": " ".join(uris), **looks.due()})
    await Actor.filter(id=person.id).update(updated_at=clock.now_ms())
