"""Timelines: what one's groups say, what all groups here say, what has a hashtag."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.api import body as bodies
from fedigroups.api.body import Body
from fedigroups.content.hashtags import name_of
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.reading import timelines, windows
from fedigroups.mastodon.reading.timelines import Wish
from fedigroups.oauth.access import authorised

TAGS = 5


def routes() -> list[BaseRoute]:
    """The addresses of timelines."""
    there = "/api/v1/timelines"
    return [
        Route(f"{there}/home", home, methods=["GET"]),
        Route(f"{there}/public", public, methods=["GET"]),
        Route(f"{there}/tag/{{name}}", tag, methods=["GET"]),
    ]


async def home(request: Request) -> Response:
    """`GET /api/v1/timelines/home`: threads of one's groups, own ones, and followed hashtags."""
    access = await authorised(request, "read:statuses")
    reader = asking.reader_of(request, access, "home")
    window = windows.asked(await bodies.read(request))
    return await asking.timeline(request, window, await timelines.home(reader, window), reader)


async def public(request: Request) -> Response:
    """`GET /api/v1/timelines/public`: threads of groups here (`local`), elsewhere, or both."""
    reader = await asking.anybody(request, "read:statuses", context="public")
    said = await bodies.read(request)
    window = windows.asked(said)
    entries = await timelines.public(reader, window, _wish(said))
    return await asking.timeline(request, window, entries, reader)


async def tag(request: Request) -> Response:
    """`GET /api/v1/timelines/tag/:name`: all that has it, or one of `any[]`."""
    reader = await asking.anybody(request, "read:statuses", context="public")
    said = await bodies.read(request)
    window = windows.asked(said)
    names = [request.path_params["name"], *said.texts("any")[: TAGS - 1]]
    wanted = [found for name in names if (found := name_of(name))]
    entries = await timelines.tagged(wanted, reader, window, _wish(said)) if wanted else []
    return await asking.timeline(request, window, entries, reader)


def _wish(said: Body) -> Wish:
    return Wish(media=said.flag("only_media"), local=said.flag("local"), remote=said.flag("remote"))
