"""The table of the client API's addresses."""

from __future__ import annotations

from starlette.routing import BaseRoute

from fedigroups.mastodon import identity


def routes() -> list[BaseRoute]:
    """All of them."""
    return [*identity.routes()]
