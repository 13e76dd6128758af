"""The floor of GET: a bare Starlette route that answers stored bytes."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def app(body: str) -> nullcontext[Starlette]:
    """An app with one route, which answers what is in the file `body`."""
    stored = Path(body).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(stored, media_type="application/activity+json")

    return nullcontext(Starlette(routes=[Route("/groups/{name}", answer)]))
