"""This module shows what is counted, at `/metrics` to those who may read it, and times answers."""

from __future__ import annotations

from ipaddress import ip_address
from time import perf_counter
from typing import Protocol
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tortoise.exceptions import BaseORMException

from federation import clock, metrics, storage, tracing
from fedigroups import __version__, readonly
from fedigroups.accounts import secrets
from fedigroups.setting_values import is_loopback
from inbox import report as arrivals
from outbox import report as deliveries

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FRESH_MS = 10 * clock.SECOND
"""How long the numbers of the database are taken as they are: several may ask."""
_FORWARDED = ("x-forwarded-for", "forwarded", "via")


class Who(Protocol):
    """What of the settings this module needs."""

    @property
    def metrics_token(self) -> str:
        """What a reader shows."""


def routes(who: Who) -> list[BaseRoute]:
    """`/metrics`, as Prometheus reads it."""
    shown = _Shown()

    async def show(request: Request) -> Response:
        """What is counted, for Prometheus; 404 for whoever may not read it."""
        if not may_read(request, who.metrics_token):
            return PlainTextResponse("There is nothing of that name here.\n", 404)
        await shown.refresh()
        return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", show)]


def may_read(request: Request, token: str) -> bool:
    """With a token, who shows it; without one, who asks this machine from itself and by no proxy.

    A proxy on this machine comes from loopback too, with what it was asked for in Host.
    """
    if token:
        return secrets.same(request.headers.get("authorization", ""), f"Bearer {token}")
    if any(name in request.headers for name in _FORWARDED) or request.client is None:
        return False
    return _is_loopback(request.client.host) and is_loopback(f"http://{_host(request)}")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _host(request: Request) -> str:
    return urlsplit(f"//{request.headers.get('host', '')}").netloc


class _Shown:
    """The numbers of the instance, which all of its processes share."""

    def __init__(self) -> None:
        self._at = 0

    async def refresh(self) -> None:
        """Read them, unless that was done just now; a database that is away is a number too."""
        metrics.VERSION.labels(__version__).set(1)
        if 0 <= clock.now_ms() - self._at < FRESH_MS:
            return
        try:
            await _read()
        except (BaseORMException, OSError):
            metrics.DATABASE_UP.set(0)
        else:
            metrics.DATABASE_UP.set(1)
            self._at = clock.now_ms()


async def _read() -> None:
    row = await storage.row(
        "SELECT (SELECT COUNT(*) FROM receipt WHERE state = 'received') AS waiting,"
        " (SELECT COUNT(*) FROM receipt WHERE state = 'failed') AS failed,"
        " (SELECT COUNT(*) FROM mail) AS letters,"
        " (SELECT COUNT(*) FROM peer WHERE blocked = ?) AS blocked",
        True,
    )
    if row is None:
        return
    owed, since = await deliveries.debt()
    metrics.ARRIVALS_WAITING.set(row["waiting"])
    metrics.ARRIVALS_FAILED.set(row["failed"])
    metrics.ARRIVALS_OLDEST.set(await arrivals.oldest_due() / clock.SECOND)
    metrics.DELIVERIES_OWED.set(owed)
    metrics.DELIVERIES_OLDEST.set(max(clock.now_ms() - since, 0) / clock.SECOND if since else 0)
    metrics.READ_ONLY.set(await readonly.since() > 0)
    metrics.LETTERS_WAITING.set(row["letters"])
    lanes = await storage.rows("SELECT state, COUNT(*) AS number FROM lane GROUP BY state")
    known = {str(lane["state"]): int(lane["number"]) for lane in lanes}
    for state in ("open", "failing", "dormant"):
        metrics.PEERS.labels(state).set(known.get(state, 0))
    metrics.PEERS.labels("blocked").set(row["blocked"])


class Timed:
    """ASGI middleware around all others: how long each answer took, by its route.

    Of an address only the route is told: a path may hold what is secret.
    """

    def __init__(self, app: ASGIApp, inside: Starlette) -> None:
        self.app = app
        self._paths: dict[int, str] = {}
        for route in inside.routes:
            if isinstance(route, Route):
                self._paths.setdefault(id(route.endpoint), route.path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and measure until the head is sent."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = perf_counter()
        method = scope["method"] if scope["method"] in METHODS else "other"

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                route, status = self._route(scope), message["status"]
                metrics.HTTP_SECONDS.labels(route, method).observe(perf_counter() - begun)
                metrics.HTTP_RESPONSES.labels(route, status).inc()
                span.rename(f"{method} {route}")
                span.note({"http.route": route, "http.response.status_code": status})
            await send(message)

        with tracing.span(method, "server", {"http.request.method": method}) as span:
            await self.app(scope, receive, send_on)

    def _route(self, scope: Scope) -> str:
        endpoint = scope.get("endpoint")
        return "kept or none" if endpoint is None else self._paths.get(id(endpoint), "other")
