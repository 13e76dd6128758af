"""Which key is whose, and how often a stranger can make us ask."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, limits
from federation.errors import BadSignature
from federation.models import Actor, Key
from federation.wire import Wire
from neighbour import Neighbour, ed25519, instance, is_of, key_document, multikey, pem, rsa, rsa_key
from network import Network

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


async def test_a_newcomer_signs_though_bob_listed_their_key_id_first(
    ours: Wire, h: Neighbour
) -> None:
    """The neighbour on their host is known here, and the newcomer is not."""
    bob = h.url("/users/bob")
    h.serve_person("bob", publicKey={"id": KEY, "owner": bob, "publicKeyPem": pem(rsa("bob"))})
    await ours.directory.actor(bob)
    h.serve_person("vic", rsa("vic"))

    found = await ours.directory.key(KEY)

    assert found.owner == VIC
    assert is_of(found, "vic")


@pytest.mark.parametrize("embedded", [True, False])
async def test_bob_cannot_list_a_key_that_is_hosted_apart_for_vic(
    ours: Wire, h: Neighbour, embedded: bool
) -> None:
    uri, bob = h.url("/keys/1"), h.url("/users/bob")
    his = {"id": uri, "owner": bob, "publicKeyPem": pem(rsa("bob"))} if embedded else uri
    h.serve_person("bob", publicKey=[rsa_key(bob, rsa("bob")), his])
    await ours.directory.actor(bob)
    h.serve_person("vic", publicKey=uri)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))

    found = await ours.directory.key(uri)

    assert found.owner == VIC
    assert is_of(found, "vic")


async def test_a_key_goes_to_whom_its_own_address_names(ours: Wire, h: Neighbour) -> None:
    uri, bob = h.url("/keys/1"), h.url("/users/bob")
    h.serve_person("bob", publicKey=uri)
    h.serve("/keys/1", key_document(uri, bob, "bob"))
    assert (await ours.directory.key(uri)).owner == bob
    h.serve_person("vic", publicKey=uri)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))

    found = await ours.directory.rekey(uri)

    assert found is not None
    assert found.owner == VIC
    assert is_of(found, "vic")


async def test_a_key_in_its_actors_document_may_have_an_address_that_leads_there(
    ours: Wire, h: Neighbour
) -> None:
    uri = h.url("/keys/1")
    h.serve_person("vic", publicKey=rsa_key(VIC, rsa("vic")) | {"id": uri})
    h.pages["/keys/1"] = h.pages["/users/vic"]

    assert is_of(await ours.directory.key(uri), "vic")

    h.serve_person("vic", publicKey=rsa_key(VIC, rsa("new")) | {"id": uri})
    h.pages["/keys/1"] = h.pages["/users/vic"]
    assert is_of(await ours.directory.rekey(uri), "new")


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
