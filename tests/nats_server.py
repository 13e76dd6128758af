"""This module runs a real NATS server on a free port of this machine, and takes it away."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fedigroups.cli.stage import free_port

PROGRAM = Path(sys.executable).with_name("nats-server")


@dataclass
class NatsServer:
    """One server; it can be stopped and started again at the same port."""

    port: int = field(default_factory=free_port)
    words: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "-a", "127.0.0.1", "-p", str(self.port), *self.words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._answers():
            assert self.process.poll() is None, "nats-server ended"
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def running() -> Iterator[NatsServer]:
    """A server for as long as the block lasts."""
    server = NatsServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def cluster(size: int = 3) -> Iterator[list[NatsServer]]:
    """Servers that hand on to each other what they are told."""
    ends = [f"nats://127.0.0.1:{free_port()}" for _ in range(size)]
    servers = [
        NatsServer(words=("--cluster_name", "c", "--cluster", end, "--routes", ",".join(ends)))
        for end in ends
    ]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()
