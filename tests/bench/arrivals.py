"""Benchmarks of what arrives: accepted durably over HTTP, and processed into the group."""

from __future__ import annotations

import json
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from children import Child, serving
from floors.create import Rows
from home import home, settings
from load import pour
from trial import Goal, Measured, Size, Trial, cpu, race
from visitors import acquainted, create, join, record, request

from federation import storage
from fedigroups.instance import Instance
from neighbour import pem
from senders import Person

CONNECTIONS = 64
PEOPLE = 16


async def inbox_accept(size: Size) -> Trial:
    """Signed POSTs answered 202 once they are committed (fsync), against a bare inbox that does so.

    Creates of people whose keys are known, all different, on 64 connections. What is counted is
    the CPU of each server's process. Ours is the whole app as a web process: it processes nothing.
    """
    with TemporaryDirectory() as name, ExitStack() as stack:
        post = await _Post.office(Path(name), size.of(1_500, 100))
        ours = stack.enter_context(serving("home:app", post.folder, folder=post.folder))
        files = {"database": post.folder / "floor.sqlite3", "keys": post.keys}
        floor = stack.enter_context(serving("floors.inbox:app", post.folder, **files))
        trial = Trial("inbox_accept", "µs CPU", Goal(at_least=0.6, floor_first=True))
        rates: dict[Child, list[float]] = {ours: [], floor: []}
        await race(trial, size, post.accepted(ours, rates), post.accepted(floor, rates))
        trial.note = f"{median(rates[ours]):.0f}/s against {median(rates[floor]):.0f}/s"
        return trial


async def inbox_accept_full_vs_normal(size: Size) -> Trial:
    """Our inbox with an fsync before each 202 (`synchronous=FULL`), against itself without.

    What is compared is requests in a second, because an fsync is waited for; the fsyncs of those
    who arrive together are one.
    """
    with TemporaryDirectory() as name, ExitStack() as stack:
        post = await _Post.office(Path(name), size.of(1_500, 100))
        servers = [
            stack.enter_context(
                serving("home:app", post.folder, folder=post.copy(way), synchronous=way)
            )
            for way in ("FULL", "NORMAL")
        ]
        rates: dict[Child, list[float]] = {server: [] for server in servers}
        trial = Trial("inbox_accept_full_vs_normal", "requests/s", Goal(at_least=0.85))
        full, normal = (post.accepted(server, rates, wall=True) for server in servers)
        return await race(trial, size, full, normal)


class _Post:
    """People who write to the group, and the instance that knows them, closed."""

    def __init__(self, folder: Path, people: list[Person], number: int) -> None:
        self.folder = folder
        self.people = people
        self.number = number

    @classmethod
    async def office(cls, folder: Path, number: int) -> _Post:
        async with home(settings(folder)) as instance:
            people = await acquainted(instance, PEOPLE)
        return cls(folder, people, number)

    @property
    def keys(self) -> Path:
        """A file of everybody's key."""
        path = self.folder / "keys.json"
        path.write_text(json.dumps({person.key_id: pem(person.key) for person in self.people}))
        return path

    def copy(self, name: str) -> Path:
        """Another folder with the same database."""
        folder = self.folder / name
        folder.mkdir()
        for path in self.folder.glob("fedigroups.sqlite3*"):
            (folder / path.name).write_bytes(path.read_bytes())
        return folder

    def accepted(
        self, server: Child, rates: dict[Child, list[float]], *, wall: bool = False
    ) -> Measured:
        async def measured() -> float:
            people = islice(cycle(self.people), self.number)
            requests = [request(person, create(person)) for person in people]
            before = server.cpu
            seconds = await pour(server.port, requests, CONNECTIONS)
            rates[server].append(self.number / seconds)
            return rates[server][-1] if wall else (server.cpu - before) / self.number * 1e6

        return measured


async def process_create(size: Size) -> Trial:
    """Processing a received Create of a member: rules, thread, both announcements, one commit.

    The author is known and the database is SQLite. The goal is 1 ms of CPU, so that is what the
    ratio is of; the floor is what writing the bare rows takes.
    """
    number = size.of(200, 10)
    with TemporaryDirectory() as name:
        async with home(settings(Path(name))) as instance:
            people = await acquainted(instance, PEOPLE)
            await join(instance, people)
            rows = Rows(Path(name) / "floor.sqlite3")
            bodies = [request(person, create(person)) for person in people]

            async def write() -> None:
                rows.create(list(islice(cycle(bodies), number)))

            trial = Trial("process_create", "ms CPU", Goal(at_most=1.0, limit=1.0))
            floor = cpu(number, write, 1e3)
            await race(trial, size, _processed(instance, people, number), floor)
            trial.note = "ratio: of 1 ms; floor: its bare rows"
            return trial


def _processed(instance: Instance, people: list[Person], number: int) -> Measured:
    work = cpu(number, instance.processor.drain, 1e3)

    async def measured() -> float:
        senders = islice(cycle(people), number)
        await record(instance, [(person, create(person)) for person in senders])
        spent = await work()
        odd = await storage.rows("SELECT reason FROM receipt WHERE state <> 'done'")
        assert not odd, odd
        return spent

    return measured
