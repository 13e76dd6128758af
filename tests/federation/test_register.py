"""What of an actor's document ends up in rows, and what replaces what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from federation import register
from federation.documents import KeyDoc
from federation.errors import Malformed
from federation.models import Actor, Key
from neighbour import Neighbour, bleach, pem, rsa, rsa_key

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

RECORDED = Path(__file__).resolve().parents[2] / "../shared/wire"
VIC = "https://h.example/users/vic"
H = Neighbour("h.example")


async def test_a_stored_key_is_loaded_once() -> None:
    await register.write(H.person("vic", rsa("vic")), bleach)

    stored = await register.key(f"{VIC}#main-key")

    assert stored is not None
    assert stored.load() is stored.load()
    assert await register.key(f"{VIC}#other") is None


@pytest.mark.parametrize("summary", [None, {"en": "<script>x</script>"}, ["x"], 1])
async def test_a_summary_that_is_no_text_is_not_kept_as_it_came(summary: Any) -> None:
    actor = await register.write(H.person("vic", rsa("vic")) | {"summary": summary}, bleach)

    assert "script" not in actor.summary + actor.document


@pytest.mark.parametrize("kind", ["Person", "Group"])
async def test_no_actor_is_younger_than_its_arrival(kind: str) -> None:
    ahead = dict.fromkeys(("published", "updated"), "2199-01-01T00:00:00Z")

    actor = await register.write(H.person("vic", rsa("vic")) | ahead | {"type": kind}, bleach)

    assert actor.published_at == actor.updated_at == actor.fetched_at


async def test_a_move_is_not_believed_from_one_end() -> None:
    document = H.person("vic", rsa("vic"), movedTo="https://evil.example/users/eve")
    await register.write(document, bleach)
    await Actor.filter(uri=VIC).update(moved_to="https://new.example/users/vic")

    actor = await register.write(document, bleach)

    assert actor.moved_to == "https://new.example/users/vic"


async def test_only_keys_on_the_actors_origin_are_hosted_apart() -> None:
    listed: list[Any] = [
        "https://h.example/keys/1",
        "https://h.example/keys#2",
        {"id": "https://h.example/keys/3"},
        "https://evil.example/keys/4",
        f"{VIC}#main-key",
        {"id": f"{VIC}#other"},
        {"id": "https://h.example/keys/5", "owner": VIC},
        "junk",
        1,
        {},
    ]

    apart = register.listed_apart(H.person("vic", publicKey=listed))

    numbers = ["/keys/1", "/keys#2", "/keys/3", "/keys/5"]
    assert apart == [f"https://h.example{number}" for number in numbers]


async def test_a_key_that_is_too_weak_is_not_stored() -> None:
    actor = await register.write(H.person("vic", rsa("vic")), bleach)
    weak = KeyDoc("https://h.example/keys/1", VIC, "rsa", pem(rsa("weak", 1_024)))

    with pytest.raises(Malformed):
        await register.write_key(actor, weak)

    assert await Key.filter(uri=weak.id).count() == 0


async def test_of_good_and_bad_keys_the_good_ones_are_kept() -> None:
    good, bad = rsa_key(VIC, rsa("vic"), "#1"), rsa_key(VIC, rsa("weak", 1_024), "#2")

    await register.write(H.person("vic", publicKey=[bad, good]), bleach)

    assert await register.materials(VIC) == {(f"{VIC}#1", pem(rsa("vic")))}


async def test_an_actor_without_a_document_lists_no_key() -> None:
    actor = Actor(id=1, uri=VIC, kind="Group", host="h.example", username="vic")

    assert not register.lists_apart(actor, "https://h.example/keys/1")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": "CryptographicKey"},
        {"type": "CryptographicKey", "id": "https://h.example/k", "owner": VIC},
        {"type": "Multikey", "id": "https://h.example/k", "controller": VIC, "publicKeyPem": "x"},
        {"type": "Note", "id": "https://h.example/k", "owner": VIC, "publicKeyPem": "x"},
        {"type": "CryptographicKey", "id": "https://h.example/k", "publicKeyPem": "x"},
        {"type": "CryptographicKey", "owner": VIC, "publicKeyPem": "x"},
        {"type": "CryptographicKey", "id": "k", "owner": "acct:vic", "publicKeyPem": "x"},
    ],
)
async def test_what_is_no_key_document_is_none(document: dict[str, Any]) -> None:
    assert register.read_key(document) is None


@pytest.mark.wire
async def test_the_recorded_actors_of_other_servers_are_kept_with_inbox_and_key() -> None:
    paths = sorted(RECORDED.glob("*/objects/person*.json")) + sorted(
        RECORDED.glob("*/objects/group*.json")
    )
    if not paths:
        pytest.skip("the recorded documents are not here")

    bad = []
    for path in paths:
        actor = await register.write(json.loads(path.read_text()), bleach)
        if not (actor.inbox and actor.username and await register.materials(actor.uri)):
            bad.append(path)

    assert bad == []


async def test_a_key_id_of_another_scheme_is_of_another_origin() -> None:
    insecure = rsa_key(VIC, rsa("vic")) | {"id": "http://h.example/users/vic#main-key"}

    await register.write(H.person("vic", publicKey=insecure), bleach)

    assert await register.materials(VIC) == set()
