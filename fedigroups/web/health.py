"""Whether the process lives, whether it can do its work, and how requests reach it."""

from __future__ import annotations

import asyncio

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from tortoise.exceptions import BaseORMException

from federation import clock, storage
from fedigroups import __version__, readonly
from fedigroups.accounts import secrets

PROXYZ = "/proxyz"
PROBE_SECONDS = 5.0
"""Whoever balances the load asks every few seconds: a database that is slower is away."""


def routes() -> list[BaseRoute]:
    """`/livez` and `/readyz`."""
    return [Route("/livez", livez), Route("/readyz", readyz)]


def seen_routes(secret: bytes) -> list[BaseRoute]:
    """`/proxyz`: how a request arrived, told to whoever proves that they have our secret."""

    async def proxyz(request: Request) -> Response:
        """How a request arrived, for `fedigroups doctor`; 404 for others."""
        shown = request.headers.get("authorization", "")
        wanted = f"Bearer {proof(secret, request.query_params.get('nonce', ''))}"
        if not secrets.same(shown, wanted):
            return PlainTextResponse("There is nothing of that name here.\n", 404)
        came = sum([len(part) async for part in request.stream()])
        return JSONResponse(
            {
                "bytes": came,
                "host": request.headers.get("host", ""),
                "query": request.scope["query_string"].decode("latin-1"),
                "headers": sorted(set(request.headers)),
                "client": request.client.host if request.client else "",
                "forwarded": request.headers.get("x-forwarded-for", ""),
                "version": __version__,
            }
        )

    return [Route(PROXYZ, proxyz, methods=["GET", "POST"])]


def proof(secret: bytes, nonce: str) -> str:
    """What shows that somebody has the instance's secret, and does not show the secret."""
    return secrets.keyed(secret, PROXYZ, nonce)


async def livez(request: Request) -> Response:
    """200 as long as the process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 when the database takes writes; 503 with the reason otherwise."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            oldest, closed = await probe(), await readonly.since() > 0
    except (BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        return JSONResponse({"ready": False, "database": type(error).__name__}, 503)
    waiting = clock.now_ms() - oldest if oldest else 0
    return JSONResponse({"ready": True, "oldest_unprocessed_ms": waiting, "read_only": closed})


async def probe() -> int:
    """When the oldest unprocessed receipt came, or 0; writes a row to see that writing works."""
    await storage.execute(
        "INSERT INTO setting (key, value) VALUES ('probe', ?) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        str(clock.now_ms()),
    )
    found = await storage.row(
        "SELECT MIN(received_at) AS oldest FROM receipt WHERE state = 'received'"
    )
    return int(found["oldest"] or 0) if found else 0
