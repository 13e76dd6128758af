from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import limits
from federation.documents import read_activity
from federation.errors import Malformed
from federation.models import Actor
from federation.wire import Wire
from fedigroups.store import Store
from inbox.unwrap import Unwrapped, unwrap
from neighbour import Neighbour, instance, rsa
from network import Network

pytestmark = pytest.mark.anyio

MakeStore = Callable[[str], Awaitable[Store]]

CATS = "https://l.example/c/cats"
BOB = "https://l.example/u/bob"
WIRE = Path(__file__).resolve().parents[2] / "../shared/wire"


def group(uri: str = CATS, kind: str = "Group") -> Actor:
    return Actor(id=1, uri=uri, kind=kind, host="l.example", username="cats")


def like(number: object = 1, actor: str = BOB, **more: Any) -> dict[str, Any]:
    host = actor.split("/")[2]
    return {
        "id": f"https://{host}/activities/like/{number}",
        "type": "Like",
        "actor": actor,
        "object": "https://l.example/post/1",
    } | more


def announce(of: Any, actor: str = CATS, number: object = 1) -> dict[str, Any]:
    host = actor.split("/")[2]
    return {
        "id": f"https://{host}/activities/announce/{number}",
        "type": "Announce",
        "actor": actor,
        "object": of,
    }


@pytest.fixture
async def wire(make_store: MakeStore) -> AsyncIterator[Wire]:
    store = await make_store("sqlite")
    with store.context():
        made = await instance(Network())
        yield made
        await made.close()


async def opened(wire: Wire, document: dict[str, Any], actor: Actor | None = None) -> Unwrapped:
    return await unwrap(
        read_activity(document), json.dumps(document).encode(), actor or group(), wire
    )


def ids(found: Unwrapped) -> list[str]:
    return [step.activity.id for step in found.steps]


async def test_an_activity_by_itself_is_one_step_with_its_verified_bytes(wire: Wire) -> None:
    document = like()
    found = await opened(wire, document)
    (step,) = found.steps
    assert (step.activity.id, step.wrapped) == (document["id"], False)
    assert step.body == json.dumps(document).encode()


async def test_what_a_group_announces_is_a_step_of_its_own(wire: Wire) -> None:
    found = await opened(wire, announce(like()))
    (step,) = found.steps
    assert (step.activity.kind, step.activity.actor, step.wrapped) == ("Like", BOB, True)
    assert json.loads(step.body) == like()


@pytest.mark.parametrize("kind", ["Person", "Service", "Application", "Organization", ""])
async def test_what_nobody_but_a_group_announces_is_not_opened(wire: Wire, kind: str) -> None:
    found = await opened(wire, announce(like(), BOB), group(BOB, kind))
    assert [step.activity.kind for step in found.steps] == ["Announce"]
    assert not found.steps[0].wrapped


@pytest.mark.parametrize(
    "of",
    [
        "https://m.example/users/ann/statuses/1",
        ["https://m.example/users/ann/statuses/1"],
        {"type": "Note", "id": "https://m.example/users/ann/statuses/1", "content": "Hi"},
        {"type": "Page", "id": "https://l.example/post/1", "actor": BOB, "name": "Lemmy's"},
    ],
)
async def test_a_boost_is_one_step(wire: Wire, of: Any) -> None:
    found = await opened(wire, announce(of))
    assert [step.activity.kind for step in found.steps] == ["Announce"]
    assert not found.dropped


@pytest.mark.parametrize("items", ["orderedItems", "items"])
async def test_a_batch_of_votes_is_many_steps_in_their_order(wire: Wire, items: str) -> None:
    votes = [like(number) for number in range(5)]
    for batch in (votes, {"type": "OrderedCollection", items: votes}):
        found = await opened(wire, announce(batch))
        assert ids(found) == [vote["id"] for vote in votes]


async def test_a_batch_of_one_is_one_step(wire: Wire) -> None:
    assert ids(await opened(wire, announce([like()]))) == [like()["id"]]


async def test_a_batch_is_cut_at_its_limit_and_says_so(wire: Wire) -> None:
    votes = [like(number) for number in range(limits.BATCH + 20)]
    found = await opened(wire, announce(votes))
    assert ids(found) == [vote["id"] for vote in votes[: limits.BATCH]]
    assert found.dropped == [f"20 activities over {limits.BATCH} at once"]


async def test_one_bad_activity_in_a_batch_is_dropped_alone(wire: Wire) -> None:
    bad = [
        like(2, id="https://elsewhere.example/1"),
        like(3, actor="https://groups.example/users/olga"),
        "https://l.example/activities/like/4",
        {"type": "Note", "content": "no activity"},
        like(5) | {"type": ["Create", "Delete"]},
        7,
    ]
    found = await opened(wire, announce([like(1), *bad, like(6)]))
    assert ids(found) == [like(1)["id"], like(6)["id"]]
    assert len(found.dropped) == len(bad)


async def test_nobody_else_says_what_our_own_people_did(wire: Wire) -> None:
    for spelling in (
        "https://groups.example",
        "https://GROUPS.example",
        "https://groups.example:443",
        "http://groups.example",
    ):
        forged = like(actor="https://groups.example/users/olga") | {
            "actor": f"{spelling}/users/olga"
        }
        found = await opened(wire, announce(forged))
        assert found.steps == []
        assert "who is here" in found.dropped[0]


async def known_group(wire: Wire, uri: str, kind: str = "Group") -> None:
    host = Neighbour(uri.split("/")[2])
    document = host.person("x", rsa("x"), id=uri, type=kind)
    document["publicKey"] |= {"id": f"{uri}#main-key", "owner": uri}
    await wire.directory.adopt(document)


DOGS = "https://p.example/c/dogs"


async def test_an_announce_in_an_announce_is_opened_when_it_is_of_a_known_group(
    wire: Wire,
) -> None:
    nested = announce(announce(like(), DOGS))
    assert [step.activity.kind for step in (await opened(wire, nested)).steps] == ["Announce"]
    await known_group(wire, DOGS)
    found = await opened(wire, nested)
    assert ids(found) == [like()["id"]]
    assert found.steps[0].wrapped


async def test_a_bad_activity_in_an_inner_announce_is_dropped_alone(wire: Wire) -> None:
    await known_group(wire, DOGS)
    found = await opened(wire, announce(announce([like(1), {"type": "Note"}], DOGS)))
    assert ids(found) == [like(1)["id"]]
    assert found.dropped == ["something in a batch is no activity"]


async def test_an_announce_in_an_announce_by_a_person_is_a_boost(wire: Wire) -> None:
    await known_group(wire, DOGS, "Person")
    found = await opened(wire, announce(announce(like(), DOGS)))
    assert [step.activity.kind for step in found.steps] == ["Announce"]


async def test_a_boost_that_a_group_announces_is_a_step(wire: Wire) -> None:
    boost = announce("https://l.example/post/1", BOB)
    found = await opened(wire, announce(boost))
    assert [(step.activity.actor, step.wrapped) for step in found.steps] == [(BOB, True)]


async def test_announces_deeper_than_that_are_dropped(wire: Wire) -> None:
    await known_group(wire, DOGS)
    document: dict[str, Any] = like()
    for number in range(12):
        document = announce(document, DOGS, number)
    found = await opened(wire, announce(document))
    assert found.steps == []
    assert "too many times" in found.dropped[0]


async def test_nested_batches_stay_within_the_limit(wire: Wire) -> None:
    await known_group(wire, DOGS)
    votes = [like(number) for number in range(60)]
    batches = [announce(votes, DOGS, number) for number in range(5)]
    found = await opened(wire, announce([*batches, *votes]))
    assert len(found.steps) == limits.BATCH


async def test_an_activity_whose_object_is_itself_ends(wire: Wire) -> None:
    own = announce("https://l.example/activities/announce/1")
    assert len((await opened(wire, own)).steps) == 1


SHAPES = st.recursive(
    st.sampled_from([like(), like(2), "https://l.example/x", None, 7, {}, []]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | inner.map(announce)
        | inner.map(lambda of: announce(of, DOGS))
        | st.lists(inner, max_size=3).map(lambda items: {"type": "Collection", "items": items})
    ),
    max_leaves=12,
)


@given(SHAPES)
@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_is_announced_is_unwrapped_within_bounds(wire: Wire, of: Any) -> None:
    try:
        found = await opened(wire, announce(of))
    except Malformed:
        return
    assert len(found.steps) <= limits.BATCH
    assert len(found.steps) + len(found.dropped) > 0
    assert all(step.activity.actor in (BOB, CATS, DOGS) for step in found.steps)


@pytest.mark.wire
@pytest.mark.skipif(not WIRE.exists(), reason="the recorded documents are not here")
@pytest.mark.parametrize(
    "name",
    [str(path.relative_to(WIRE)) for path in sorted(WIRE.glob("lemmy/activities/**/*.json"))],
)
async def test_what_lemmy_announces_is_opened(wire: Wire, name: str) -> None:
    document = json.loads((WIRE / name).read_text())
    found = await opened(wire, document, group(str(document["actor"])))
    if document["type"] == "Announce" and isinstance(document["object"], dict):
        inner = document["object"]
        if inner["type"] in ("Page", "Note"):
            assert [step.activity.kind for step in found.steps] == ["Announce"]
        else:
            assert [step.activity.kind for step in found.steps] == [inner["type"]]
    else:
        assert [step.activity.kind for step in found.steps] == [document["type"]]
