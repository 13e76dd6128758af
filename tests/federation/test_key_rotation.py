"""How often a stranger can make us ask for keys, and what happens when keys change."""

from __future__ import annotations

import asyncio

import pytest

from federation import clock, keys, limits
from federation.errors import BadSignature, NotUsable, OverBudget, Unreachable
from federation.fetch import Budget
from federation.wire import Wire
from neighbour import Neighbour, instance, is_of, key_document, rsa, rsa_key
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

    with clock.held(clock.now_ms()):
        for number in range(limits.STRANGERS_PER_HOST):
            with pytest.raises(BadSignature):
                await ours.directory.key(h.url(f"/made-up/{number}"))
        for number in range(20):
            with pytest.raises(Unreachable):
                await ours.directory.key(h.url(f"/made-up/more-{number}"))
        assert len(network.log) == asked + limits.STRANGERS_PER_HOST
        assert is_of(await ours.directory.key(KEY), "vic")
    with clock.held(clock.now_ms() + clock.MINUTE):  # no host is forgotten for long
        h.serve_person("bob", rsa("bob"))
        assert is_of(await ours.directory.key(h.url("/users/bob#main-key")), "bob")


async def test_who_makes_up_keys_as_fast_as_one_address_may_keeps_no_newcomer_out(
    ours: Wire, h: Neighbour
) -> None:
    h.serve_person("vic", rsa("vic"))
    begun = clock.now_ms()
    for number in range(limits.UNPROVEN_PER_ADDRESS + 300):
        second = max(number - limits.UNPROVEN_PER_ADDRESS, 0)
        with clock.held(begun + second * clock.SECOND), pytest.raises(BadSignature):
            await ours.directory.key(h.url(f"/made-up/{number}"))
    with clock.held(begun + 299 * clock.SECOND):
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
    for _ in range(2):  # found, and then remembered
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


async def test_a_host_of_which_too_many_keys_were_asked_for_anew_is_told_to_come_back(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    ours.directory._keyholders._rekeys.burst = 6  # REKEYS_PER_HOST, for a test that is short
    known = [h.serve_person(f"p{number}", rsa("vic")) for number in range(6)]
    for uri in [*known, h.serve_person("vic", rsa("vic"))]:
        await ours.directory.actor(uri)
    asked, now = len(network.log), clock.now_ms()
    h.serve_person("vic", rsa("new"))

    with clock.held(now):
        for uri in known:
            await ours.directory.rekey(f"{uri}#main-key")
        with pytest.raises(Unreachable) as later:
            await ours.directory.rekey(KEY)
    assert len(network.log) - asked == 6
    wait = later.value.retry_after
    assert wait is not None
    assert 0 < wait < 60

    with clock.held(now + int(wait * clock.SECOND)):
        assert is_of(await ours.directory.rekey(KEY), "new")


async def test_one_activity_has_the_keys_of_two_actors_asked_for_anew_at_most(
    network: Network, ours: Wire, h: Neighbour
) -> None:
    known = [h.serve_person(f"p{number}", rsa("vic")) for number in range(4)]
    for uri in known:
        await ours.directory.actor(uri)
    asked, budget = len(network.log), Budget(limits.FETCHES_PER_PROOF)

    for uri in known[: limits.REKEYS_PER_PROOF]:
        await ours.directory.rekey(f"{uri}#main-key", budget)
    for uri in known[limits.REKEYS_PER_PROOF :]:
        with pytest.raises(OverBudget):
            await ours.directory.rekey(f"{uri}#main-key", budget)
        with pytest.raises(OverBudget):
            await ours.directory.key(f"{uri}#made-up", budget)
    assert len(network.log) - asked == limits.REKEYS_PER_PROOF == 2
    assert 2 * limits.REKEYS_PER_PROOF * limits.UNPROVEN_PER_ADDRESS == limits.REKEYS_PER_HOST


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


async def test_a_key_hosted_apart_that_turns_into_something_else_stays_as_it_was(
    ours: Wire, h: Neighbour
) -> None:
    uri = h.url("/keys/1")
    h.serve_person("vic", publicKey=uri)
    h.serve("/keys/1", key_document(uri, VIC, "vic"))
    await ours.directory.key(uri)
    h.serve("/keys/1", h.person("vic", rsa("new")) | {"id": uri})

    assert is_of(await ours.directory.rekey(uri), "vic")


async def test_a_key_is_no_actor(ours: Wire, h: Neighbour) -> None:
    uri = h.url("/keys/1")
    h.serve("/keys/1", key_document(uri, VIC, "vic"))

    with pytest.raises(NotUsable):
        await ours.directory.actor(uri)
