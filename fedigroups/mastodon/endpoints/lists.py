"""Lists: of accounts as people make them, and one for each group that somebody is in.

The second kind cannot be changed: one leaves it by leaving the group. Its id is the group's row's.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.storage import Row
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import relations, timelines, windows
from fedigroups.oauth.access import Access, authorised
from fedigroups.personal import listings

FIXED = "This list is the group itself: leave the group, and it is gone"


def routes() -> list[BaseRoute]:
    """The addresses of lists."""
    there, one = "/api/v1/lists", "/api/v1/lists/{id:int}"
    return [
        Route(there, listed, methods=["GET"]),
        Route(there, make, methods=["POST"]),
        Route(one, single, methods=["GET"]),
        Route(one, change, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
        Route(f"{one}/accounts", accounts, methods=["GET"]),
        Route(f"{one}/accounts", add, methods=["POST"]),
        Route(f"{one}/accounts", take_out, methods=["DELETE"]),
        Route("/api/v1/accounts/{id:int}/lists", with_account, methods=["GET"]),
        Route("/api/v1/timelines/list/{id:int}", timeline, methods=["GET"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v1/lists`: one's own first, then one for each group."""
    access = await authorised(request, "read:lists")
    own = [_list(row) for row in await listings.of(access.actor.id)]
    groups = [_of_group(row) for row in await listings.groups(access.actor.id)]
    return json_answer(own + groups)


async def make(request: Request) -> Response:
    """`POST /api/v1/lists`."""
    access, said = await authorised(request, "write:lists"), await bodies.read(request)
    row = await listings.make(
        access.actor.id,
        said.text("title"),
        said.text("replies_policy", "list"),
        exclusive=said.flag("exclusive"),
    )
    return json_answer(_list(row))


async def single(request: Request) -> Response:
    """`GET /api/v1/lists/:id`: 404 for somebody else's."""
    access, id = await authorised(request, "read:lists"), asking.number(request)
    if row := await listings.one(access.actor.id, id):
        return json_answer(_list(row))
    if group := await listings.group(access.actor.id, id):
        return json_answer(_of_group(group))
    raise asking.missing()


async def change(request: Request) -> Response:
    """`PUT /api/v1/lists/:id`."""
    access, row = await _own(request)
    said = await bodies.read(request)
    changed = await listings.change(
        access.actor.id,
        row["id"],
        said.text("title", row["title"]),
        said.text("replies_policy", row["replies_policy"]),
        exclusive=said.flag("exclusive", bool(row["exclusive"])),
    )
    return json_answer(_list(changed))


async def delete(request: Request) -> Response:
    """`DELETE /api/v1/lists/:id`."""
    access, row = await _own(request)
    await listings.delete(access.actor.id, row["id"])
    return json_answer({})


async def accounts(request: Request) -> Response:
    """`GET /api/v1/lists/:id/accounts`."""
    access, id = await authorised(request, "read:lists"), asking.number(request)
    window = windows.asked(await bodies.read(request), 40)
    if group := await listings.group(access.actor.id, id):
        return await asking.accounts(request, window, [(id, group["actor_id"])])
    if await listings.one(access.actor.id, id) is None:
        raise asking.missing()
    pairs = await relations.listed(access.actor.id, id, window)
    return await asking.accounts(request, window, pairs)


async def add(request: Request) -> Response:
    """`POST /api/v1/lists/:id/accounts` with `account_ids[]`."""
    _, row = await _own(request)
    await listings.add(row["id"], (await bodies.read(request)).ids("account_ids"))
    return json_answer({})


async def take_out(request: Request) -> Response:
    """`DELETE /api/v1/lists/:id/accounts` with `account_ids[]`."""
    _, row = await _own(request)
    await listings.take_out(row["id"], (await bodies.read(request)).ids("account_ids"))
    return json_answer({})


async def with_account(request: Request) -> Response:
    """`GET /api/v1/accounts/:id/lists`: one's own lists that have the account."""
    access, id = await authorised(request, "read:lists"), asking.number(request)
    return json_answer([_list(row) for row in await listings.holding(access.actor.id, id)])


async def timeline(request: Request) -> Response:
    """`GET /api/v1/timelines/list/:id`: threads, as the posts that started them."""
    access, id = await authorised(request, "read:lists"), asking.number(request)
    reader = asking.reader_of(request, access, "home")
    window = windows.asked(await bodies.read(request))
    if await listings.group(access.actor.id, id):
        entries = await timelines.of_group_posts(id, reader, window)
    elif await listings.one(access.actor.id, id):
        entries = await timelines.of_groups_listed(access.actor.id, id, reader, window)
    else:
        raise asking.missing()
    return await asking.timeline(request, window, entries, reader)


async def _own(request: Request) -> tuple[Access, Row]:
    """A list that may be changed. Raises `ApiError`: 404, 422 for one that is a group."""
    access, id = await authorised(request, "write:lists"), asking.number(request)
    row = await listings.one(access.actor.id, id)
    if row is not None:
        return access, row
    if await listings.group(access.actor.id, id):
        raise ApiError(422, FIXED)
    raise asking.missing()


def _list(row: Row) -> Entity:
    return {
        "id": str(row["id"]),
        "title": row["title"],
        "replies_policy": row["replies_policy"],
        "exclusive": bool(row["exclusive"]),
    }


def _of_group(row: Row) -> Entity:
    return {
        "id": str(row["id"]),
        "title": f"Group: {row['title']}",
        "replies_policy": "list",
        "exclusive": False,
    }
