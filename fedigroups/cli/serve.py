"""`serve` and `worker` run an instance's processes, of which PostgreSQL allows any number."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

import click
import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

from federation.errors import Misconfigured
from fedigroups import database_url, logging
from fedigroups.app import make_app, make_worker_app
from fedigroups.cli.run import settings
from fedigroups.instance import Instance, assemble
from fedigroups.settings import Settings
from fedigroups.worker import STOP_SECONDS, running

ROLES = ("all", "web", "worker")
_STOPS = (signal.SIGTERM, signal.SIGINT)

_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_port = click.IntRange(0, 65_535)


class Server(uvicorn.Server):
    """Uvicorn, which tells the instance at once when it stops: not after the last connection."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let requests and work end, close."""
        self._stopping.set()
        await super().shutdown(sockets)


@click.command()
@_host
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=_port,
    help="Port to listen on; 0 for none, which only a worker may say.",
)
@click.option(
    "--role",
    default="all",
    show_default=True,
    type=click.Choice(ROLES),
    help="web: pages and inboxes. worker: process and deliver; over HTTP it only answers /livez "
    "and /readyz. Roles other than all need PostgreSQL.",
)
def serve(host: str, port: int, role: str) -> None:
    """Serve pages and federation, and do the work in the background."""
    if port == 0 and role != "worker":
        raise click.UsageError("--port 0 (no HTTP) is for --role worker: the other roles serve it.")
    _serve(host, port, role)


@click.command()
@_host
@click.option(
    "--port", default=0, type=_port, help="Port for /livez and /readyz; without it, no HTTP."
)
def worker(host: str, port: int) -> None:
    """Process and deliver beside other processes: `serve --role worker`. Needs PostgreSQL."""
    _serve(host, port, "worker")


def _serve(host: str, port: int, role: str) -> None:
    chosen = settings()
    _check(role, chosen)
    logging.configure(chosen.log, chosen.log_level)
    instance = assemble(chosen, exclusive=True)
    if port == 0:
        click.echo(f"Fedigroups works for {chosen.origin} (stop with Ctrl-C)")
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_work(instance))
        return
    app = make_worker_app(instance) if role == "worker" else make_app(instance, work=role == "all")
    verb = "works for" if role == "worker" else "serves"
    click.echo(f"Fedigroups {verb} {chosen.origin} at http://{host}:{port} (stop with Ctrl-C)")
    _listen(app, host, port, instance)


def _check(role: str, chosen: Settings) -> None:
    """Refuses with Misconfigured a share of the work where only one process may be."""
    if role != "all" and database_url.parse(chosen.database_url).kind == "sqlite":
        raise Misconfigured(
            f"--role {role} shares the work among processes, and SQLite is for one process: set "
            "FEDIGROUPS_DATABASE_URL to PostgreSQL, for example "
            f"{database_url.EXAMPLE} (`fedigroups migrate --from` copies what you have)"
        )


def _listen(app: ASGIApp, host: str, port: int, instance: Instance) -> None:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=int(STOP_SECONDS),
        lifespan="on",
    )
    server = Server(config, instance.stopping)
    # Uvicorn raises the signal once more when all is stopped: to stop when asked is no failure.
    signal.signal(signal.SIGTERM, _leave)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(1)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


async def _work(instance: Instance) -> None:
    """Work until a signal says to stop."""
    _on_signals(_STOPS, instance.stopping.set)
    async with running(instance, work=True):
        await instance.stopping.wait()


def _on_signals(signals: Sequence[signal.Signals], stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for one in signals:
        loop.add_signal_handler(one, stop)
