"""This module knows the way on when the secret is gone for good: what it sealed is begun anew."""

from __future__ import annotations

from dataclasses import dataclass

from federation import storage
from federation.errors import Misconfigured
from federation.models import Actor
from federation.wire import Wire
from fedigroups import vapid
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.groups import rotation
from fedigroups.models import Setting
from fedigroups.push.models import PushSubscription


@dataclass(frozen=True, slots=True)
class Dropped:
    """What nobody can open any more: letters that waited, devices, and whose authenticator app."""

    letters: int
    devices: int
    authenticators: list[str]


async def locked_out(wire: Wire) -> list[Actor]:
    """The living actors here whose keys the secret of now does not open; the instance's own last.

    It is by that one that an instance is found to have the wrong secret: what is cut off half-way
    is begun again.
    """
    living = Actor.filter(local=True, state="live").order_by("id")
    found = [actor for actor in await living if not await _opens(wire, actor)]
    return sorted(found, key=lambda actor: actor.uri == wire.uris.instance_actor)


async def _opens(wire: Wire, actor: Actor) -> bool:
    try:
        await wire.keyring.signer(actor.uri)
    except Misconfigured:
        return False
    return True


async def drop() -> Dropped:
    """Drop all but keys that the lost secret sealed, in one commit.

    Whoever has an authenticator app is still asked for a code, and has their recovery codes alone:
    a lost secret is no reason to let somebody in with less.
    """
    async with storage.transaction():
        await Setting.filter(key=vapid.NAME).delete()
        letters = await Mail.filter(about="").delete()
        devices = await PushSubscription.all().delete()
        having = Account.filter(second_factor__isnull=False).select_related("actor").order_by("id")
        names = [one.actor.username for one in await having if one.second_factor_at]
        await Account.filter(second_factor__isnull=False).update(second_factor=None)
    return Dropped(letters, devices, names)


async def renew(wire: Wire, actor: Actor) -> None:
    """New keys for an actor, under the secret of now."""
    await rotation.rotate(wire, actor)
