"""People here get an actor with keys; the instance makes its own two once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.util import find_spec, module_from_spec

import pytest
from argon2 import PasswordHasher

import neighbour
from federation.errors import Malformed, NotHere
from federation.models import Actor, Key
from federation.wire import Wire
from fedigroups.accounts import people
from fedigroups.accounts.models import Account
from fedigroups.store import Store
from network import Network

pytestmark = pytest.mark.anyio


@pytest.fixture
async def wire(database: Store) -> AsyncIterator[Wire]:
    made = await neighbour.instance(Network())
    yield made
    await made.close()


async def sign_up(wire: Wire, name: str = "olga", password: str = "") -> Account:
    return await people.sign_up(wire, name, email=f"{name}@mail.example", password=password)


async def test_a_person_has_inboxes_and_keys_and_a_page(wire: Wire) -> None:
    account = await sign_up(wire)
    actor = await Actor.get(id=account.actor_id)
    assert (actor.uri, actor.kind) == ("https://groups.example/users/olga", "Person")
    assert actor.page_url == "https://groups.example/@olga"
    assert actor.inbox == f"{actor.uri}/inbox"
    assert actor.shared_inbox == "https://groups.example/inbox"
    assert (actor.local, actor.host, actor.name) == (True, "groups.example", "olga")
    assert await Key.filter(actor_id=actor.id).count() == 2
    assert (str(account), account.admin) == (f"account {account.id}", False)


def test_a_hash_takes_the_work_that_rfc_9106_asks_for_and_so_does_a_name_unknown() -> None:
    spec = find_spec("fedigroups.accounts.passwords")
    assert spec is not None
    assert spec.loader is not None
    passwords = module_from_spec(spec)  # as it is outside of the tests, who hash with less
    spec.loader.exec_module(passwords)
    assert passwords._hasher.memory_cost == 65_536
    assert not PasswordHasher().check_needs_rehash(passwords._DUMMY)
    assert not passwords._hasher.check_needs_rehash(passwords._DUMMY)


async def test_a_password_is_kept_as_an_argon2id_hash(wire: Wire) -> None:
    account = await sign_up(wire, password="correct horse battery")
    assert account.password_hash.startswith("$argon2id$")
    assert PasswordHasher().verify(account.password_hash, "correct horse battery")
    assert (await sign_up(wire, "tom")).password_hash == ""


@pytest.mark.parametrize("password", ["short", "x" * 9, "x" * 1_001])
async def test_a_password_has_a_sensible_length_or_nobody_is_made(
    wire: Wire, password: str
) -> None:
    with pytest.raises(Malformed, match="10 to 1000"):
        await sign_up(wire, password=password)
    assert not await Actor.exists(username="olga")


@pytest.mark.parametrize("name", ["Olga", "admin", "ol-ga"])
async def test_a_bad_name_makes_nobody(wire: Wire, name: str) -> None:
    with pytest.raises(Malformed):
        await sign_up(wire, name)
    assert await Account.all().count() == 0


async def test_two_people_do_not_share_a_name(wire: Wire) -> None:
    await sign_up(wire)
    with pytest.raises(Malformed, match="taken"):
        await sign_up(wire)


async def test_a_person_is_found_by_name_and_strangers_are_not(wire: Wire) -> None:
    await sign_up(wire)
    assert (await people.person_named(wire, "olga")).username == "olga"
    for name in ("tom", "Olga", "vic@h.example"):
        with pytest.raises(NotHere, match="user list"):
            await people.person_named(wire, name)


async def test_the_instance_makes_its_own_actors_once(wire: Wire) -> None:
    for _ in range(2):
        await people.ensure_own_actors(wire)
    kinds = await Actor.filter(local=True).order_by("kind").values_list("kind", "uri")
    assert [tuple(row) for row in kinds] == [
        ("Application", "https://groups.example/actor"),
        ("Service", "https://groups.example/moderation"),
    ]
