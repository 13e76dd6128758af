"""The table of the client API's addresses."""

from __future__ import annotations

from starlette.routing import BaseRoute

from fedigroups.mastodon import identity, pictures
from fedigroups.mastodon.endpoints import (
    accounts,
    empties,
    filters,
    finding,
    following,
    instances,
    keeping,
    lists,
    media,
    notifications,
    posting,
    pushes,
    reacting,
    statuses,
    timelines,
)

FAMILIES = (
    *(identity, pictures, instances, accounts, following, statuses, posting, media, reacting),
    *(timelines, notifications, pushes, finding, keeping, lists, filters, empties),
)


def routes() -> list[BaseRoute]:
    """All of them."""
    return [route for family in FAMILIES for route in family.routes()]
