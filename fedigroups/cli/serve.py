"""`serve` and `worker` run an instance's processes, of which PostgreSQL allows any number."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from importlib import import_module
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click
import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

from federation import limits
from federation.errors import Misconfigured
from fedigroups import database_url, logging, open_files
from fedigroups.app import make_app, make_worker_app
from fedigroups.cli.run import settings
from fedigroups.instance import Instance, assemble
from fedigroups.settings import Settings
from fedigroups.web.connections import Bounded
from fedigroups.web.sockets import BoundedSocket
from fedigroups.worker import STOP_SECONDS, running

ROLES = ("all", "web", "worker")
PORT = 8000
_STOPS = (signal.SIGTERM, signal.SIGINT)

_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_port = click.IntRange(0, 65_535)


class Server(uvicorn.Server):
    """Uvicorn around an instance, which is open before it listens and told at once when it stops.

    The instance is not opened in the app's lifespan: uvicorn would log what that refuses with a
    traceback, and here it becomes the command's one sentence.
    """

    def __init__(self, config: uvicorn.Config, instance: Instance, role: str) -> None:
        super().__init__(config)
        self._instance = instance
        self._role = role

    async def _serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with running(self._instance, work=self._role != "web"):
            await super()._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        at = f"at http://{self.config.host}:{self.config.port}"
        _greet(self._instance.settings, self._role, at)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, let requests and work end, close."""
        self._instance.stopping.set()
        await super().shutdown(sockets)


@click.command()
@_host
@click.option(
    "--port",
    type=_port,
    help="Port to listen on; 0 for none, which only a worker may say.  [default: the port of an "
    f"origin on this machine, else {PORT}]",
)
@click.option(
    "--role",
    default="all",
    show_default=True,
    type=click.Choice(ROLES),
    help="web: pages and inboxes. worker: process and deliver; over HTTP it only answers /livez, "
    "/readyz and /metrics. Roles other than all need PostgreSQL.",
)
@click.option(
    "--proxies",
    default="127.0.0.1",
    show_default=True,
    help="Addresses and networks of the proxies in front, separated by commas, or * for any: what "
    "they say in X-Forwarded-For is logged as the peer, and counted by. With *, the proxy must "
    "replace that header, as Caddy does, and not add to it.",
)
def serve(host: str, port: int | None, role: str, proxies: str) -> None:
    """Serve pages and federation, and do the work behind them."""
    if port == 0 and role != "worker":
        raise click.UsageError("--port 0 (no HTTP) is for --role worker: the other roles serve it.")
    _run(host, port, role, proxies)


@click.command()
@_host
@click.option(
    "--port",
    default=0,
    type=_port,
    help="Port for /livez, /readyz and /metrics; without it, no HTTP.",
)
def worker(host: str, port: int) -> None:
    """Process and deliver, beside other processes. `serve --role worker`; needs PostgreSQL."""
    _run(host, port, "worker", proxies="")


def _run(host: str, port: int | None, role: str, proxies: str) -> None:
    chosen = settings()
    _check(role, chosen)
    logging.configure(chosen.log, chosen.log_level)
    open_files.allow()
    with _watched(chosen):
        _serve(chosen, host, port, role, proxies)


def _watched(chosen: Settings) -> AbstractContextManager[None]:
    """Send spans where they are wanted, and else import nothing of OpenTelemetry."""
    if not chosen.otlp_url:
        return nullcontext()
    try:
        telemetry = import_module("fedigroups.telemetry")
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"FEDIGROUPS_OTLP_URL needs the extra `otel`, of which {error.name} is not here: pip "
            "install 'fedigroups[otel]', or take the setting away"
        ) from error
    found: AbstractContextManager[None] = telemetry.exporting(chosen.otlp_url, chosen.origin)
    return found


def _serve(chosen: Settings, host: str, port: int | None, role: str, proxies: str) -> None:
    instance = assemble(chosen, exclusive=True)
    if port == 0:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_work(instance))
        return
    app = make_worker_app(instance) if role == "worker" else make_app(instance)
    config = configured(
        app,
        host=host,
        port=port or _own_port(chosen),
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=int(STOP_SECONDS),
    )
    _listen(Server(config, instance, role))


def configured(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """What uvicorn is told by whoever serves an app: how much a connection may cost."""
    return uvicorn.Config(
        app,
        http=Bounded,
        ws=BoundedSocket,
        ws_max_size=limits.STREAM_MESSAGE_BYTES,
        ws_ping_interval=limits.STREAM_BEAT_SECONDS,
        ws_ping_timeout=limits.STREAM_PONG_SECONDS,
        ws_per_message_deflate=False,  # 50 kB for each that is idle
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        **more,
    )


def _check(role: str, chosen: Settings) -> None:
    """Refuses with Misconfigured a share of the work where only one process may be."""
    if role != "all" and database_url.parse(chosen.database_url).kind == "sqlite":
        raise Misconfigured(
            f"--role {role} shares the work among processes, and SQLite is for one process: set "
            "FEDIGROUPS_DATABASE_URL to PostgreSQL, for example "
            f"{database_url.EXAMPLE} (`fedigroups migrate --from` copies what you have)"
        )


def _own_port(chosen: Settings) -> int:
    """Where an origin without TLS says it is; behind a proxy any port is as good."""
    origin = urlsplit(chosen.origin)
    return (origin.port if origin.scheme == "http" else None) or PORT


def _greet(chosen: Settings, role: str, at: str = "") -> None:
    """For people; a program that reads the log finds `app.started` there."""
    if chosen.log != "console":
        return
    verb = "works for" if role == "worker" else "serves"
    click.echo(
        " ".join(filter(None, ["Fedigroups", verb, chosen.origin, at, "(stop with Ctrl-C)"]))
    )


def _listen(server: Server) -> None:
    # Uvicorn raises the signal once more when all is stopped: to stop when asked is no failure.
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack, suppress(KeyboardInterrupt):
        sockets = bound(server.config.host, server.config.port)
        server.run([stack.enter_context(one) for one in sockets])


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets that have the port on every address of the host, and do not listen yet.

    Refuses with Misconfigured a host that is not of this machine and a port that is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        once = dict.fromkeys((family, address) for family, *_, address in found)
        return [_bound(family, address) for family, address in once]
    except OSError as error:
        raise Misconfigured(_refusal(host, port, error)) from error


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is taken by another program: choose a free one, for example "
            "--port 8001, or to try things out FEDIGROUPS_ORIGIN=http://localhost:8001"
        )
    return (
        f"Cannot listen on port {port} of {host} ({error.strerror}): --host must be an address of "
        "this machine, for example 127.0.0.1, and --port one that this user may take, for example "
        f"{PORT}"
    )


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        one.bind(address)
    except OSError:
        one.close()
        raise
    return one


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


async def _work(instance: Instance) -> None:
    """Work until a signal says to stop."""
    _on_signals(_STOPS, instance.stopping.set)
    async with running(instance, work=True):
        _greet(instance.settings, "worker")
        await instance.stopping.wait()


def _on_signals(signals: Sequence[signal.Signals], stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for one in signals:
        loop.add_signal_handler(one, stop)
