"""Three instances as real processes on loopback, for the demo: started, killed, asked, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from fedigroups.settings import load
from fedigroups.store import Store

T = TypeVar("T")

START_SECONDS = 120.0
COMMAND_SECONDS = 120.0
STOP_SECONDS = 35.0


class StageError(RuntimeError):
    """An instance did not start or a command failed; the message holds what it said."""


@dataclass
class Actor:
    """One instance of the demo: a server process and its commands."""

    name: str
    address: str
    folder: Path
    database_url: str = ""
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.port = self.port or free_port(self.address)

    @property
    def host(self) -> str:
        """The host as handles name it."""
        return f"{self.address}:{self.port}"

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return f"http://{self.host}"

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        """The settings of this instance; nothing of the caller's own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FEDIGROUPS_")}
        own = {
            "FEDIGROUPS_ORIGIN": self.origin,
            "FEDIGROUPS_DATA_DIR": str(self.folder),
            "FEDIGROUPS_INSTANCE_NAME": self.name,
        }
        if self.database_url:
            own["FEDIGROUPS_DATABASE_URL"] = self.database_url
        return kept | own

    def start(self) -> None:
        """Start the server and wait until it is ready. Raises `StageError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own program
                [*_PROGRAM, "serve", "--host", self.address, "--port", str(self.port)],
                env=self.environment(),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until it answers. Raises `StageError`."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                break
            if status(f"{self.origin}/readyz") == 200:
                return
            time.sleep(0.05)
        raise StageError(f"{self.name} did not start:\n{self.log.read_text()[-2_000:]}")

    def kill(self) -> None:
        """SIGKILL: no farewell, nothing flushed."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """SIGTERM, and wait."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None

    def run(self, *arguments: str, stdin: str = "") -> str:
        """What a command printed, to which that was said. Raises `StageError`."""
        done = subprocess.run(  # noqa: S603  # our own program
            [*_PROGRAM, *arguments],
            env=self.environment(),
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip()
            raise StageError(f"{self.name}: fedigroups {' '.join(arguments)}: {said}")
        return done.stdout

    def ask(self, *arguments: str) -> Any:
        """What a command answered as JSON."""
        return json.loads(self.run(*arguments, "--json"))

    def look(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` finds in the database of this instance, whose server goes on beside it."""

        async def run() -> T:
            store = Store(load(self.environment()))
            await store.open()
            try:
                with store.context():
                    return await work()
            finally:
                await store.close()

        return asyncio.run(run())

    def page(self, path: str) -> str:
        """The page at a path, or an empty string."""
        return body(f"{self.origin}{path}")


_PROGRAM: Sequence[str] = (sys.executable, "-m", "fedigroups")


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nothing listens on at the address."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def status(url: str) -> int:
    """The HTTP status at a URL, 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def body(url: str) -> str:
    """The text at a URL, empty when there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # loopback
            text: str = answer.read().decode()
            return text
    except OSError:
        return ""
