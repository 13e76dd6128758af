"""Digests are kept one XOR at a time, and many are read at once."""

from __future__ import annotations

import asyncio

import pytest

from federation import follower_digest, followers, storage
from federation.followers import Followers
from fedigroups.store import Store
from village import counted

pytestmark = pytest.mark.anyio

WELDERS, BAKERS = "https://groups.example/groups/welders", "https://groups.example/groups/bakers"
ANN, AMY = "https://m.example/users/ann", "https://m.example/users/amy"


async def come(uri: str, group: str = WELDERS) -> None:
    async with storage.transaction():
        await followers.toggle(group, "m.example", uri, follows=True)


async def go(uri: str) -> None:
    async with storage.transaction():
        await followers.toggle(WELDERS, "m.example", uri, follows=False)


async def test_who_comes_and_goes_changes_the_digest_of_their_host(database: Store) -> None:
    assert await followers.digest(WELDERS, "m.example") == follower_digest.EMPTY
    await come(ANN)
    await come(AMY)
    await come(ANN, BAKERS)
    assert await followers.digest(WELDERS, "m.example") == follower_digest.of([ANN, AMY])
    assert await followers.digest(BAKERS, "m.example") == follower_digest.of([ANN])
    assert await followers.digest(WELDERS, "l.example") == follower_digest.EMPTY
    await go(ANN)
    assert await followers.digest(WELDERS, "m.example") == follower_digest.of([AMY])


async def test_when_the_last_has_gone_nothing_is_told(database: Store) -> None:
    for uri in (ANN, AMY):
        await come(uri)
    for uri in (ANN, AMY):
        await go(uri)
    assert await Followers().digest(WELDERS, "m.example") == ""
    assert await followers.read_all() == {}
    await go(ANN)
    assert await followers.read_all() == {}


async def test_all_who_ask_in_one_moment_share_one_statement(database: Store) -> None:
    await come(ANN)
    await come(AMY, BAKERS)
    kept = Followers()
    asked = [(WELDERS, "m.example"), (BAKERS, "m.example"), (WELDERS, "l.example")] * 50
    with counted() as said:
        found = await asyncio.gather(*(kept.digest(*pair) for pair in asked))
    assert found[:3] == [follower_digest.of([ANN]), follower_digest.of([AMY]), ""]
    assert found == found[:3] * 50
    assert len(said) == 1
    await come(AMY)
    assert await kept.digest(WELDERS, "m.example") == follower_digest.of([ANN, AMY])


async def test_one_who_stops_waiting_takes_nothing_from_the_others(database: Store) -> None:
    await come(ANN)
    kept = Followers()
    first, second = [asyncio.create_task(kept.digest(WELDERS, "m.example")) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    assert await second == follower_digest.of([ANN])


async def test_all_are_written_anew(database: Store) -> None:
    await come(AMY)
    pairs = {(WELDERS, "m.example"): [ANN, AMY], (BAKERS, "l.example"): [ANN]}
    await followers.write_all(pairs)
    assert await followers.read_all() == {
        pair: follower_digest.of(uris) for pair, uris in pairs.items()
    }
