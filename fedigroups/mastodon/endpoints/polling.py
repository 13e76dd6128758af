"""Polls from an app: how one stands, and voting in it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import voting
from fedigroups.groups.models import Post
from fedigroups.groups.polls import Asked
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.reading import posts
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.oauth.access import authorised


def routes() -> list[BaseRoute]:
    """The addresses of polls, each of which has the id of its post."""
    one = "/api/v1/polls/{id:int}"
    return [
        Route(one, poll, methods=["GET"]),
        Route(f"{one}/votes", vote, methods=["POST"]),
    ]


async def poll(request: Request) -> Response:
    """`GET /api/v1/polls/:id`: 404 where its post may not be read."""
    return await _shown(request, await asking.anybody(request, "read:statuses"))


async def vote(request: Request) -> Response:
    """`POST /api/v1/polls/:id/votes`: `choices[]` are places of options, from 0."""
    access = await authorised(request, "write:statuses")
    reader = asking.reader_of(request, access)
    row = await posts.row(asking.number(request), reader)
    if row is None or row["kind"] != "Question":
        raise asking.missing()
    said = (await bodies.read(request)).texts("choices")
    if not all(text.isascii() and text.isdigit() and len(text) < 4 for text in said):
        raise ApiError(422, "choices are the places of options, from 0")
    post = await Post.get(id=row["id"])
    wire, choices = asking.wire_of(request), [int(text) for text in said]
    await voting.vote(wire, asking.person(access), post, choices)
    return await _shown(request, reader)


def asked_in(said: Body) -> Asked | None:
    """The poll that is made with a status; None for none. Raises `ApiError` (422)."""
    asked = said.part("poll")
    if not asked.texts("options") and not asked.text("expires_in"):
        return None
    if not asked.text("expires_in"):
        raise ApiError(422, "Say how long the poll is open: poll[expires_in], in seconds")
    return Asked(
        options=tuple(option.strip() for option in asked.texts("options")),
        seconds=asked.number("expires_in"),
        multiple=asked.flag("multiple"),
        hides_totals=asked.flag("hide_totals"),
    )


async def _shown(request: Request, reader: Reader) -> Response:
    status = await posts.one(asking.number(request), reader)
    if status is None or status["poll"] is None:
        raise asking.missing()
    return json_answer(status["poll"])
