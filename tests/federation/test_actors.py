"""How actors are found, in rows or at their origin, and how little is asked for that."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from federation import clock
from federation.actors import Actors
from federation.errors import (
    Gone,
    NotUsable,
    OverBudget,
    Unreachable,
)
from federation.fetch import Budget
from federation.models import Actor, Key
from federation.wire import Wire, build
from neighbour import CONFIG, Neighbour, bleach, instance, pem, rsa
from network import Network

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

NOW = 1_790_000_000_000
VIC = "https://h.example/users/vic"


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def ours(network: Network, database: object) -> Wire:
    return await instance(network)


@pytest.fixture
def h(network: Network) -> Neighbour:
    return Neighbour.on(network, "h.example")


async def row(uri: str = VIC) -> Actor:
    return await Actor.get(uri=uri)


async def test_an_unknown_actor_is_fetched_and_kept(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))

    with clock.held(NOW):
        first = await ours.directory.actor("https://H.EXAMPLE/users/vic")
    again = await ours.directory.known(VIC)

    assert again == first
    assert len(network.log) == 1
    assert (first.uri, first.kind, first.handle) == (VIC, "Person", "vic@h.example")
    assert (first.name, first.page_url) == ("Vic", "https://h.example/@vic")
    assert first.delivery_inbox == "https://h.example/inbox"
    assert (first.local, first.state, first.fetched_at) == (False, "live", NOW)
    assert first.published_at == 1_714_521_600_000
    assert [key.uri for key in await Key.filter(actor_id=first.id)] == [f"{VIC}#main-key"]


async def test_a_known_actor_costs_no_request_for_a_day(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    with clock.held(NOW):
        await ours.directory.actor(VIC)
    h.serve_person("vic", rsa("vic"), name="Victor")

    with clock.held(NOW + clock.DAY - 1):
        assert (await ours.directory.actor(VIC)).name == "Vic"
    with clock.held(NOW + clock.DAY):
        assert (await ours.directory.actor(VIC)).name == "Victor"

    assert len(network.log) == 2


async def test_known_asks_nobody(network: Network, ours: Wire) -> None:
    assert await ours.directory.known(VIC) is None
    assert await ours.directory.known("not a uri") is None
    assert network.log == []


async def test_twenty_who_want_one_actor_share_the_request(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))

    found = await asyncio.gather(*(ours.directory.actor(VIC) for _ in range(20)))

    assert {actor.id for actor in found} == {(await row()).id}
    assert len(network.log) == 1


async def test_who_wants_the_key_and_who_wants_the_actor_share_the_request(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))

    await asyncio.gather(ours.directory.actor(VIC), ours.directory.key(f"{VIC}#main-key"))

    assert len(network.log) == 1


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    h.door = asyncio.Event()
    hasty = asyncio.create_task(ours.directory.actor(VIC))
    patient = asyncio.create_task(ours.directory.actor(VIC))
    await asyncio.sleep(0.05)

    hasty.cancel()
    await asyncio.sleep(0)
    h.door.set()

    assert (await patient).uri == VIC
    assert hasty.cancelled()
    assert len(network.log) == 1


async def test_one_without_a_budget_does_not_spend_that_of_another(
    ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))

    poor, rich = await asyncio.gather(
        ours.directory.actor(VIC, Budget(0)),
        ours.directory.actor(VIC, Budget(1)),
        return_exceptions=True,
    )

    assert isinstance(poor, OverBudget | Actor)  # whose question went out may have been either's
    assert isinstance(rich, Actor)


async def test_twenty_racers_write_one_row_and_one_key(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    """As twenty processes would: none of them knows of the others' requests."""
    h.serve_person("vic", rsa("vic"))
    racers = [build(CONFIG, network, bleach).directory for _ in range(20)]
    document = h.person("vic", rsa("vic"))

    found = await asyncio.gather(*(racer.adopt(document) for racer in racers))

    assert len({actor.id for actor in found}) == 1
    assert await Actor.filter(uri=VIC).count() == 1
    assert await Key.filter(actor_id=found[0].id).count() == 1


async def test_racers_with_different_keys_leave_the_keys_of_one(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    documents = [h.person("vic", rsa(f"vic-{n % 2}")) for n in range(20)]

    await asyncio.gather(*(ours.directory.adopt(document) for document in documents))

    stored = await Key.get(uri=f"{VIC}#main-key")
    assert stored.public in {pem(rsa("vic-0")), pem(rsa("vic-1"))}


async def test_an_older_copy_that_arrives_late_changes_nothing(ours: Wire, h: Neighbour) -> None:
    with clock.held(NOW):
        await ours.directory.adopt(h.person("vic", rsa("vic-1"), name="New"))
    with clock.held(NOW - 1):
        await ours.directory.adopt(h.person("vic", rsa("vic-0"), name="Old"))

    assert (await row()).name == "New"
    assert (await Key.get(uri=f"{VIC}#main-key")).public == pem(rsa("vic-1"))


async def test_the_summary_of_a_stranger_is_made_safe_wherever_it_is_kept(
    ours: Wire, h: Neighbour
) -> None:
    nasty = "<script>alert(1)</script>"
    h.serve_person("vic", rsa("vic"), summary=nasty, summaryMap={"en": nasty, "de": 1})

    actor = await ours.directory.actor(VIC)

    assert actor.summary == "alert(1)"
    assert "script" not in actor.document
    assert json.loads(actor.document)["summaryMap"] == {"en": "alert(1)"}


@pytest.mark.parametrize("inbox", ["javascript:x", ["a"], {}, 1, "https://evil.example/inbox"])
async def test_an_inbox_that_is_none_of_its_own_is_left_empty(
    ours: Wire, h: Neighbour, inbox: Any
) -> None:
    h.serve_person("vic", rsa("vic"), inbox=inbox, endpoints={"sharedInbox": inbox})

    assert (await ours.directory.actor(VIC)).delivery_inbox == ""


@pytest.mark.parametrize(
    "worse",
    [
        {"inbox": None},
        {"inbox": "javascript:x"},
        {"publicKey": None},
        {"publicKey": {"id": f"{VIC}#main-key", "owner": VIC, "publicKeyPem": "junk"}},
        {"publicKey": {"id": f"{VIC}#k", "owner": "https://h.example/users/bob"}},
        {"type": "Note"},
        {"type": ["Person", "Group"]},
        {"id": "https://evil.example/users/vic"},
        {"id": None},
    ],
)
async def test_a_document_that_is_refused_takes_nothing_from_a_known_actor(
    ours: Wire, h: Neighbour, worse: dict[str, Any]
) -> None:
    h.serve_person("vic", rsa("vic"))
    before = await ours.directory.actor(VIC)
    h.serve("/users/vic", h.person("vic", rsa("vic"), name="Changed") | worse)

    with pytest.raises(NotUsable):
        await ours.directory.refresh(VIC)

    after = await row()
    assert (after.name, after.inbox, after.document) == ("Vic", before.inbox, before.document)
    assert (await ours.directory.key(f"{VIC}#main-key")).owner == VIC


@pytest.mark.parametrize("status", [404, 410, 403, 500])
async def test_a_known_actor_whose_host_fails_stays_and_is_left_alone_for_a_while(
    network: Network, ours: Wire, h: Neighbour, status: int
) -> None:
    h.serve_person("vic", rsa("vic"))
    with clock.held(NOW):
        await ours.directory.actor(VIC)
    h.answer("/users/vic", status)

    with clock.held(NOW + clock.DAY):
        for _ in range(3):
            assert (await ours.directory.actor(VIC)).inbox == f"{VIC}/inbox"
    assert len(network.log) == 2
    assert (await row()).state == "live"


async def test_a_stale_row_does_when_the_budget_is_spent(ours: Wire, h: Neighbour) -> None:
    h.serve_person("vic", rsa("vic"))
    with clock.held(NOW):
        await ours.directory.actor(VIC)

    with clock.held(NOW + clock.DAY):
        assert (await ours.directory.actor(VIC, Budget(0))).name == "Vic"


@pytest.mark.parametrize(
    ("status", "error"), [(404, Gone), (410, Gone), (403, NotUsable), (503, Unreachable)]
)
async def test_an_unknown_actor_that_cannot_be_had_says_why(
    ours: Wire, h: Neighbour, status: int, error: type[Exception]
) -> None:
    h.answer("/users/vic", status)

    with pytest.raises(error):
        await ours.directory.actor(VIC)

    assert await ours.directory.known(VIC) is None


@pytest.mark.parametrize("uri", ["", "vic", "acct:vic@h.example", "https://h.example./users/vic"])
async def test_what_is_no_uri_is_nobody(network: Network, ours: Wire, uri: str) -> None:
    with pytest.raises(NotUsable):
        await ours.directory.actor(uri)

    assert network.log == []


async def test_a_document_of_an_actor_elsewhere_changes_nobody(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    await ours.directory.actor(VIC)
    Neighbour.on(network, "evil.example").serve("/x", h.person("vic", rsa("eve")))

    with pytest.raises(NotUsable):
        await ours.directory.actor("https://evil.example/x")

    assert (await Key.get(uri=f"{VIC}#main-key")).public == pem(rsa("vic"))


async def test_who_comes_when_the_request_is_just_over_makes_no_other(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    actors = Actors(ours.fetcher, ours.peers, ours.uris, bleach)
    await actors.find(VIC, None)

    assert isinstance(await actors.read(VIC, None), Actor)
    assert len(network.log) == 1
    await actors.read(VIC, None, anew=True)
    assert len(network.log) == 2
