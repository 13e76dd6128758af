"""The program itself, on a machine whose clock and name service a test steers.

    python steered.py serve --role worker --port 8001

`STEER_CLOCK` names a file of eight bytes, the milliseconds by which the clock is off; all processes
that are told the same file have the same clock. `STEER_AGREED` names such a file for the clock of
the database. `STEER_NAMES` names a file of JSON, the addresses of each host name (or of all,
`*.test`), or in their place the error of the name service.
`STEER_WATCH` names a file in which each moment is noted that the event loop was busy for long.
`STEER_STEPS` names a folder with the migrations of another version, in place of this one's.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOTED_SECONDS = 0.05
BEAT_SECONDS = 0.01
_OFFSET = struct.Struct("<q")
_REAL = time.time_ns


def _steered(path: str) -> Callable[[], int]:
    """A clock that is off by what the file says, in nanoseconds."""
    with open(path, "rb") as file:
        offset = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    return lambda: _REAL() + _OFFSET.unpack_from(offset)[0] * 1_000_000


def steer_clock(path: str) -> None:
    """Have everybody in this process read a clock that is off by what the file says."""
    time_ns = _steered(path)
    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


def steer_agreed(path: str) -> None:
    """Have the database, which no test steers, go by such a clock where this process asks it."""
    from federation import storage

    time_ns = _steered(path)
    storage.now_given = lambda: time_ns() // 1_000_000


def steer_names(path: str) -> None:
    """Have host names resolved as the file says; those that it does not name, as ever."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        zone = json.loads(Path(path).read_text())
        said = zone.get(host, zone.get(f"*.{str(host).partition('.')[2]}"))
        if isinstance(said, str):
            raise socket.gaierror(getattr(socket, said), said)
        if said is None:
            return real(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in said]

    socket.getaddrinfo = getaddrinfo


def watch(path: str) -> None:
    """Note whenever the loop of an instance that is open does not come round for long."""
    from fedigroups.instance import Instance

    opening = Instance.open

    async def open_and_watch(instance: Instance) -> None:
        await opening(instance)
        loop, busy = asyncio.get_running_loop(), time.pthread_getcpuclockid(threading.get_ident())
        threading.Thread(target=_beat, args=(loop, busy, path), daemon=True).start()

    Instance.open = open_and_watch  # type: ignore[method-assign]


def take_steps(path: str) -> None:
    """Be a version whose migrations are these."""
    from fedigroups import store

    ours = store.orm_config

    def orm_config(database: Any) -> dict[str, Any]:
        told = ours(database)
        told["apps"]["fedigroups"]["migrations"] = Path(path).name
        return told

    sys.path.insert(0, str(Path(path).parent))
    store.orm_config = orm_config


def hurry() -> None:
    """Have workers look by themselves more often: a minute of the steered clock is soon over."""
    from inbox import process
    from outbox import scheduler

    process.SWEEP_SECONDS = 0.5
    scheduler.POLL_SECONDS = 0.25


def _beat(loop: asyncio.AbstractEventLoop, busy: int, path: str) -> None:
    while not loop.is_closed():
        came = threading.Event()
        at, worked = time.monotonic(), time.clock_gettime(busy)
        try:
            loop.call_soon_threadsafe(came.set)
        except RuntimeError:
            return
        came.wait()
        waited, worked = time.monotonic() - at, time.clock_gettime(busy) - worked
        if waited > NOTED_SECONDS:
            with open(path, "a") as file:
                print(json.dumps({"waited": waited, "worked": worked}), file=file)
        time.sleep(BEAT_SECONDS)


def main() -> None:
    steers = {
        "STEER_CLOCK": steer_clock,
        "STEER_AGREED": steer_agreed,
        "STEER_NAMES": steer_names,
        "STEER_WATCH": watch,
        "STEER_STEPS": take_steps,
    }
    for name, steer in steers.items():
        if os.environ.get(name):
            steer(os.environ[name])
    hurry()
    from fedigroups.cli import main as program

    sys.argv[0] = "fedigroups"
    program()


if __name__ == "__main__":
    main()
