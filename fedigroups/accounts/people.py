"""Making the actors that live here: people, groups, and the instance's own two."""

from __future__ import annotations

from argon2 import PasswordHasher

from federation import clock, ids, storage
from federation.errors import Malformed, NotHere
from federation.keys import Minted, mint
from federation.models import Actor
from federation.wire import Wire
from fedigroups.accounts.models import Account
from fedigroups.accounts.names import check_free, check_name, claiming

PASSWORD_CHARS = (10, 1_000)


async def add_local_actor(
    wire: Wire, minted: Minted, uri: str, kind: str, username: str, *, display: str = ""
) -> Actor:
    """A new actor here, with keys that were minted before the transaction: that takes a while."""
    uris, now = wire.uris, clock.now_ms()
    actor = Actor(
        id=ids.new(),
        uri=uri,
        kind=kind,
        local=True,
        host=wire.config.host,
        username=username,
        name=display or username,
        page_url=f"{wire.config.origin}/@{username}" if kind == "Person" else uri,
        inbox=uris.inbox(uri),
        shared_inbox=uris.shared_inbox,
        outbox=uris.outbox(uri),
        followers=uris.followers(uri),
        moderators=uris.moderators(uri) if kind == "Group" else "",
        published_at=now,
        updated_at=now,
        fetched_at=now,
    )
    await actor.save(force_create=True)
    await wire.keyring.create(actor, minted)
    return actor


async def sign_up(
    wire: Wire, name: str, *, email: str, password: str, display: str = "", admin: bool = False
) -> Account:
    """A new person with an account, committed. Raises `Malformed` for a bad name or password."""
    await check_free(check_name(name), wire.uris)
    hashed = hash_password(password) if password else ""
    minted, uri = await mint(), wire.uris.person(name)
    with claiming(name):
        async with storage.transaction():
            actor = await add_local_actor(wire, minted, uri, "Person", name, display=display)
            account = Account(
                id=ids.new(),
                actor_id=actor.id,
                email=email,
                password_hash=hashed,
                admin=admin,
                created_at=clock.now_ms(),
            )
            await account.save(force_create=True)
    return account


def hash_password(password: str) -> str:
    """The argon2id hash. Raises `Malformed` for a password that is too short or too long."""
    shortest, longest = PASSWORD_CHARS
    if not shortest <= len(password) <= longest:
        raise Malformed(f"a password has {shortest} to {longest} characters")
    return PasswordHasher().hash(password)


async def person_named(wire: Wire, name: str) -> Actor:
    """The person here of this name. Raises `NotHere`."""
    actor = await Actor.get_or_none(uri=wire.uris.person(name), local=True)
    if actor is None:
        raise NotHere(f"there is no person {name!r} here; `fedigroups user list` names them")
    return actor


async def ensure_own_actors(wire: Wire) -> None:
    """The instance's own two actors: one signs what it fetches, one signs moderation.

    Lemmy refuses moderation by a Group or an Application, so that one is a Service.
    """
    own = (
        (wire.uris.instance_actor, "Application", wire.config.host),
        (wire.uris.moderation_actor, "Service", "moderation"),
    )
    for uri, kind, username in own:
        if not await Actor.exists(uri=uri):
            minted = await mint()
            async with storage.transaction():
                await add_local_actor(wire, minted, uri, kind, username)
