"""What people keep for themselves: markers, preferences, bookmarks, favourites, hashtags."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.storage import Row
from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.reading import relations, windows
from fedigroups.mastodon.reading.posts import Entry
from fedigroups.oauth.access import Access, authorised, visitor
from fedigroups.personal import hashtags, keeping
from fedigroups.personal.keeping import TIMELINES


def routes() -> list[BaseRoute]:
    """The addresses of what is one's own."""
    return [
        Route("/api/v1/markers", markers, methods=["GET"]),
        Route("/api/v1/markers", mark, methods=["POST"]),
        Route("/api/v1/preferences", preferences, methods=["GET"]),
        Route("/api/v1/bookmarks", bookmarks, methods=["GET"]),
        Route("/api/v1/favourites", favourites, methods=["GET"]),
        Route("/api/v1/followed_tags", followed_tags, methods=["GET"]),
        Route("/api/v1/tags/{name}", tag, methods=["GET"]),
        Route("/api/v1/tags/{name}/follow", follow_tag, methods=["POST"]),
        Route("/api/v1/tags/{name}/unfollow", unfollow_tag, methods=["POST"]),
    ]


async def markers(request: Request) -> Response:
    """`GET /api/v1/markers?timeline[]=`: what was asked for; Elk throws where one is missing."""
    access = await authorised(request, "read:statuses")
    wanted = (await bodies.read(request)).texts("timeline")
    found = await keeping.marks(access.actor.id)
    return json_answer(
        {name: _marker(found.get(name)) for name in TIMELINES if name in wanted},
    )


async def mark(request: Request) -> Response:
    """`POST /api/v1/markers` with `home[last_read_id]` or `notifications[last_read_id]`."""
    access, said = await authorised(request, "write:statuses"), await bodies.read(request)
    changed = [name for name in TIMELINES if "last_read_id" in said.part(name)]
    for name in changed:
        read_to = said.part(name).number("last_read_id")
        await keeping.mark(access.actor.id, name, read_to)
    found = await keeping.marks(access.actor.id)
    return json_answer({name: _marker(found.get(name)) for name in changed})


async def preferences(request: Request) -> Response:
    """`GET /api/v1/preferences`."""
    access = await authorised(request, "read:accounts")
    return json_answer(_preferences(access))


async def bookmarks(request: Request) -> Response:
    """`GET /api/v1/bookmarks`, by when they were made."""
    access = await authorised(request, "read:bookmarks")
    reader, window = asking.reader_of(request, access), windows.asked(await bodies.read(request))
    pairs = await relations.bookmarked(access.actor.id, window)
    return await asking.timeline(request, window, _entries(pairs), reader)


async def favourites(request: Request) -> Response:
    """`GET /api/v1/favourites`, by when they were made."""
    access = await authorised(request, "read:favourites")
    reader, window = asking.reader_of(request, access), windows.asked(await bodies.read(request))
    pairs = await relations.reacted(access.actor.uri, window)
    return await asking.timeline(request, window, _entries(pairs), reader)


async def followed_tags(request: Request) -> Response:
    """`GET /api/v1/followed_tags`."""
    access = await authorised(request, "read:follows")
    window = windows.asked(await bodies.read(request), 100, 200)
    rows = window.arranged(await hashtags.followed(access.actor.id, *_sql(window)))
    origin = asking.origin_of(request)
    content = [present.tag(row["name"], origin, following=True) for row in rows]
    return asking.paged(request, window, [row["id"] for row in rows], content)


async def tag(request: Request) -> Response:
    """`GET /api/v1/tags/:name`."""
    access = await visitor(request, "read:follows", "read:statuses")
    name = asking.hashtag(request)
    if access is None:
        return json_answer(present.tag(name, asking.origin_of(request)))
    return json_answer(await asking.tag(request, name, access.actor.id))


async def follow_tag(request: Request) -> Response:
    """`POST /api/v1/tags/:name/follow`."""
    access, name = await authorised(request, "write:follows"), asking.hashtag(request)
    await hashtags.follow(access.actor.id, name)
    return json_answer(await asking.tag(request, name, access.actor.id))


async def unfollow_tag(request: Request) -> Response:
    """`POST /api/v1/tags/:name/unfollow`."""
    access, name = await authorised(request, "write:follows"), asking.hashtag(request)
    await hashtags.unfollow(access.actor.id, name)
    return json_answer(await asking.tag(request, name, access.actor.id))


def _sql(window: windows.Window) -> tuple[str, tuple[int, int, int]]:
    return window.clause("id"), window.values


def _entries(pairs: asking.Pairs) -> list[Entry]:
    """Statuses in the order of when they were kept; the page goes on by that, not by their ids."""
    return [Entry(id, post_id) for id, post_id in pairs]


def _marker(row: Row | None) -> Entity:
    if row is None:
        return {"last_read_id": "0", "version": 0, "updated_at": date_time(0)}
    return {
        "last_read_id": str(row["last_read_id"]),
        "version": row["version"],
        "updated_at": date_time(row["updated_at"]),
    }


def _preferences(access: Access) -> Entity:
    account = access.account
    return {
        "posting:default:visibility": account.visibility,
        "posting:default:sensitive": account.sensitive,
        "posting:default:language": account.language or None,
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
