"""A server that floods ours is slowed down, and nobody else notices (quirk 110)."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from federation import clock, limits
from fedigroups.app import make_app
from fedigroups.instance import assemble
from fedigroups.settings import load
from network import Network
from servers import Server
from world import World

pytestmark = pytest.mark.anyio

FLOOD = 20


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small share, so that a test is quick to use it up."""
    monkeypatch.setattr(limits, "INBOX_PER_MINUTE", FLOOD)


async def test_while_one_server_floods_another_joins_and_everybody_is_served(
    world: World,
) -> None:
    town = await world.town()
    evil = Server.at(world.network, "evil.example", "mastodon").member("eve")
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    activities = [evil.act("Like", f"https://m.example/notes/{n}") for n in range(FLOOD + 5)]
    with clock.held(clock.now_ms()):
        answers = [await evil.send(activity) for activity in activities]
        assert answers == [202] * FLOOD + [429] * 5
        assert await ann.send(ann.follow()) == 202
        for url in (
            "https://groups.example/nodeinfo/2.1",
            "https://groups.example/.well-known/nodeinfo",
            "https://groups.example/.well-known/webfinger?resource=acct:welders@groups.example",
        ):
            answer = await world.network.handle_async_request(httpx.Request("GET", url))
            assert answer.status_code == 200
    await world.settle()
    assert (await town.members())["ann@m.example"] == "member"
    with clock.held(clock.now_ms() + clock.MINUTE):
        assert [await evil.send(activity) for activity in activities[FLOOD:]] == [202] * 5
    await world.settle()
    kinds = [kind for kind, _, _ in await town.outcomes()]
    assert kinds.count("Like") == FLOOD + 5


@pytest.mark.parametrize(("switch", "answer"), [("on", 429), ("off", 202)])
async def test_the_operator_of_a_server_on_loopback_may_switch_it_off(
    tmp_path: Path, switch: str, answer: int
) -> None:
    settings = load(
        {
            "FEDIGROUPS_ORIGIN": "http://localhost:8000",
            "FEDIGROUPS_DATA_DIR": str(tmp_path),
            "FEDIGROUPS_RATE_LIMITS": switch,
        }
    )
    network = Network()
    instance = assemble(settings, transport=network)
    await instance.open()
    try:
        network.join("localhost:8000", make_app(instance))
        ann = Server.at(network, "m.example", "mastodon").member("ann")
        inbox = "http://localhost:8000/inbox"
        with clock.held(clock.now_ms()):
            for number in range(FLOOD + 1):
                last = await ann.send(ann.act("Listen", f"https://m.example/{number}"), inbox)
        assert last == answer
    finally:
        await instance.close()
