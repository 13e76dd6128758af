"""The table of addresses at which something is told as it happens."""

from __future__ import annotations

from starlette.routing import BaseRoute

from fedigroups.streaming import pages, sockets, sse


def routes() -> list[BaseRoute]:
    """All of them."""
    return [*sse.routes(), *sockets.routes(), *pages.routes()]
