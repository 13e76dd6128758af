"""The bus: who listens to a topic is told, in this process and in others, whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

import world
from conftest import MakeUrl
from fedigroups import bus as buses
from fedigroups import postgres_link
from fedigroups.bus import INBOX, OUTBOX, PAYLOAD_BYTES, Bus, LocalBus, RelayBus, choose, relay
from fedigroups.cli.stage import free_port
from fedigroups.database_url import parse
from fedigroups.instance import assemble, opened
from fedigroups.store import Store
from nats_server import NatsServer
from postgres_server import Postgres
from receivers import until

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
END_LINES = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'fedigroups bus'"
)


class Ear:
    """Listens to a topic; `came` are the payloads, in order."""

    def __init__(self, bus: Bus, topic: str = "live") -> None:
        self.came: list[bytes] = []
        self.end = bus.listen(topic, self.came.append)

    @property
    def messages(self) -> list[bytes]:
        """What came with a payload: the others only say that it is time to look."""
        return [payload for payload in self.came if payload]


@dataclass
class Line:
    """A form of the bus that reaches other processes, and how to break it."""

    make: Callable[..., Bus]
    take_away: Callable[[], Awaitable[None]]
    bring_back: Callable[[], Awaitable[None]]
    stack: AsyncExitStack

    async def bus(self, origin: str = ORIGIN) -> Bus:
        """A bus as another process has it, connected."""
        bus = self.make(origin)
        ear = Ear(bus, "connected")
        await bus.open()
        self.stack.push_async_callback(bus.close)
        await until(lambda: ear.came)
        return bus


@pytest.fixture(params=["postgres", "nats"])
async def line(
    request: pytest.FixtureRequest, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Line]:
    """Each form that reaches other processes, over its real server."""
    monkeypatch.setattr(relay, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(relay, "LONGEST_PAUSE", 0.1)
    async with AsyncExitStack() as stack:
        if request.param == "nats":
            server: NatsServer = request.getfixturevalue("nats_server")
            stack.callback(lambda: server.process or server.start())

            def over_nats(origin: str) -> Bus:
                return choose(SimpleNamespace(origin=origin, nats_url=(server.url,)))

            async def stop() -> None:
                server.stop()

            async def start() -> None:
                await asyncio.to_thread(server.start)

            yield Line(over_nats, stop, start, stack)
            return
        postgres: Postgres = request.getfixturevalue("postgres")
        urls = {ORIGIN: await make_url("postgres")}
        other = await make_url("postgres")

        def over_postgres(origin: str) -> Bus:
            url = urls.get(origin, other)
            return choose(SimpleNamespace(origin=origin, nats_url=(), database_url=url))

        async def refuse() -> None:
            name = parse(urls[ORIGIN]).credentials["database"]
            await postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await postgres.execute(END_LINES)

        async def allow() -> None:
            name = parse(urls[ORIGIN]).credentials["database"]
            await postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        yield Line(over_postgres, refuse, allow, stack)


def test_every_listener_of_a_topic_is_told_and_no_other() -> None:
    bus: Bus = LocalBus()
    first, second, other = Ear(bus), Ear(bus), Ear(bus, OUTBOX)
    bus.publish("live", b"new")
    assert (first.came, second.came, other.came) == ([b"new"], [b"new"], [])


def test_telling_a_topic_that_nobody_listens_to_is_nothing() -> None:
    LocalBus().publish(OUTBOX)


def test_a_listener_that_ended_hears_nothing_and_may_end_twice() -> None:
    bus = LocalBus()
    ear = Ear(bus)
    ear.end()
    ear.end()
    bus.publish("live")
    assert ear.came == []


def test_a_listener_may_end_while_it_is_told() -> None:
    bus = LocalBus()
    told: list[str] = []

    def once(_: bytes) -> None:
        told.append("once")
        end()

    end = bus.listen(OUTBOX, once)
    bus.listen(OUTBOX, lambda _: told.append("always"))
    bus.publish(OUTBOX)
    bus.publish(OUTBOX)
    assert told == ["once", "always", "always"]


def test_a_listener_that_fails_harms_neither_the_teller_nor_the_others() -> None:
    bus = LocalBus()

    def broken(_: bytes) -> None:
        raise LookupError("a fault of the listener")

    bus.listen("live", broken)
    ear = Ear(bus)
    bus.publish("live", b"new")
    assert ear.came == [b"new"]


def test_a_payload_that_some_bus_could_not_carry_is_refused_by_all() -> None:
    bus = LocalBus()
    ear = Ear(bus)
    bus.publish("live", b"x" * PAYLOAD_BYTES)
    with pytest.raises(ValueError, match="4096 bytes"):
        bus.publish("live", b"x" * (PAYLOAD_BYTES + 1))
    assert len(ear.came) == 1


async def test_the_settings_choose_the_form_of_the_bus() -> None:
    def chosen(database: str, *nats: str) -> Bus:
        return choose(SimpleNamespace(origin=ORIGIN, database_url=database, nats_url=nats))

    assert type(chosen("sqlite:///tmp/x.sqlite3")) is LocalBus
    over = {
        "postgres": chosen("postgres://db.example/fedigroups"),
        "nats": chosen("postgres://db.example/fedigroups", "nats://127.0.0.1:4222"),
        "nats, from sqlite": chosen("sqlite:///tmp/x.sqlite3", "nats://127.0.0.1:4222"),
    }
    said = {name: vars(bus)["_over"].split(",")[0] for name, bus in over.items()}
    assert said == {"postgres": "PostgreSQL", "nats": "NATS", "nats, from sqlite": "NATS"}


async def test_what_one_process_says_all_others_hear_once_and_it_does_too(line: Line) -> None:
    first, second, third = [await line.bus() for _ in range(3)]
    ears = [Ear(bus) for bus in (first, second, third)]
    said = [b"one", bytes(range(256)), b"x" * PAYLOAD_BYTES]
    for payload in said:
        first.publish("live", payload)
    await until(lambda: all(len(ear.messages) == 3 for ear in ears))
    third.publish("live", b"end")
    await until(lambda: all(len(ear.messages) == 4 for ear in ears))
    assert [ear.messages for ear in ears] == [[*said, b"end"]] * 3


async def test_topics_are_told_apart(line: Line) -> None:
    first, second = await line.bus(), await line.bus()
    inbox, outbox = Ear(second, INBOX), Ear(second, OUTBOX)
    first.publish(OUTBOX)
    await until(lambda: outbox.came)
    assert (inbox.came, outbox.came) == ([], [b""])


async def test_a_thousand_wake_ups_at_once_are_a_few(line: Line) -> None:
    first, second = await line.bus(), await line.bus()
    ear = Ear(second, OUTBOX)
    for _ in range(1_000):
        first.publish(OUTBOX)
    first.publish("live", b"end")
    end = Ear(second)
    await until(lambda: end.messages)
    assert 1 <= len(ear.came) <= 3


async def test_another_instance_beside_it_hears_nothing(line: Line) -> None:
    ours, beside = await line.bus(), await line.bus("https://second.example")
    ear, witness = Ear(beside), Ear(await line.bus())
    ours.publish("live", b"new")
    await until(lambda: witness.messages)
    await asyncio.sleep(0.05)
    assert ear.messages == []


async def test_what_a_command_says_before_it_ends_is_heard(line: Line) -> None:
    ear = Ear(await line.bus(), OUTBOX)
    command = line.make(ORIGIN)
    await command.open()
    command.publish(OUTBOX)
    await command.close()
    await until(lambda: ear.came)


async def test_a_lost_line_is_found_again_and_every_listener_looks_for_what_it_missed(
    line: Line,
) -> None:
    first, second = await line.bus(), await line.bus()
    wakes, ear = Ear(second, OUTBOX), Ear(second)
    await line.take_away()
    for _ in range(20):
        first.publish(OUTBOX)  # neither waits nor fails
        first.publish("live", b"perhaps lost")
        await asyncio.sleep(0.01)
    await line.bring_back()
    await until(lambda: wakes.came)
    while b"again" not in ear.messages:
        first.publish("live", b"again")
        await asyncio.sleep(0.02)


async def test_nobody_waits_for_a_server_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "CLOSE_SECONDS", 0.05)
    for url in (f"nats://127.0.0.1:{free_port()}", f"postgres://127.0.0.1:{free_port()}/none"):
        nats = (url,) if url.startswith("nats") else ()
        bus = choose(SimpleNamespace(origin=ORIGIN, nats_url=nats, database_url=url))
        ear = Ear(bus)
        await bus.open()
        bus.publish("live", b"here")
        assert ear.came == [b"here"]
        await asyncio.sleep(0.1)
        await bus.close()
        await bus.close()


async def test_of_several_nats_servers_one_is_enough(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "FIRST_PAUSE", 3_600.0)
    urls = (*(f"nats://127.0.0.1:{free_port()}" for _ in range(5)), nats_server.url)
    bus = choose(SimpleNamespace(origin=ORIGIN, nats_url=urls))
    connected = Ear(bus, "connected")
    await bus.open()
    await until(lambda: connected.came)
    await bus.close()


async def test_a_bus_that_was_closed_reaches_this_process_alone(line: Line) -> None:
    bus, other = await line.bus(), await line.bus()
    here, there = Ear(bus), Ear(other)
    await bus.close()
    bus.publish("live", b"new")
    await asyncio.sleep(0.05)
    assert (here.came, there.messages) == ([b"new"], [])


async def test_a_line_that_is_silently_dead_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(relay, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(relay, "FIRST_PAUSE", 0.01)
    dialled = asyncio.Semaphore(0)

    class Dead:
        """A line on which nothing ever comes back."""

        def __init__(self, _hear: object, _lost: object) -> None:
            pass

        async def __aenter__(self) -> relay.Send:
            dialled.release()
            return lambda _: asyncio.sleep(60)

        async def __aexit__(self, *_: object) -> None:
            pass

    bus = RelayBus(Dead, over="a dead line")
    await bus.open()
    for _ in range(3):
        await dialled.acquire()
    await bus.close()


async def test_what_others_shout_on_the_channel_is_not_understood(
    postgres: Postgres, make_url: MakeUrl
) -> None:
    url = await make_url("postgres")
    bus = choose(SimpleNamespace(origin=ORIGIN, nats_url=(), database_url=url))
    ear, connected = Ear(bus), Ear(bus, "connected")
    await bus.open()
    await until(lambda: connected.came)
    link = await postgres_link.connect(parse(url))
    for text in ("", "live", "live ***", "live \u00e9", "live bmV3"):
        await link.execute("SELECT pg_notify('fedigroups', $1)", text)
    await link.close()
    await until(lambda: ear.messages)
    assert ear.messages == [b"new"]
    await bus.close()


async def test_a_receipt_in_one_process_wakes_the_processors_of_all_others(
    make_url: MakeUrl, tmp_path: Path
) -> None:
    settings = world.settings("groups.example", await make_url("postgres"), tmp_path)
    web, worker = assemble(settings), assemble(settings)
    connected = Ear(worker.bus, "connected")
    for instance in (web, worker):
        await instance.bus.open()
    await until(lambda: connected.came)
    processor = Ear(worker.bus, INBOX)
    vars(web.recorder)["_after"]()
    await until(lambda: processor.came)
    for instance in (web, worker):
        await instance.bus.close()


async def test_what_a_command_committed_the_running_servers_look_for(
    make_url: MakeUrl, tmp_path: Path
) -> None:
    url = await make_url("postgres")
    bus = choose(SimpleNamespace(origin=ORIGIN, nats_url=(), database_url=url))
    connected = Ear(bus, "connected")
    await bus.open()
    await until(lambda: connected.came)
    inbox, outbox = Ear(bus, INBOX), Ear(bus, OUTBOX)
    async with opened(world.settings("groups.example", url, tmp_path)) as instance:
        assert isinstance(instance.store, Store)
        assert (inbox.came, outbox.came) == ([], [])
    await until(lambda: inbox.came and outbox.came)
    await bus.close()


def test_the_topics_are_words_that_every_bus_can_carry() -> None:
    assert all(
        topic.isalpha() and topic.islower() for topic in (buses.CHANGED, buses.INBOX, buses.OUTBOX)
    )
