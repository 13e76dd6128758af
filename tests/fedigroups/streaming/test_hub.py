"""How many may listen, how long they are kept, and what a process does that cannot keep up."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from starlette.types import Message

from federation import limits
from federation.errors import Slowed
from fedigroups.accounts.app_models import Token
from fedigroups.api.answers import ApiError
from fedigroups.media.pictures import Pictures
from fedigroups.streaming import dispatch
from fedigroups.streaming.frames import EVENTS
from fedigroups.streaming.hub import Hub
from fedigroups.streaming.listeners import Listener, Stream, Who
from village import counted
from world import World

pytestmark = pytest.mark.anyio

HERE = Pictures("https://groups.example", "https://groups.example/media", b"x")


def listener(who: Who, sent: list[Message]) -> Listener:
    async def send(message: Message) -> None:
        sent.append(message)

    return Listener(who, EVENTS, send)


ONE = Who(account_id=1, address="a")


@pytest.mark.parametrize(
    ("limit", "who", "other", "error"),
    [
        ("STREAMS_PER_ACCOUNT", ONE, Who(account_id=2, address="a"), Slowed),
        ("STREAMS_PER_ADDRESS", ONE, Who(account_id=1, address="b"), Slowed),
        ("STREAMS_OF_STRANGERS", Who(), ONE, ApiError),
        ("STREAMS", ONE, None, ApiError),
    ],
)
async def test_so_many_listen_and_whoever_comes_then_is_told_to_come_back(
    limit: str,
    who: Who,
    other: Who | None,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, limit, 2)
    hub = Hub(HERE)
    with ExitStack() as inside:
        for _ in range(2):
            inside.enter_context(hub.joined(listener(who, [])))
        with pytest.raises(error), hub.joined(listener(who, [])):
            pass
        if other is not None:
            inside.enter_context(hub.joined(listener(other, [])))
    with hub.joined(listener(who, [])):
        assert len(hub.listeners) == 1


async def test_an_idle_stream_says_that_it_is_there_and_one_that_is_shut_out_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await world.town()
    monkeypatch.setattr(limits, "STREAM_BEAT_SECONDS", 0.02)
    monkeypatch.setattr(limits, "STREAM_CHECK_SECONDS", 0.05)
    sent: list[Message] = []
    hub = town.instance.hub
    gone = listener(Who(token_id=1, account_id=1), sent)
    with town.instance.store.context():
        assert not await Token.exists(id=1)
        running = asyncio.create_task(hub.run())
        with hub.joined(gone):
            async with asyncio.timeout(5):
                while not sent or sent[-1]["more_body"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        running.cancel()
    assert gone.ended
    assert [one["body"] for one in sent][:1] == [b":thump\n"]
    await asyncio.wait([running])
    with pytest.raises(ApiError), hub.joined(gone):  # it is stopped
        pass


async def test_what_cannot_be_told_in_time_is_dropped_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "STREAM_WORDS", 2)
    told: list[tuple[int, ...]] = []

    async def tell(_hub: Hub, word: dispatch.Word) -> None:
        told.append(word.ids)
        if word.ids == (2,):
            raise LookupError("one that breaks keeps nobody back")

    monkeypatch.setattr(dispatch, "tell", tell)
    hub = Hub(HERE)
    hub.hear(b"post 0")  # nobody listens
    with hub.joined(listener(Who(), [])):
        for payload in (b"post 1", b"post 2", b"gone 3 3", b"\xff", b"dance 4", b"post x"):
            hub.hear(payload)
        await hub.drain()
    assert told == [(2,), (3, 3)]


async def test_who_may_have_missed_something_is_told_to_come_back() -> None:
    sent: list[Message] = []
    hub = Hub(HERE)
    with hub.joined(listener(ONE, sent)):
        hub.hear(b"")
        await asyncio.sleep(0)
    assert [one["more_body"] for one in sent] == [False]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_post_costs_as_many_queries_however_many_listen(world: World) -> None:
    town = await world.town()
    hub, asked = town.instance.hub, []
    people = [await town.person(name) for name in ("tom", "olga")]
    for count in (1, 2):
        with ExitStack() as inside:
            heard: list[list[Message]] = [[] for _ in range(count)]
            for person, sent in zip(people, heard, strict=False):
                ear = listener(Who(actor_id=person.id, scopes=("read",)), sent)
                inside.enter_context(hub.joined(ear))
                for stream in (Stream("user", str(person.id)), Stream("public")):
                    hub.subscribe(ear, stream)
            await town.write("olga", f"Which rod, {count}?")
            with town.instance.store.context(), counted() as queries:
                await hub.drain()
            await asyncio.sleep(0)
            assert [len(sent) for sent in heard] == [2] * count
            asked.append(len(queries))
    assert asked[0] == asked[1] <= 8
