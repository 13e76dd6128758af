"""Whose work an activity is when somebody else brings it: proofs, Linked Data signatures, keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from federation import clock
from federation.documents import read_activity
from federation.errors import Blocked, OverBudget, Unreachable
from federation.fetch import Budget
from federation.vocabulary import AS2, PUBLIC
from federation.wire import Wire
from fedigroups.store import Store
from linked import Json, proven, signed
from neighbour import Neighbour, instance, rsa, rsa_key
from neighbour import multikey as multikey_document
from network import Network
from senders import Person

pytestmark = pytest.mark.anyio


@dataclass
class Desk:
    """Our side, and Vic and Eve on theirs."""

    network: Network
    wire: Wire
    vic: Person
    eve: Person

    async def proven(self, document: Json, budget: Budget | None = None) -> bool:
        return await self.wire.authorship.is_proven(read_activity(document), budget)

    def claimed(self, document: Json) -> bool:
        return self.wire.authorship.is_claimed(read_activity(document))

    def fetches(self) -> int:
        return len(self.network.requests("GET"))


@pytest.fixture
async def desk(database: Store) -> AsyncIterator[Desk]:
    network = Network()
    wire = await instance(network)
    vic = Person(Neighbour.on(network, "h.example"), "vic")
    vic.serve(assertionMethod=[multikey_document(f"{vic.uri}#ed25519-key", vic.uri, "vic")])
    yield Desk(network, wire, vic, Person(Neighbour.on(network, "evil.example"), "eve"))
    await wire.close()


def create(person: Person, **more: Any) -> Json:
    note = {
        "id": f"{person.uri}/posts/1",
        "type": "Note",
        "attributedTo": person.uri,
        "to": [PUBLIC],
        "content": "<p>1.6 mm.</p>",
    }
    return person.act("Create", note | more)


def by(person: Person, document: Json, created_ms: int | None = None, key_id: str = "") -> Json:
    """With the person's Linked Data signature."""
    return signed(document, key_id or person.key_id, person.name, created_ms)


def with_proof(person: Person, document: Json, created_ms: int | None = None) -> Json:
    """With the person's integrity proof."""
    return proven(document, f"{person.uri}#ed25519-key", person.name, created_ms)


async def test_what_its_actor_signed_is_proven(desk: Desk) -> None:
    for make in (by, with_proof):
        document = make(desk.vic, create(desk.vic))
        assert desk.claimed(document)
        assert await desk.proven(document)
        assert not await desk.proven(document | {"to": []})
    assert desk.fetches() == 2  # once, and once more when something did not verify


async def test_one_of_two_is_enough(desk: Desk) -> None:
    document = create(desk.vic)
    both = by(desk.vic, document) | {"proof": with_proof(desk.vic, document)["proof"]}
    assert await desk.proven(both)
    assert await desk.proven(both | {"signature": {"type": "RsaSignature2017"}})


async def test_what_bears_nothing_is_neither_claimed_nor_proven(desk: Desk) -> None:
    assert not desk.claimed(create(desk.vic))
    assert not await desk.proven(create(desk.vic))
    assert desk.fetches() == 0


async def test_a_key_on_another_host_proves_nothing_and_is_not_asked_for(desk: Desk) -> None:
    document = create(desk.vic)
    proof = with_proof(desk.eve, document)
    for made in (by(desk.eve, document), proof):
        assert not desk.claimed(made)
        assert not await desk.proven(made)
    assert desk.fetches() == 0


async def test_the_key_of_a_neighbour_on_the_same_host_proves_nothing(desk: Desk) -> None:
    ben = Person(desk.vic.home, "ben")
    ben.serve(assertionMethod=[multikey_document(f"{ben.uri}#ed25519-key", ben.uri, "ben")])
    assert not await desk.proven(by(ben, create(desk.vic)))
    assert not await desk.proven(with_proof(ben, create(desk.vic)))


async def test_a_key_that_names_another_owner_proves_nothing(desk: Desk) -> None:
    desk.vic.serve(publicKey=rsa_key("https://h.example/users/ben", desk.vic.key))
    assert not await desk.proven(by(desk.vic, create(desk.vic)))


async def test_a_new_key_is_fetched_once_and_the_old_one_is_no_longer_good(desk: Desk) -> None:
    document = create(desk.vic)
    old, new = by(desk.vic, document), signed(document, desk.vic.key_id, "vic two")
    assert await desk.proven(old)
    desk.vic.key = rsa("vic two")
    desk.vic.serve()
    assert await desk.proven(new)
    assert desk.fetches() == 2
    for _ in range(5):
        assert not await desk.proven(old)
    assert desk.fetches() == 2


@pytest.mark.parametrize("trouble", [503, httpx.ConnectTimeout("no answer")])
async def test_a_key_host_that_does_not_answer_is_waited_for(
    desk: Desk, trouble: int | Exception
) -> None:
    desk.network.fail("h.example", trouble)
    for make in (by, with_proof):
        with pytest.raises(Unreachable):
            await desk.proven(make(desk.vic, create(desk.vic)))


async def test_a_blocked_host_and_a_spent_budget_stay_what_they_are(desk: Desk) -> None:
    document = by(desk.vic, create(desk.vic))
    with pytest.raises(OverBudget):
        await desk.proven(document, Budget(0))
    await desk.wire.peers.block("h.example")
    with pytest.raises(Blocked):
        await desk.proven(document)
    assert desk.fetches() == 0


async def test_what_was_renamed_on_the_way_is_not_proven_and_nobody_is_asked(desk: Desk) -> None:
    document = by(desk.vic, create(desk.vic, inReplyTo="https://m.example/1"))
    note = dict(document["object"])
    note["answers"] = note.pop("inReplyTo")
    context = [AS2, {"answers": {"@id": "as:inReplyTo", "@type": "@id"}}]
    assert not await desk.proven(document | {"@context": context, "object": note})
    assert desk.fetches() == 0


@pytest.mark.parametrize("make", [by, with_proof])
async def test_an_act_that_can_be_undone_convinces_while_it_is_fresh(desk: Desk, make: Any) -> None:
    now = clock.now_ms()
    for activity in (
        desk.vic.follow(),
        desk.vic.act("Like", "https://m.example/1"),
        desk.vic.act("Undo", f"{desk.vic.uri}/follow/1"),
        desk.vic.act("Update", {"id": f"{desk.vic.uri}/posts/1", "type": "Note"}),
    ):
        assert await desk.proven(make(desk.vic, activity, now))
        assert await desk.proven(make(desk.vic, activity, now - 50 * clock.MINUTE))
        for off in (-2 * clock.HOUR, 2 * clock.HOUR):
            assert not await desk.proven(make(desk.vic, activity, now + off))


@pytest.mark.parametrize("make", [by, with_proof])
async def test_what_is_said_of_posts_convinces_for_ever(desk: Desk, make: Any) -> None:
    long_ago = clock.now_ms() - 400 * clock.DAY
    edited = create(desk.vic, updated=clock.rfc3339(long_ago)) | {"type": "Update"}
    for activity in (
        create(desk.vic),
        edited,
        desk.vic.act("Delete", f"{desk.vic.uri}/posts/1"),
    ):
        assert await desk.proven(make(desk.vic, activity, long_ago))


@pytest.mark.parametrize("make", [by, with_proof])
async def test_an_edit_from_far_ahead_convinces_only_while_it_is_fresh(
    desk: Desk, make: Any
) -> None:
    now = clock.now_ms()
    edit = create(desk.vic, updated=clock.rfc3339(now + clock.DAY)) | {"type": "Update"}
    assert await desk.proven(make(desk.vic, edit, now))
    assert not await desk.proven(make(desk.vic, edit, now - 2 * clock.HOUR))


async def test_a_bomb_does_not_hold_up_the_loop(desk: Desk) -> None:
    # A turn of the interpreter is 5 ms; neighbours may be busy, and once or twice very busy.
    assert min([await longest_pause(desk) for _ in range(3)]) < 0.1


async def longest_pause(desk: Desk) -> float:
    document = by(desk.vic, create(desk.vic))
    bomb = {"attachment": [{"type": "Document"}] * 450}
    checking = asyncio.create_task(desk.proven(document | bomb))
    longest, last = 0.0, time.perf_counter()
    while not checking.done():
        await asyncio.sleep(0.001)
        longest, last = max(longest, time.perf_counter() - last), time.perf_counter()
    assert not checking.result()
    return longest


async def test_who_waits_too_long_is_asked_to_come_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.LINKED_SECONDS", 0.0)
    with pytest.raises(Unreachable, match="more signatures"):
        await desk.proven(by(desk.vic, create(desk.vic)))
    monkeypatch.undo()
    assert await desk.proven(by(desk.vic, create(desk.vic)))
