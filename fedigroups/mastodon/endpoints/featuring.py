"""What somebody shows on their profile: posts of their own that are pinned, and hashtags."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.storage import Row
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.content.hashtags import name_of
from fedigroups.groups.visibility import open_sql
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.present.shapes import Entity, date
from fedigroups.oauth.access import authorised, visitor
from fedigroups.personal import showing


def routes() -> list[BaseRoute]:
    """The addresses of what is shown."""
    one, shown = "/api/v1/statuses/{id:int}", "/api/v1/featured_tags"
    return [
        Route(f"{one}/pin", pin, methods=["POST"]),
        Route(f"{one}/unpin", unpin, methods=["POST"]),
        Route(shown, featured, methods=["GET"]),
        Route(shown, feature_named, methods=["POST"]),
        Route(f"{shown}/suggestions", suggested, methods=["GET"]),
        Route(f"{shown}/{{id:int}}", unfeature_row, methods=["DELETE"]),
        Route("/api/v1/accounts/{id:int}/featured_tags", featured_by, methods=["GET"]),
        Route("/api/v1/tags/{name}/feature", feature, methods=["POST"]),
        Route("/api/v1/tags/{name}/unfeature", unfeature, methods=["POST"]),
    ]


async def pin(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/pin`: a post of one's own that anybody may read."""
    access = await authorised(request, "write:accounts")
    reader = asking.reader_of(request, access)
    row = await asking.status(request, reader)
    if row["author_id"] != reader.id:
        raise ApiError(422, "Validation failed: Someone else's post cannot be pinned")
    await showing.pin(reader.id, row["id"])
    return await asking.shown(row["id"], reader)


async def unpin(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/unpin`."""
    access = await authorised(request, "write:accounts")
    reader = asking.reader_of(request, access)
    row = await asking.status(request, reader)
    await showing.unpin(reader.id, row["id"])
    return await asking.shown(row["id"], reader)


async def featured(request: Request) -> Response:
    """`GET /api/v1/featured_tags`."""
    access = await authorised(request, "read:accounts")
    return json_answer(await _featured(request, access.actor.id, access.actor.page_url))


async def featured_by(request: Request) -> Response:
    """`GET /api/v1/accounts/:id/featured_tags`."""
    await visitor(request, "read:accounts")
    row = await asking.account(request)
    return json_answer(await _featured(request, row["id"], row["page_url"]))


async def feature_named(request: Request) -> Response:
    """`POST /api/v1/featured_tags` with a `name`."""
    access, said = await authorised(request, "write:accounts"), await bodies.read(request)
    name = name_of(said.text("name"))
    if not name:
        raise ApiError(422, "Validation failed: Tag is invalid")
    id = await showing.feature(access.actor.id, name)
    found = await _featured(request, access.actor.id, access.actor.page_url)
    return json_answer(next(one for one in found if one["id"] == str(id)))


async def suggested(request: Request) -> Response:
    """`GET /api/v1/featured_tags/suggestions`: hashtags that one uses."""
    access = await authorised(request, "read:accounts")
    names = await showing.used(access.actor.id, open_sql("p"))
    origin = asking.origin_of(request)
    return json_answer([present.tag(name, origin, following=False) for name in names])


async def unfeature_row(request: Request) -> Response:
    """`DELETE /api/v1/featured_tags/:id`."""
    access = await authorised(request, "write:accounts")
    if not await showing.unfeature(access.actor.id, id=asking.number(request)):
        raise asking.missing()
    return json_answer({})


async def feature(request: Request) -> Response:
    """`POST /api/v1/tags/:name/feature`."""
    access, name = await authorised(request, "write:accounts"), asking.hashtag(request)
    await showing.feature(access.actor.id, name)
    return json_answer(await asking.tag(request, name, access.actor.id))


async def unfeature(request: Request) -> Response:
    """`POST /api/v1/tags/:name/unfeature`."""
    access, name = await authorised(request, "write:accounts"), asking.hashtag(request)
    await showing.unfeature(access.actor.id, name=name)
    return json_answer(await asking.tag(request, name, access.actor.id))


async def _featured(request: Request, actor_id: int, page: str) -> list[Entity]:
    rows = await showing.featured(actor_id, open_sql("p"))
    return [_shown(row, page or asking.origin_of(request)) for row in rows]


def _shown(row: Row, page: str) -> Entity:
    """The FeaturedTag."""
    return {
        "id": str(row["id"]),
        "name": row["name"],
        "url": f"{page}/tagged/{quote(row['name'])}",
        "statuses_count": str(row["posts"]),
        "last_status_at": date(row["last_at"] or 0),
    }
