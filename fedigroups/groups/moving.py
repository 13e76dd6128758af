"""This module moves somebody who lives here to another account of theirs, or takes that back.

Both ends must say so: the new account names this one (`alsoKnownAs`), and this one from then on the
new one (`movedTo`). What somebody is in the groups passes on when the new account follows them.
"""

from __future__ import annotations

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import dumps
from fedigroups.accounts import letters, looks, mail
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception
from fedigroups.groups import acquainted, aliases, closing
from fedigroups.moderation import turning_away
from outbox import build
from outbox.publish import Draft, Outgoing, publish

REST_MS = limits.MOVE_DAYS * clock.DAY


async def move(reception: Reception, account: Account, said: str) -> Actor:
    """Move an account to the one of this handle or address, committed; all who know it are told.

    Raises `Malformed` for the owner of a group, for whoever moved within `limits.MOVE_DAYS`, and
    for an account that does not name this one or has itself moved; and what `aliases.named` raises.
    """
    wire, person = reception.wire, account.actor
    await closing.check_owns_nothing(person)
    _check_rested(account)
    new = await aliases.named(wire, said)
    await _check_names_back(person, new)
    uri, now = wire.uris.activity(ids.new()), clock.now_ms()
    body = dumps(build.move(uri, person.uri, new.uri, person.followers))
    told = tuple(await acquainted.places(person))
    async with storage.transaction():
        await storage.hold(f"move {account.id}")
        _check_rested(await Account.get(id=account.id))
        await closing.check_owns_nothing(person)
        await Account.filter(id=account.id).update(moved_at=now)
        await Actor.filter(id=person.id).update(moved_to=new.uri, updated_at=now)
        await turning_away.move_bans(wire, person, new)
        await publish([Draft(Outgoing(uri, person.uri, "Move", body, public=False), told)])
        await _write(reception, account, new.handle)
    reception.posted()
    return new


async def take_back(reception: Reception, account: Account, *, rested: bool = False) -> None:
    """Let an account live again, committed; whoever knows it is told.

    `rested` lets it move again at once. Raises `Malformed` for one that has not moved.
    """
    person = account.actor
    async with storage.transaction():
        back = Actor.filter(id=person.id).exclude(moved_to="")
        if not await back.update(moved_to="", updated_at=clock.now_ms()):
            raise Malformed(f"{person.handle} has not moved")
        if rested:
            await Account.filter(id=account.id).update(moved_at=0)
        await looks.keep(person.id, looks.due())
        await _write(reception, account, "")
    reception.posted()


async def target(person: Actor) -> Actor | None:
    """The account to which somebody moved; None for who lives here."""
    return await Actor.get_or_none(uri=person.moved_to) if person.moved_to else None


async def _check_names_back(person: Actor, new: Actor) -> None:
    claims = await aliases.claims(new)
    if new.uri == person.uri:
        raise Malformed("that is this account itself")
    if claims.moved_to:
        raise Malformed(
            "{who} has itself moved: name the account where you live now", who=new.handle
        )
    if person.uri not in claims.also_known_as:
        raise Malformed(
            "{who} does not say that {own} is yours: say so there first, in its settings for "
            "moving from another account",
            who=new.handle,
            own=person.handle,
        )


def _check_rested(account: Account) -> None:
    if account.moved_at and clock.now_ms() < account.moved_at + REST_MS:
        raise Malformed("an account moves once in {most} days", most=limits.MOVE_DAYS)


async def _write(reception: Reception, account: Account, to: str) -> None:
    name = account.actor.username
    letter = letters.moved(reception.name, name, to, reception.origin)
    await mail.post(reception.seal, account.email, letter)
