"""Making the actors that live here: people, groups, and the instance's own two."""

from __future__ import annotations

from dataclasses import dataclass

from federation import clock, ids, storage
from federation.errors import Malformed, NotHere
from federation.keys import Minted, mint
from federation.models import Actor
from federation.wire import Wire
from fedigroups.accounts import mailboxes, mailing, passwords
from fedigroups.accounts.models import Account
from fedigroups.accounts.names import check_free, check_name, claim


async def add_local_actor(
    wire: Wire,
    minted: Minted,
    uri: str,
    kind: str,
    username: str,
    *,
    display: str = "",
    state: str = "live",
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
        state=state,
        published_at=now,
        updated_at=now,
        fetched_at=now,
    )
    await actor.save(force_create=True)
    await wire.keyring.create(actor, minted)
    return actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody says who makes an account; without a password nobody can sign in yet."""

    name: str
    email: str = ""
    password: str = ""
    display: str = ""
    role: str = "member"
    reason: str = ""
    locale: str = ""


async def sign_up(
    wire: Wire, name: str, *, email: str, password: str, display: str = "", admin: bool = False
) -> Account:
    """A new person whom the operator lets in, committed. Raises `Malformed` as `add` does."""
    role = "admin" if admin else "member"
    wish = Wish(name=name, email=email, password=password, display=display, role=role)
    return await add(wire, wish, confirmed=True, approved=True)


async def add(wire: Wire, wish: Wish, *, confirmed: bool, approved: bool) -> Account:
    """A new person with an account, committed; nobody is told of one who must still wait.

    Raises `Malformed` for a bad or taken name, a bad address or password, and an address that
    somebody here has confirmed, if it is to be confirmed at once.
    """
    await check_free(check_name(wish.name), wire.uris)
    email = mailboxes.check(wish.email) if wish.email else ""
    hashed = ""
    if wish.password:
        passwords.check(wish.password, known=(wish.name, email))
        hashed = await passwords.hashed(wish.password)
    minted, now = await mint(), clock.now_ms()
    async with storage.transaction():
        await claim(wish.name, wire.uris)
        if confirmed:
            await claim_address(email)
        actor = await add_local_actor(
            wire,
            minted,
            wire.uris.person(wish.name),
            "Person",
            wish.name,
            display=wish.display,
            state="live" if confirmed and approved else "pending",
        )
        account = Account(
            id=ids.new(),
            actor_id=actor.id,
            email=email,
            email_key=mailboxes.key(email),
            password_hash=hashed,
            role=wish.role,
            reason=wish.reason,
            locale=wish.locale,
            confirmed_at=now if confirmed else 0,
            approved_at=now if approved else 0,
            created_at=now,
        )
        await account.save(force_create=True)
        await mailing.begin(account)
    return account


async def claim_address(email: str, account_id: int = 0) -> None:
    """Raise `Malformed` when another account here has confirmed the address.

    Inside the transaction that confirms it; of two who do so at once, the second waits.
    """
    if not email:
        return
    key = mailboxes.key(email)
    await storage.hold(f"address {key}")
    taken = Account.filter(email_key=key, confirmed_at__gt=0).exclude(id=account_id)
    if await taken.exists():
        raise Malformed("somebody here has the address {email}; use another one", email=email)


async def account_named(name: str) -> Account:
    """The account of a name here, with its actor. Raises `NotHere`."""
    account = await Account.get_or_none(actor__username=name, actor__local=True).select_related(
        "actor"
    )
    if account is None:
        raise NotHere(f"there is no account {name!r} here; `fedigroups user list` names them")
    return account


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
