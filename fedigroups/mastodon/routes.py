"""The table of the client API's addresses."""

from __future__ import annotations

from starlette.routing import BaseRoute

from fedigroups.mastodon import identity, pictures
from fedigroups.mastodon.endpoints import (
    accounts,
    administering,
    admitting,
    announcing,
    blocking,
    desk,
    empties,
    featuring,
    filters,
    finding,
    following,
    instances,
    keeping,
    lists,
    media,
    notifications,
    polling,
    posting,
    profiles,
    pushes,
    reacting,
    reporting,
    scheduling,
    sign_up_blocks,
    statuses,
    timelines,
)

FAMILIES = (
    *(identity, profiles, pictures, instances, accounts, following, statuses, posting),
    *(scheduling, media, reacting, timelines, notifications, pushes, finding, keeping, lists),
    *(
        filters,
        featuring,
        reporting,
        administering,
        admitting,
        desk,
        blocking,
        sign_up_blocks,
        polling,
        announcing,
        empties,
    ),
)


def routes() -> list[BaseRoute]:
    """All of them."""
    return [route for family in FAMILIES for route in family.routes()]
