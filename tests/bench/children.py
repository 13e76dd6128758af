"""Processes beside the benchmark: servers and receiving hosts, and the CPU time that they take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import is_open

from fedigroups.cli.stage import free_port

HERE = Path(__file__).resolve().parent
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Child:
    """A running process that listens on a port."""

    process: subprocess.Popen[bytes]
    port: int
    said: Path

    @property
    def cpu(self) -> float:
        """The CPU seconds of all its threads so far, from its own clock (Linux)."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def ready(self) -> None:
        """Wait until it listens. RuntimeError with its last words when it ends instead."""
        end = time.monotonic() + READY_SECONDS
        while not is_open(self.port):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.process.args!r}: {self.said.read_text()[-2_000:]}")
            time.sleep(0.02)

    def end(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(app: str, said: Path, /, **options: Any) -> Iterator[Child]:
    """A process that serves `module:factory(**options)` as `fedigroups serve` would."""
    program = str(HERE / "serve.py")
    with running(program, app, json.dumps(options, default=str), said=said) as child:
        yield child


@contextmanager
def running(*words: str, said: Path, told: dict[str, str] | None = None) -> Iterator[Child]:
    """`python WORDS PORT`, once it listens on that port; what it says goes into the folder `said`.

    `told` are more variables of its environment.
    """
    port = free_port()
    log, command = said / f"{port}.log", [sys.executable, *words, str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=surroundings() | (told or {}), stdout=file, stderr=file
        )
    child = Child(process, port, log)
    try:
        child.ready()
        yield child
    finally:
        child.end()


def surroundings() -> dict[str, str]:
    """The environment of every child: where the code is, and no setting of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDIGROUPS_")}
    return kept | {"PYTHONPATH": os.pathsep.join(map(str, (HERE.parents[1], HERE.parent, HERE)))}
