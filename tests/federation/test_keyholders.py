"""Which key is whose, and how often a stranger can make us ask."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from neighbour import Neighbour, ed25519, instance, pem, rsa, rsa_key
from network import Network

from federation import clock, keyholders, keys, limits
from federation.errors import BadSignature, OverBudget, Unreachable
from federation.fetch import Budget
from federation.keys import PublicKey
from federation.models import Actor, Key
from federation.wire import Wire

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

NOW = 1_790_000_000_000
VIC = "https://h.example/users/vic"
KEY = f"{VIC}#main-key"
COOL = limits.KEY_REFETCH_SECONDS * clock.SECOND


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def ours(network: Network, database: object) -> Wire:
    return await instance(network)


@pytest.fixture
def h(network: Network) -> Neighbour:
    return Neighbour.on(network, "h.example")


@pytest.fixture
def evil(network: Network) -> Neighbour:
    return Neighbour.on(network, "evil.example")


def is_of(key: PublicKey | None, name: str) -> bool:
    """Whether it is the RSA key of that name."""
    return key is not None and key.key == rsa(name).public_key()


def key_document(uri: str, owner: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://w3id.org/security/v1",
        "id": uri,
        "type": "CryptographicKey",
        "owner": owner,
        "publicKeyPem": pem(rsa(name)),
    } | more


def multikey(uri: str, owner: str, name: str) -> dict[str, Any]:
    return {
        "@context": "https://w3id.org/security/multikey/v1",
        "id": uri,
        "type": "Multikey",
        "controller": owner,
        "publicKeyMultibase": keys.public_text(ed25519(name).public_key()),
    }


# Where keys are found


@pytest.mark.parametrize("fragment", ["#main-key", "#key", "/main-key", "/publickey"])
async def test_a_key_in_its_actors_document_is_found_and_kept(
    network: Network, ours: Wire, h: Neighbour, fragment: str
) -> None:
    h.serve_person("vic", publicKey=rsa_key(VIC, rsa("vic"), fragment))
    if fragment.startswith("/"):
        h.pages[f"/users/vic{fragment}"] = h.pages["/users/vic"]

    first = await ours.directory.key(VIC + fragment)
    asked = len(network.log)
    again = await ours.directory.key(VIC + fragment)

    assert is_of(first, "vic")
    assert first is again
    assert (first.uri, first.owner) == (VIC + fragment, VIC)
    assert len(network.log) == asked


async def test_the_stub_of_an_actor_leads_to_the_actor(ours: Wire, h: Neighbour) -> None:
    """GoToSocial serves at `/main-key` the actor's id and its key, and nothing else."""
    public = rsa_key(VIC, rsa("vic"), "/main-key")
    h.serve_person("vic", publicKey=public)
    stub = {"id": VIC, "type": "Person", "preferredUsername": "vic", "publicKey": public}
    h.serve("/users/vic/main-key", stub)

    assert is_of(await ours.directory.key(f"{VIC}/main-key"), "vic")

    assert (await Actor.get(uri=VIC)).inbox == f"{VIC}/inbox"


async def test_a_host_that_shows_strangers_only_stubs_can_still_be_verified(
    ours: Wire, h: Neighbour
) -> None:
    public = rsa_key(VIC, rsa("vic"), "/main-key")
    stub = {"id": VIC, "type": "Person", "preferredUsername": "vic", "publicKey": public}
    h.serve("/users/vic", stub)
    h.serve("/users/vic/main-key", stub)

    assert is_of(await ours.directory.key(f"{VIC}/main-key"), "vic")


async def test_a_stub_takes_nothing_from_a_known_actor(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", publicKey=rsa_key(VIC, rsa("vic"), "/main-key"))
    await ours.directory.actor(VIC)
    public = rsa_key(VIC, rsa("new"), "/main-key")
    stub = {"id": VIC, "type": "Person", "preferredUsername": "vic", "publicKey": public}
    h.serve("/users/vic", stub)

    await ours.directory.rekey(f"{VIC}/main-key")

    assert (await Actor.get(uri=VIC)).inbox == f"{VIC}/inbox"


@pytest.mark.parametrize("shape", ["string", "object", "list"])
async def test_a_key_hosted_apart_is_believed_when_its_actor_lists_it(
    network: Network, ours: Wire, h: Neighbour, shape: str
) -> None:
    uri = h.url("/keys/1")
    listed: Any = {"string": uri, "object": {"id": uri}, "list": [h.url("/keys/0"), uri]}[shape]
    h.serve_person("vic", publicKey=listed)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))

    assert is_of(await ours.directory.key(uri), "vic")
    asked = len(network.log)
    assert is_of(await ours.directory.key(uri), "vic")
    assert len(network.log) == asked


async def test_a_multikey_hosted_apart_is_believed_when_its_actor_lists_it(
    ours: Wire, h: Neighbour
) -> None:
    uri = h.url("/keys/ed")
    h.serve_person("vic", rsa("vic"), assertionMethod=[uri])
    h.serve("/keys/ed", multikey(uri, VIC, "vic"))

    found = await ours.directory.key(uri)

    assert found.algorithm == "ed25519"
    assert found.verify(ed25519("vic").sign(b"hello"), b"hello")


async def test_a_key_hosted_apart_survives_that_its_actor_is_fetched_anew(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    uri = h.url("/keys/1")
    h.serve_person("vic", publicKey=uri)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))
    await ours.directory.key(uri)

    await ours.directory.refresh(VIC)

    assert await Key.filter(uri=uri).count() == 1


async def test_a_key_that_a_known_actor_lists_lately_is_found(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)
    uri = h.url("/keys/1")
    h.serve_person("vic", publicKey=[rsa_key(VIC, rsa("vic")), uri])
    h.serve("/keys/1", key_document(uri, VIC, "second"))

    assert is_of(await ours.directory.key(uri), "second")


async def test_of_several_keys_the_one_with_that_id_is_taken(ours: Wire, h: Neighbour) -> None:
    both = [rsa_key(VIC, rsa("first"), "#1"), rsa_key(VIC, rsa("second"), "#2")]
    h.serve_person("vic", publicKey=both)

    assert is_of(await ours.directory.key(f"{VIC}#2"), "second")
    assert is_of(await ours.directory.key(f"{VIC}#1"), "first")
    with pytest.raises(BadSignature):
        await ours.directory.key(f"{VIC}#3")


async def test_an_embedded_multikey_verifies(ours: Wire, h: Neighbour) -> None:
    key = multikey(f"{VIC}#ed25519-key", VIC, "vic")
    h.serve_person("vic", rsa("vic"), assertionMethod=[key])

    found = await ours.directory.key(f"{VIC}#ed25519-key")

    assert found.verify(ed25519("vic").sign(b"hello"), b"hello")


# Whose they are not


async def test_a_key_that_names_another_owner_is_refused(ours: Wire, h: Neighbour) -> None:
    """GNU social's groups name a local actor that is not the group."""
    key = rsa_key(VIC, rsa("vic")) | {"owner": "https://h.example/users/bob"}
    h.serve_person("vic", publicKey=key)

    with pytest.raises(BadSignature):
        await ours.directory.key(KEY)


async def test_a_key_that_its_owner_does_not_list_is_refused(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    h.serve("/uploads/1", key_document(h.url("/uploads/1"), VIC, "eve"))

    with pytest.raises(BadSignature):
        await ours.directory.key(h.url("/uploads/1"))

    assert is_of(await ours.directory.key(KEY), "vic")


async def test_eve_cannot_host_a_key_for_vic(
    network: Network, ours: Wire, h: Neighbour, evil: Neighbour
) -> None:
    uri = evil.url("/key")
    h.serve_person("vic", publicKey=[rsa_key(VIC, rsa("vic")), uri])
    evil.serve("/key", key_document(uri, VIC, "eve"))

    with pytest.raises(BadSignature):
        await ours.directory.key(uri)

    assert await Key.filter(uri=uri).count() == 0


async def test_eve_cannot_list_the_key_of_vic_as_hers(
    ours: Wire, h: Neighbour, evil: Neighbour
) -> None:
    eve = evil.url("/users/eve")
    evil.serve_person("eve", publicKey={"id": KEY, "owner": eve, "publicKeyPem": pem(rsa("eve"))})
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(eve)

    found = await ours.directory.key(KEY)

    assert found.owner == VIC
    assert is_of(found, "vic")


@pytest.mark.parametrize("first", ["bob", "vic"])
async def test_bob_cannot_take_the_key_id_of_vic_on_their_host(
    ours: Wire, h: Neighbour, first: str
) -> None:
    bob = h.url("/users/bob")
    h.serve_person("bob", publicKey={"id": KEY, "owner": bob, "publicKeyPem": pem(rsa("bob"))})
    h.serve_person("vic", rsa("vic"))
    for name in sorted(["bob", "vic"], key=lambda name: name != first):
        await ours.directory.actor(h.url(f"/users/{name}"))

    found = await ours.directory.key(KEY)

    assert found.owner == VIC
    assert is_of(found, "vic")


@pytest.mark.parametrize("kind", ["Note", "Collection", "Image", ["Person", "Key"], None, 1])
async def test_a_document_that_is_neither_actor_nor_key_proves_nothing(
    ours: Wire, h: Neighbour, kind: Any
) -> None:
    h.serve("/users/vic", h.person("vic", rsa("eve")) | {"type": kind})

    with pytest.raises(BadSignature):
        await ours.directory.key(KEY)


@pytest.mark.parametrize(
    "material",
    [
        pytest.param(lambda: pem(rsa("weak", 1_024)), id="weak"),
        pytest.param(lambda: "junk" * 100_000, id="long"),
        pytest.param(lambda: pem(rsa("vic")).replace("MIIB", "AAAA"), id="broken"),
        pytest.param(lambda: 1, id="number"),
    ],
)
async def test_a_key_that_is_too_weak_or_none_is_refused(
    ours: Wire, h: Neighbour, material: Any
) -> None:
    uri = h.url("/keys/1")
    bad = rsa_key(VIC, rsa("vic")) | {"publicKeyPem": material()}
    h.serve_person("vic", publicKey=[bad, uri])
    h.serve("/keys/1", key_document(uri, VIC, "vic", publicKeyPem=material()))

    for key_id in (KEY, uri):
        with pytest.raises(BadSignature):
            await ours.directory.key(key_id)


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "vic",
        "acct:vic@h.example",
        "did:key:z6Mk",
        "file:///etc/passwd",
        "data:,x",
        "https://h.example\\@evil.example/#main-key",
        "https://groups.example/actor#main-key",
        "https://GROUPS.example:443/groups/welders#main-key",
    ],
)
async def test_a_key_of_ours_or_of_nowhere_is_refused_without_asking(
    network: Network, ours: Wire, key_id: str
) -> None:
    with pytest.raises(BadSignature):
        await ours.directory.key(key_id)
    assert await ours.directory.rekey(key_id) is None

    assert network.log == []


# How often is asked


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_a_key_that_is_not_there_is_asked_for_once(
    network: Network, ours: Wire, h: Neighbour, status: int
) -> None:
    h.answer("/users/vic", status)

    for _ in range(10):
        with pytest.raises(BadSignature):
            await ours.directory.key(KEY)

    assert len(network.log) == 1


async def test_a_host_that_is_down_is_told_to_come_back_and_not_asked_every_time(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    network.fail("h.example", 503)
    with clock.held(NOW):
        for _ in range(10):
            with pytest.raises(Unreachable):
                await ours.directory.key(KEY)
    assert len(network.log) == 1

    network.heal("h.example")
    h.serve_person("vic", rsa("vic"))
    with clock.held(NOW + 60_000):
        assert is_of(await ours.directory.key(KEY), "vic")


async def test_many_who_bring_an_unknown_key_at_once_share_the_request(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))

    found = await asyncio.gather(*(ours.directory.key(KEY) for _ in range(50)))

    assert all(is_of(key, "vic") for key in found)
    assert len(network.log) == 1


async def test_made_up_keys_of_a_known_actor_cost_one_request(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)

    for number in range(20):
        with pytest.raises(BadSignature):
            await ours.directory.key(f"{VIC}#made-up-{number}")

    assert len(network.log) == 2


async def test_made_up_keys_of_one_host_end_at_a_number(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.key(KEY)
    asked = len(network.log)

    for number in range(keyholders.STRANGERS_PER_HOST):
        with pytest.raises(BadSignature):
            await ours.directory.key(h.url(f"/made-up/{number}"))
    for number in range(20):
        with pytest.raises(Unreachable):
            await ours.directory.key(h.url(f"/made-up/more-{number}"))

    assert len(network.log) == asked + keyholders.STRANGERS_PER_HOST
    assert is_of(await ours.directory.key(KEY), "vic")


async def test_a_budget_holds_for_keys_too_and_is_no_verdict(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))

    with pytest.raises(OverBudget):
        await ours.directory.key(KEY, Budget(0))

    assert is_of(await ours.directory.key(KEY, Budget(1)), "vic")


# Rotation


async def test_a_rotated_key_is_found_and_the_old_one_is_no_more(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    old = await ours.directory.key(KEY)
    h.serve_person("vic", rsa("new"))

    assert is_of(await ours.directory.rekey(KEY), "new")

    signature = keys.Signer(KEY, "rsa", rsa("vic")).sign(b"hello")
    assert old.verify(signature, b"hello")
    assert not (await ours.directory.key(KEY)).verify(signature, b"hello")
    assert len(network.log) == 2


async def test_a_key_that_is_no_longer_listed_no_longer_verifies(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", publicKey=rsa_key(VIC, rsa("vic"), "#1"))
    await ours.directory.key(f"{VIC}#1")
    h.serve_person("vic", publicKey=rsa_key(VIC, rsa("new"), "#2"))

    assert is_of(await ours.directory.key(f"{VIC}#2"), "new")
    with pytest.raises(BadSignature):
        await ours.directory.key(f"{VIC}#1")

    assert len(network.log) == 2


async def test_a_key_hosted_apart_can_be_rotated(ours: Wire, h: Neighbour) -> None:
    uri = h.url("/keys/1")
    h.serve_person("vic", publicKey=uri)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))
    await ours.directory.key(uri)
    h.serve("/keys/1", key_document(uri, VIC, "new"))

    assert is_of(await ours.directory.rekey(uri), "new")
    assert is_of(await ours.directory.key(uri), "new")


async def test_a_key_hosted_apart_ends_when_its_owner_drops_it(ours: Wire, h: Neighbour) -> None:
    uri = h.url("/keys/1")
    h.serve_person("vic", publicKey=uri)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))
    await ours.directory.key(uri)
    h.serve_person("vic", rsa("new"))

    assert await ours.directory.rekey(uri) is None
    with pytest.raises(BadSignature):
        await ours.directory.key(uri)


async def test_a_thousand_bad_signatures_cost_one_request_in_five_minutes(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.key(KEY)

    with clock.held(NOW):
        await asyncio.gather(*(ours.directory.rekey(KEY) for _ in range(500)))
        for _ in range(500):
            assert await ours.directory.rekey(KEY) is None
    assert len(network.log) == 2

    with clock.held(NOW + COOL):
        await ours.directory.rekey(KEY)
    assert len(network.log) == 3


async def test_who_verified_with_the_old_key_while_it_was_replaced_gets_the_new_one(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.key(KEY)
    h.serve_person("vic", rsa("new"))
    await ours.directory.rekey(KEY)

    assert is_of(await ours.directory.rekey(KEY), "new")
    assert len(network.log) == 2


async def test_both_keys_of_an_actor_share_one_refetch(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    both = [rsa_key(VIC, rsa("first"), "#1"), rsa_key(VIC, rsa("second"), "#2")]
    h.serve_person("vic", publicKey=both)
    await ours.directory.key(f"{VIC}#1")

    await asyncio.gather(ours.directory.rekey(f"{VIC}#1"), ours.directory.rekey(f"{VIC}#2"))

    assert len(network.log) == 2


async def test_a_host_that_is_down_when_its_key_fails_is_told_to_come_back(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.key(KEY)
    network.fail("h.example", 500)

    for _ in range(5):
        with pytest.raises(Unreachable):
            await ours.directory.rekey(KEY)

    assert len(network.log) == 2
    assert is_of(await ours.directory.key(KEY), "vic")


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_a_refetch_that_is_refused_leaves_the_key(
    ours: Wire, h: Neighbour, status: int
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.key(KEY)
    h.answer("/users/vic", status)

    assert await ours.directory.rekey(KEY) is None
    assert is_of(await ours.directory.key(KEY), "vic")


async def test_the_actors_of_one_host_are_refetched_sixty_times_an_hour_at_most(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    known = [h.serve_person(f"p{number}", rsa("vic")) for number in range(70)]
    for uri in known:
        await ours.directory.actor(uri)
    asked = len(network.log)

    with clock.held(NOW):
        for uri in known:
            await ours.directory.rekey(f"{uri}#main-key")
    assert len(network.log) - asked == keyholders.REKEYS_PER_HOST == 60

    with clock.held(NOW + clock.HOUR):
        await ours.directory.rekey(f"{known[-1]}#main-key")
    assert len(network.log) - asked == 61


async def test_a_refetch_over_budget_can_be_had_later(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.key(KEY)
    h.serve_person("vic", rsa("new"))

    with pytest.raises(OverBudget):
        await ours.directory.rekey(KEY, Budget(0))

    assert is_of(await ours.directory.rekey(KEY, Budget(1)), "new")


async def test_a_key_that_was_never_seen_is_not_refetched(network: Network, ours: Wire) -> None:
    assert await ours.directory.rekey(KEY) is None
    assert network.log == []
