"""This module runs an instance as real processes, and has a hand in its database."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from federation import storage
from fedigroups.cli.stage import free_port
from fedigroups.instance import Instance, opened
from fedigroups.settings import Settings, load
from fedigroups.store import Store

ROOT = Path(__file__).resolve().parents[2]
STEERED = Path(__file__).with_name("steered.py")
ORIGIN = "http://127.0.77.1:8077"
"""Where the instance says it is; what is sent there goes to one of its webs, as from a proxy."""
GROUP = f"{ORIGIN}/groups/welders"
SECRET = "5e" * 32
READY_SECONDS = 120.0
PATIENCE_SECONDS = 90.0

Words = tuple[str, ...]


async def until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something that other processes do is so; `condition` may be awaitable."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if await found if isinstance(found, Awaitable) else found:
            return
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


class Clock:
    """The clock of all processes that are steered by its file: right, until it is moved."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._off = 0
        self._write()

    def now_ms(self) -> int:
        """What the processes take for the time."""
        return time.time_ns() // 1_000_000 + self._off

    def forward(self, seconds: float) -> None:
        """Move it on, or back when `seconds` is negative."""
        self._off += int(seconds * 1_000)
        self._write()

    def _write(self) -> None:
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("<q", self._off))


@dataclass
class Process:
    """One process of the instance: `serve` in some role."""

    role: str
    environment: dict[str, str]
    log: Path
    steered: bool = False
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, **more: str) -> None:
        """Start it, with `more` in its environment."""
        words = ("serve", "--role", self.role, "--port", str(self.port))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*program(steered=self.steered), *words],
                env=self.environment | more,
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
            )

    def ready(self) -> None:
        """Wait until it is."""
        end = time.monotonic() + READY_SECONDS
        while self.status("/readyz") != 200:
            assert self.lives, self.log.read_text()[-3_000:]
            assert time.monotonic() < end, self.log.read_text()[-3_000:]
            time.sleep(0.05)

    def status(self, path: str) -> int:
        """The status at a path, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=15) as got:
                return int(got.status)
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

    async def died(self, seconds: float = 30) -> bool:
        """Whether it kills itself before so many seconds are over."""
        assert self.process is not None
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self.process.wait, seconds)
        return self.process.returncode == -signal.SIGKILL

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
        return [line for line in self.lines() if line["event"] == event]

    def lines(self) -> list[dict[str, Any]]:
        """All that it logged; of a line that it was killed over, nothing."""
        found = []
        for line in self.log.read_text().splitlines() if self.log.exists() else ():
            with suppress(json.JSONDecodeError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict)]


def program(*, steered: bool) -> list[str]:
    """How the program is called; `steered` on a machine of which a test has the clock."""
    return [sys.executable, str(STEERED)] if steered else [sys.executable, "-m", "fedigroups"]


@dataclass(repr=False)
class Fleet:
    """The processes of one instance, and a hand in its database."""

    settings: Settings
    environment: dict[str, str]
    processes: list[Process]
    clock: Clock

    @property
    def webs(self) -> list[Process]:
        return [one for one in self.processes if one.role in {"all", "web"}]

    @property
    def workers(self) -> list[Process]:
        return [one for one in self.processes if one.role in {"all", "worker"}]

    def start(self) -> None:
        """Start those that do not run, and wait until all are ready."""
        for process in self.processes:
            if not process.lives:
                process.start()
        for process in self.processes:
            process.ready()

    def kill(self) -> None:
        for process in self.processes:
            process.kill()

    @asynccontextmanager
    async def hand(self) -> AsyncIterator[Instance]:
        """The instance as a command has it."""
        async with opened(self.settings) as instance:
            yield instance

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Its database is ambient, and nothing else is touched."""
        store = Store(self.settings)
        await store.open()
        try:
            with store.context():
                yield
        finally:
            await store.close()

    async def rows(self, sql: str, *values: object) -> list[storage.Row]:
        async with self.looking():
            return await storage.rows(sql, *values)

    async def change(self, sql: str, *values: object) -> int:
        async with self.looking():
            return await storage.execute(sql, *values)

    def command(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """A command, as an operator types it, under way."""
        return subprocess.Popen(
            [*program(steered=self.processes[0].steered), *words],
            env=self.environment | more,
            cwd=self.settings.data_dir,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *words: str) -> str:
        """What a command said, once it has ended well."""
        with self.command(*words) as process:
            said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
        return said.decode()

    def said(self, event: str) -> list[dict[str, Any]]:
        """What any process logged of this event."""
        return [line for line in self.lines() if line["event"] == event]

    def lines(self) -> list[dict[str, Any]]:
        """All that the processes logged."""
        return [line for process in self.processes for line in process.lines()]

    def errors(self) -> list[dict[str, Any]]:
        """What an operator is told that is wrong."""
        return [line for line in self.lines() if line["level"] in {"error", "critical"}]


def environment(database: str, folder: Path, *nats: str, origin: str = ORIGIN) -> dict[str, str]:
    """The settings of the instance; nothing of the caller's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FEDIGROUPS_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "FEDIGROUPS_ORIGIN": origin,
        "FEDIGROUPS_DATABASE_URL": database,
        "FEDIGROUPS_DATA_DIR": str(folder),
        "FEDIGROUPS_SECRET": SECRET,
        "FEDIGROUPS_NATS_URL": ",".join(nats),
        "FEDIGROUPS_LOG": "json",
    }


@contextmanager
def fleet(
    database: str,
    folder: Path,
    roles: Sequence[str],
    *,
    nats: Sequence[str] = (),
    steer: Mapping[str, str] | None = None,
    origin: str = ORIGIN,
) -> Iterator[Fleet]:
    """A fleet, not yet started; all that was started is killed afterwards.

    With `steer`, even an empty one, its processes go by the fleet's clock; it names what else of
    `steered.py` they are told.
    """
    clock = Clock(folder / "clock")
    plain = environment(database, folder, *nats, origin=origin)
    steered = {name: str(clock.path) for name in ("STEER_CLOCK", "STEER_AGREED")}
    told = plain | steered | dict(steer or {})
    processes = [
        Process(role, told, folder / f"{role}-{number}.log", steered=steer is not None)
        for number, role in enumerate(roles)
    ]
    with ExitStack() as stack:
        for process in processes:
            stack.callback(process.kill)
        yield Fleet(load(plain), told, processes, clock)
