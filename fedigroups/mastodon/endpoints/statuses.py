"""Statuses as clients read them: one, what is around it, who likes it, how it read before."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.reading import people, posts, relations, threads, windows
from fedigroups.mastodon.reading.posts import Entry
from fedigroups.oauth.access import authorised

MANY = 40


def routes() -> list[BaseRoute]:
    """The addresses of statuses."""
    one = "/api/v1/statuses/{id:int}"
    return [
        Route("/api/v1/statuses", several, methods=["GET"]),
        Route(one, status, methods=["GET"]),
        Route(f"{one}/context", context, methods=["GET"]),
        Route(f"{one}/favourited_by", favourited_by, methods=["GET"]),
        Route(f"{one}/reblogged_by", reblogged_by, methods=["GET"]),
        Route(f"{one}/source", source, methods=["GET"]),
        Route(f"{one}/history", history, methods=["GET"]),
        Route(f"{one}/card", card, methods=["GET"]),
    ]


async def status(request: Request) -> Response:
    """`GET /api/v1/statuses/:id`: a post, or a boost."""
    reader, id = await asking.anybody(request, "read:statuses"), asking.number(request)
    entry = Entry(id, id)
    shown = await posts.show([entry], reader)
    if not shown and (boost := await asking.boost(id)):
        shown = await posts.show([boost], reader)
    if not shown:
        raise asking.missing()
    return json_answer(shown[0])


async def several(request: Request) -> Response:
    """`GET /api/v1/statuses?id[]=`."""
    reader = await asking.anybody(request, "read:statuses")
    wanted = (await bodies.read(request)).ids("id")[:MANY]
    return json_answer(await posts.show([Entry(id, id) for id in wanted], reader))


async def context(request: Request) -> Response:
    """`GET /api/v1/statuses/:id/context`: the thread around it, answers from elsewhere too."""
    reader = await asking.anybody(request, "read:statuses")
    row = await asking.status(request, reader)
    return json_answer(await threads.context(row, reader))


async def favourited_by(request: Request) -> Response:
    """`GET /api/v1/statuses/:id/favourited_by`."""
    return await _reactors(request, "like")


async def reblogged_by(request: Request) -> Response:
    """`GET /api/v1/statuses/:id/reblogged_by`."""
    return await _reactors(request, "boost")


async def source(request: Request) -> Response:
    """`GET /api/v1/statuses/:id/source`: what was written, before it became HTML."""
    access = await authorised(request, "read:statuses")
    row = await asking.status(request, asking.reader_of(request, access))
    return json_answer(present.source(row))


async def history(request: Request) -> Response:
    """`GET /api/v1/statuses/:id/history`: how it read, oldest first, and how it reads now."""
    reader = await asking.anybody(request, "read:statuses")
    row = await asking.status(request, reader)
    author = (await people.by_id([row["author_id"]], reader.pictures))[row["author_id"]]
    older = await storage.rows(
        "SELECT id, title, content, warning, sensitive, attachments, written_at"
        " FROM revision WHERE post_id = ? ORDER BY id",
        row["id"],
    )
    now = row | {"written_at": row["updated_at"] or row["published_at"]}
    return json_answer([present.edit(one, author, reader.pictures) for one in (*older, now)])


async def card(request: Request) -> Response:
    """`GET /api/v1/statuses/:id/card`: links are not previewed here."""
    await asking.status(request, await asking.anybody(request, "read:statuses"))
    return json_answer({})


async def _reactors(request: Request, kind: str) -> Response:
    reader = await asking.anybody(request, "read:accounts")
    row = await asking.status(request, reader)
    window = windows.asked(await bodies.read(request), 40)
    return await asking.accounts(request, window, await relations.reactors(row["id"], kind, window))
