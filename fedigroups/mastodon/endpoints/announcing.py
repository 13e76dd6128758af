"""What whoever runs the instance announces, for whoever is signed in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock
from fedigroups import announcements
from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.content import markdown
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.models import Announcement
from fedigroups.oauth.access import authorised


def routes() -> list[BaseRoute]:
    """The addresses."""
    path = "/api/v1/announcements"
    return [
        Route(path, listed, methods=["GET"]),
        Route(f"{path}/{{id:int}}/dismiss", dismiss, methods=["POST"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v1/announcements?with_dismissed=`: those that run."""
    access = await authorised(request, "read")
    with_dismissed = (await bodies.read(request)).flag("with_dismissed")
    now = clock.now_ms()
    found = [one for one in await announcements.standing() if announcements.runs(one, now)]
    read = await announcements.dismissed(access.person.id, found)
    return json_answer(
        [_entity(one, one.id in read) for one in found if with_dismissed or one.id not in read]
    )


async def dismiss(request: Request) -> Response:
    """`POST /api/v1/announcements/{id}/dismiss`: it was read."""
    access = await authorised(request, "write:accounts")
    if not await announcements.dismiss(access.person.id, asking.number(request)):
        raise asking.missing()
    return json_answer({})


def _entity(one: Announcement, read: bool) -> Entity:
    """An Announcement."""
    return {
        "id": str(one.id),
        "content": markdown.render(one.text, {}),
        "starts_at": date_time(one.begins_at),
        "ends_at": date_time(one.ends_at) if one.ends_at else None,
        "all_day": False,
        "published": True,
        "published_at": date_time(one.begins_at),
        "updated_at": date_time(one.created_at),
        "read": read,
        "mentions": [],
        "statuses": [],
        "tags": [],
        "emojis": [],
        "reactions": [],
    }
