"""This module runs an instance as several processes, before a crowd of hosts on 127.0.0.0/8."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from federation import clock, keys, signatures, storage
from federation.keys import Signer
from federation.vocabulary import ACTIVITY_JSON, AS2, PUBLIC
from fedigroups.accounts.people import person_named, sign_up
from fedigroups.groups import founding, lookup, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.speaking import Text
from fedigroups.instance import Instance, opened
from fedigroups.settings import Settings, load
from loopback import Visitor, ok
from nats_server import free_port
from neighbour import rsa
from outbox import streams

ROOT = Path(__file__).resolve().parents[1]
ROLES = ("web", "web", "worker", "worker")
READY_SECONDS = 60.0
PATIENCE_SECONDS = 90.0


async def until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something that other processes do is so; `condition` may be awaitable."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if await found if isinstance(found, Awaitable) else found:
            return
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


@dataclass
class Process:
    """One process of the instance."""

    words: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fedigroups", *self.words],
                env=self.environment,
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
            )

    def ready(self) -> None:
        """Wait until it is."""
        end = time.monotonic() + READY_SECONDS
        while self.status("/readyz") != 200:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-3_000:]
            assert time.monotonic() < end, self.log.read_text()[-3_000:]
            time.sleep(0.05)

    def status(self, path: str) -> int:
        """The status at a path, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """No farewell, nothing flushed."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        self.process = None

    async def stopped(self) -> tuple[int, float]:
        """Ask it to stop; its exit status, and how many seconds that took."""
        assert self.process is not None
        start = time.monotonic()
        self.send(signal.SIGTERM)
        status = await asyncio.to_thread(self.process.wait, 40)
        self.process = None
        return status, time.monotonic() - start

    def said(self, event: str) -> list[dict[str, Any]]:
        """What it logged of this event."""
        lines = self.log.read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in found if line["event"] == event]


@dataclass
class Crowd:
    """Many hosts on one port: each serves a person with a key, and takes what it is sent."""

    count: int
    pause: float = 0.0
    port: int = field(default_factory=lambda: free_port("127.0.1.1"))
    came: list[tuple[str, str, str]] = field(default_factory=list)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each host answered 202 to each activity's id."""

    @property
    def hosts(self) -> list[str]:
        return [f"127.0.{1 + n // 250}.{1 + n % 250}:{self.port}" for n in range(self.count)]

    def actor(self, host: str) -> str:
        return f"http://{host}/users/ann"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Crowd]:
        addresses = [host.partition(":")[0] for host in self.hosts]
        server = await asyncio.start_server(self._visit, addresses, self.port)
        try:
            yield self
        finally:
            server.close()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = f"{writer.get_extra_info('sockname')[0]}:{self.port}"
        visitor = Visitor(reader, writer)
        try:
            while request := await visitor.request():
                await visitor.say(await self._answer(host, request))
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answer(self, host: str, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        if method == "POST":
            document = json.loads(body)
            self.came.append((host, document["id"], document["type"]))
            await asyncio.sleep(self.pause)
            self.taken[host, document["id"]] += 1
            return ok(status="202 Accepted")
        document = self._document(host, path)
        if document is None:
            return ok(status="404 Not Found")
        return ok(json.dumps(document).encode(), Content_Type=ACTIVITY_JSON)

    def _document(self, host: str, path: str) -> dict[str, Any] | None:
        uri = self.actor(host)
        if path != "/users/ann":
            return None
        key = keys.public_text(rsa("ann").public_key())
        return {
            "@context": AS2, "id": uri, "type": "Person", "preferredUsername": "ann",
            "inbox": f"{uri}/inbox", "endpoints": {"sharedInbox": f"http://{host}/inbox"},
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": key},
        }  # fmt: skip

    def received(self, host: str) -> list[str]:
        """The types of what came to a host."""
        return [kind for at, _, kind in self.came if at == host]


@dataclass
class Fleet:
    """Two webs and two workers of one instance, and a hand in its database."""

    settings: Settings
    processes: list[Process]

    @property
    def origin(self) -> str:
        return self.settings.origin

    @property
    def group(self) -> str:
        return f"{self.origin}/groups/welders"

    @property
    def webs(self) -> list[Process]:
        return self.processes[:2]

    @property
    def workers(self) -> list[Process]:
        return self.processes[2:]

    def start(self) -> None:
        for process in self.processes:
            process.start()
        for process in self.processes:
            process.ready()

    @asynccontextmanager
    async def hand(self) -> AsyncIterator[Instance]:
        """The instance as a command has it."""
        async with opened(self.settings) as instance:
            yield instance

    async def write(self, *titles: str) -> list[str]:
        """Olga starts threads; the ids of what the group announces."""
        async with self.hand() as instance:
            olga = await person_named(instance.wire, "olga")
            group = await lookup.any_group(instance.wire, "welders")
            rows: list[storage.Row] = []
            for title in titles:
                await speaking.write(instance.wire, olga, group, Text("Hello.", title))
                rows += await storage.rows(
                    "SELECT a.uri FROM log_entry e JOIN activity a ON a.id = e.activity_id"
                    " WHERE e.stream = ? ORDER BY e.seq DESC LIMIT 1",
                    streams.microblog(group.id),
                )
        return [row["uri"] for row in rows]

    async def subscribe(self, crowd: Crowd) -> None:
        """Every host of the crowd reads the group, as after a Follow."""
        async with self.hand() as instance:
            group = await lookup.any_group(instance.wire, "welders")
            for host in crowd.hosts:
                stream = streams.microblog(group.id)
                await streams.subscribe(stream, f"http://{host}/inbox", host)

    async def forget(self, crowd: Crowd) -> None:
        """None of these hosts reads anything any more."""
        async with self.hand():
            for host in crowd.hosts:
                await storage.execute("DELETE FROM subscription WHERE host = ?", host)

    async def boosted(self, author: str) -> list[str]:
        """The posts of an author that the group announced, in order."""
        rows = await self.rows(
            "SELECT object_uri FROM log_entry WHERE stream LIKE 'group:%:microblog' ORDER BY seq"
        )
        return [row["object_uri"] for row in rows if row["object_uri"].startswith(author)]

    async def owed(self) -> list[str]:
        """The hosts that are owed something."""
        rows = await self.rows(
            "SELECT s.host FROM subscription s JOIN stream t ON t.name = s.stream"
            " WHERE s.cursor < t.head"
        )
        return [row["host"] for row in rows]

    async def held_by(self, process: int) -> set[str]:
        """The hosts whose lanes a process holds."""
        rows = await self.rows("SELECT host, lease_owner FROM lane WHERE lease_owner <> ''")
        return {row["host"] for row in rows if f":{process}:" in row["lease_owner"]}

    async def let_leases_end(self, process: int) -> None:
        """A minute passes for the leases of a process that cannot renew them."""
        hosts = sorted(await self.held_by(process))
        async with self.hand():
            for host in hosts:
                await storage.execute("UPDATE lane SET lease_until = 1 WHERE host = ?", host)

    async def rows(self, sql: str, *values: object) -> list[storage.Row]:
        async with self.hand():
            return await storage.rows(sql, *values)


def environment(origin: str, database: str, folder: Path, *nats: str) -> dict[str, str]:
    """The settings of the instance; nothing of the caller's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FEDIGROUPS_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "FEDIGROUPS_ORIGIN": origin,
        "FEDIGROUPS_DATABASE_URL": database,
        "FEDIGROUPS_DATA_DIR": str(folder),
        "FEDIGROUPS_SECRET": "5e" * 32,
        "FEDIGROUPS_NATS_URL": ",".join(nats),
        "FEDIGROUPS_LOG": "json",
    }


@contextmanager
def fleet(database: str, folder: Path, *nats: str) -> Iterator[Fleet]:
    """A fleet, not yet started; all that was started is killed afterwards."""
    ports = [free_port() for _ in range(4)]
    told = environment(f"http://127.0.0.1:{ports[0]}", database, folder, *nats)
    processes = []
    for number, (role, port) in enumerate(zip(ROLES, ports, strict=True)):
        words = ("serve", "--role", role, "--port", str(port))
        processes.append(Process(words, told, folder / f"{role}-{number}.log", port))
    with ExitStack() as stack:
        for process in processes:
            stack.callback(process.kill)
        yield Fleet(load(told), processes)


async def found(fleet: Fleet) -> None:
    """Olga founds the group of the welders."""
    async with fleet.hand() as instance:
        await sign_up(instance.wire, "olga", email="", password="")
        olga = await person_named(instance.wire, "olga")
        await founding.found(instance.wire, "welders", olga, Profile(title="Welders"))


@dataclass
class Ann:
    """A person on one of the crowd's hosts, who signs what she sends."""

    crowd: Crowd
    host: str
    fleet: Fleet
    client: httpx.AsyncClient
    count: int = 0

    @property
    def uri(self) -> str:
        return self.crowd.actor(self.host)

    def act(self, kind: str, object: Any, **more: Any) -> dict[str, Any]:
        self.count += 1
        uri = f"{self.uri}/{kind.lower()}/{self.count}"
        return {
            "@context": AS2,
            "id": uri,
            "type": kind,
            "actor": self.uri,
            "object": object,
        } | more

    def create(self, text: str) -> dict[str, Any]:
        """The Create of a Note that mentions the group."""
        group = self.fleet.group
        to = {"to": [PUBLIC], "cc": [group, f"{self.uri}/followers"]}
        note = {
            "id": f"{self.uri}/notes/{self.count}", "type": "Note", "attributedTo": self.uri,
            "content": f"<p>{text}</p>", "published": clock.rfc3339(clock.now_ms()),
            "tag": [{"type": "Mention", "href": group, "name": "@welders"}],
        }  # fmt: skip
        return self.act("Create", note | to, **to)

    async def send(self, activity: dict[str, Any], web: Process) -> int:
        """Deliver to one of the webs, as a proxy before them does; the status, 0 for none."""
        target = f"{self.fleet.group}/inbox"
        body = json.dumps(activity).encode()
        signer = Signer(f"{self.uri}#main-key", "rsa", rsa("ann"))
        headers = signatures.sign(signer, "POST", target, body, "cavage")
        headers |= {"Content-Type": ACTIVITY_JSON, "Host": httpx.URL(target).netloc.decode()}
        path = target.removeprefix(self.fleet.origin)
        try:
            answer = await self.client.post(
                f"http://127.0.0.1:{web.port}{path}", content=body, headers=headers
            )
        except httpx.TransportError:
            return 0
        return answer.status_code
