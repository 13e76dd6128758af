"""An instance as several processes on one PostgreSQL, with NATS: killed, frozen, restarted."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import nats_server as servers
from conftest import MakeUrl, Postgres
from fleet import Ann, Crowd, Fleet, Process, environment, fleet, found, until
from nats_server import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(300)]


@dataclass
class Scene:
    """A running fleet and the hosts that it federates with."""

    fleet: Fleet
    stack: AsyncExitStack
    client: httpx.AsyncClient

    async def crowd(self, count: int, pause: float = 0.0) -> Crowd:
        """That many hosts, which nobody remembers after the test."""
        crowd = await self.stack.enter_async_context(Crowd(count, pause).listening())
        self.stack.push_async_callback(self.fleet.forget, crowd)
        return crowd

    def ann(self, crowd: Crowd, number: int = 0) -> Ann:
        """Ann on one of them."""
        return Ann(crowd, crowd.hosts[number], self.fleet, self.client)


@pytest.fixture(scope="module")
async def running(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Fleet]:
    """Two webs, two workers, and the group of the welders."""
    folder = tmp_path_factory.mktemp("fleet")
    with servers.running() as nats:
        async with postgres.database() as url:
            with fleet(url, folder, nats.url) as ours:
                await asyncio.to_thread(ours.start)  # all four at once, on an empty database
                await found(ours)
                yield ours


@pytest.fixture
async def scene(running: Fleet) -> AsyncIterator[Scene]:
    """The fleet, with nobody else there yet."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=30, trust_env=False))
        yield Scene(running, stack, client)


def all_taken(crowd: Crowd, uris: list[str]) -> bool:
    """Whether every host took every activity."""
    return all(crowd.taken[host, uri] for host in crowd.hosts for uri in uris)


async def test_two_webs_and_two_workers_are_one_instance(scene: Scene) -> None:
    ours, crowd = scene.fleet, await scene.crowd(2)
    people = [scene.ann(crowd, number) for number in range(2)]
    for person, web in zip(people, ours.webs, strict=True):
        assert await person.send(person.act("Follow", ours.group), web) == 202
    await until(lambda: all("Accept" in crowd.received(host) for host in crowd.hosts))
    assert await people[0].send(people[0].create("Which rod?"), ours.webs[1]) == 202
    await until(lambda: all("Announce" in crowd.received(host) for host in crowd.hosts))
    assert set(crowd.taken.values()) == {1}
    assert all("NATS" in process.said("bus.connected")[0]["over"] for process in ours.processes)
    for worker in ours.workers:
        paths = ("/livez", "/readyz", "/", "/groups/welders", "/inbox")
        assert [worker.status(path) for path in paths] == [200, 200, 404, 404, 404]
    assert [web.status("/groups/welders") for web in ours.webs] == [200, 200]


async def test_what_a_host_sends_to_either_web_is_processed_in_its_order(scene: Scene) -> None:
    ours, crowd = scene.fleet, await scene.crowd(3)
    people = [scene.ann(crowd, number) for number in range(3)]
    for person in people:
        await person.send(person.act("Follow", ours.group), ours.webs[0])
    await until(lambda: all("Accept" in crowd.received(host) for host in crowd.hosts))

    async def talk(person: Ann) -> None:
        for number in range(12):
            web = ours.webs[number % 2]
            assert await person.send(person.create(str(number)), web) == 202
        sent = [f"{person.uri}/notes/{number}" for number in range(1, 13)]
        await until(lambda: _same(ours.boosted(person.uri), sent))

    await asyncio.gather(*(talk(person) for person in people))
    await until(lambda: _same(ours.owed(), []))
    assert set(crowd.taken.values()) == {1}


async def _same(found: Awaitable[object], wanted: object) -> bool:
    return await found == wanted


async def test_a_worker_killed_in_mid_fan_out_loses_nothing(scene: Scene) -> None:
    ours, crowd = scene.fleet, await scene.crowd(150, pause=0.05)
    await ours.subscribe(crowd)
    first, second = ours.workers
    uris = await ours.write("one", "two", "three")
    await until(lambda: len(crowd.came) > 120)
    pid = first.pid
    first.kill()
    held = await ours.held_by(pid)
    assert held
    await ours.let_leases_end(pid)
    first.start()  # as a supervisor does
    await until(lambda: all_taken(crowd, uris))
    await asyncio.sleep(1)
    again = {key for key, times in crowd.taken.items() if times > 1}
    assert {host for host, _ in again} <= held
    assert max(crowd.taken.values()) <= 2
    assert second.process is not None


async def test_a_rolling_restart_loses_nothing_and_doubles_nothing(scene: Scene) -> None:
    ours, crowd = scene.fleet, await scene.crowd(40, pause=0.1)
    await ours.subscribe(crowd)
    ann, uris, refused = scene.ann(crowd), list[str](), list[int]()
    assert await ann.send(ann.act("Follow", ours.group), ours.webs[0]) == 202
    rolling = True

    async def publish() -> None:
        while rolling:
            uris.extend(await ours.write(f"number {len(uris)}"))

    async def send() -> list[str]:
        accepted: list[str] = []
        while rolling:
            note = ann.create(f"note {ann.count}")
            for web in ours.webs:  # a proxy goes on to the next
                status = await ann.send(note, web)
                if status == 202:
                    accepted.append(note["object"]["id"])
                    break
                if status:
                    refused.append(status)
            await asyncio.sleep(0.05)
        return accepted

    publishing, sending = asyncio.create_task(publish()), asyncio.create_task(send())
    await until(lambda: len(crowd.came) > 100)
    ends = []
    for process in (*ours.workers, *ours.webs):
        ends.append(await process.stopped())
        process.start()
        await asyncio.to_thread(process.ready)
    rolling = False
    await publishing
    accepted = await sending
    await until(lambda: all_taken(crowd, uris))
    await until(lambda: _same(ours.boosted(ann.uri), accepted))
    await until(lambda: _same(ours.owed(), []))
    assert [status for status, _ in ends] == [0, 0, 0, 0]
    assert max(seconds for _, seconds in ends) < 30
    assert refused == []
    doubled = {key: times for key, times in crowd.taken.items() if times > 1}
    assert doubled == {}


async def test_a_frozen_worker_that_wakes_after_its_lease_harms_nothing(scene: Scene) -> None:
    ours, crowd = scene.fleet, await scene.crowd(60, pause=0.1)
    await ours.subscribe(crowd)
    frozen = ours.workers[0]
    uris = await ours.write("one", "two")
    await until(lambda: len(crowd.came) > 30)
    frozen.send(signal.SIGSTOP)
    held = await ours.held_by(frozen.pid)
    await ours.let_leases_end(frozen.pid)
    uris += await ours.write("three")
    await until(lambda: all_taken(crowd, uris))
    frozen.send(signal.SIGCONT)
    uris += await ours.write("four")
    await until(lambda: all_taken(crowd, uris))
    await asyncio.sleep(1)
    again = {key for key, times in crowd.taken.items() if times > 1}
    assert {host for host, _ in again} <= held
    assert max(crowd.taken.values()) <= 2
    assert await ours.owed() == []


@pytest.mark.parametrize("words", [("worker",), ("serve", "--role", "worker", "--port", "0")])
async def test_a_worker_without_http_works_and_stops_when_asked(
    words: tuple[str, ...], make_url: MakeUrl, tmp_path: Path
) -> None:
    told = environment(
        "http://localhost:8000", await make_url("postgres", migrated=False), tmp_path
    )
    worker = Process(words, told, tmp_path / "worker.log")
    worker.start()
    try:
        await until(lambda: worker.said("bus.connected"))
        assert "PostgreSQL" in worker.said("bus.connected")[0]["over"]
        status, seconds = await worker.stopped()
    finally:
        worker.kill()
    assert (status, worker.said("app.worker_cut_off")) == (0, [])
    assert seconds < 30


async def test_a_server_asked_to_stop_answers_whom_it_has_accepted(tmp_path: Path) -> None:
    port = free_port()
    told = environment(f"http://127.0.0.1:{port}", "", tmp_path)
    server = Process(("serve", "--port", str(port)), told, tmp_path / "server.log", port)
    server.start()
    try:
        await asyncio.to_thread(server.ready)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /inbox HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 2\r\n"
        writer.write(f"{head}Content-Type: application/activity+json\r\n\r\n{{".encode())
        await writer.drain()
        await asyncio.sleep(0.3)
        stopping = asyncio.create_task(server.stopped())
        await until(lambda: not server.status("/livez"), 5)
        assert not stopping.done()
        writer.write(b"}")
        answer = await reader.read()
        writer.close()
        status, seconds = await stopping
    finally:
        server.kill()
    assert answer.startswith(b"HTTP/1.1 400")
    assert status == 0
    assert seconds < 30
