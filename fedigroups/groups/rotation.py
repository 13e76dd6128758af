"""This module gives actors of ours new keys, and tells those who know the actor."""

from __future__ import annotations

from federation import clock, storage
from federation.errors import NotHere
from federation.keys import mint
from federation.models import Actor
from federation.wire import Wire
from fedigroups.accounts import looks
from fedigroups.groups import distribute
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.documents import group_document
from fedigroups.groups.models import Group
from outbox.publish import publish


async def actors(name: str = "") -> list[Actor]:
    """The living actor here of this name, or all of them. Raises `NotHere`."""
    living = Actor.filter(local=True, state="live").order_by("id")
    found = await (living.filter(username=name) if name else living)
    if not found:
        raise NotHere(f"nobody here is named {name!r}: name a group or a person of this instance")
    return found


async def rotate(wire: Wire, actor: Actor) -> None:
    """New keys for an actor, committed together with what tells those who know it.

    After `keys.SHOWN_MS` everything is signed with them, what is owed already included.
    """
    minted, now = await mint(), clock.now_ms()
    async with storage.transaction():
        await wire.keyring.renew(actor, minted)
        await Actor.filter(id=actor.id).update(updated_at=now)
        if actor.kind == "Person":
            await looks.keep(actor.id, looks.due())
        group = await Group.get_or_none(actor_id=actor.id, hosted=True)
        if group is not None:
            renewed = await Actor.get(id=actor.id)
            document = await group_document(group, renewed, wire.keyring, wire.uris)
            await publish(await distribute.profile(wire, Hosted(group, renewed), document))
