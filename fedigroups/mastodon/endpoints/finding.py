"""Finding groups, people, posts and hashtags: search, directory and suggestions."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import resolving
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import people, posts, search
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.oauth.access import Access, authorised, visitor

FURTHEST = 10_000
"""The greatest offset."""


def routes() -> list[BaseRoute]:
    """The addresses of finding."""
    return [
        Route("/api/v2/search", everything, methods=["GET"]),
        Route("/api/v1/directory", directory, methods=["GET"]),
        Route("/api/v1/suggestions", suggestions, methods=["GET"]),
        Route("/api/v2/suggestions", reasoned_suggestions, methods=["GET"]),
    ]


async def everything(request: Request) -> Response:
    """`GET /api/v2/search`: with `resolve`, a handle or an address is asked for at its host."""
    access, said = await visitor(request, "read:search"), await bodies.read(request)
    query, kind = search.words(said.text("q")), said.text("type")
    if access is None and (said.flag("resolve") or said.number("offset")):
        raise ApiError(401, "Sign in to have other servers asked, or to go on in the results")
    reader = asking.reader_of(request, access)
    resolves = said.flag("resolve") and not said.number("offset")
    resolves = resolves and await asking.may_resolve(request, query)
    return json_answer(
        {
            "accounts": await _accounts(request, query, said, access, kind, resolves=resolves),
            "statuses": await _statuses(request, query, reader, said, kind, resolves=resolves),
            "hashtags": await _hashtags(query, reader, said) if kind in {"", "hashtags"} else [],
        }
    )


async def directory(request: Request) -> Response:
    """`GET /api/v1/directory`: the groups here, by when something was last said in them."""
    await visitor(request, "read:accounts")
    said = await bodies.read(request)
    limit, offset = _part(said, 40, 80)
    found = await search.suggested(0, limit, offset, joined=True)
    return json_answer(await people.listed(found, asking.pictures_of(request)))


async def suggestions(request: Request) -> Response:
    """`GET /api/v1/suggestions`: groups that one is not in."""
    access = await authorised(request, "read:accounts", "read")
    limit, offset = _part(await bodies.read(request), 40, 80)
    found = await search.suggested(access.actor.id, limit, offset)
    return json_answer(await people.listed(found, asking.pictures_of(request)))


async def reasoned_suggestions(request: Request) -> Response:
    """`GET /api/v2/suggestions`: the same, each with its source."""
    access = await authorised(request, "read:accounts", "read")
    limit, offset = _part(await bodies.read(request), 40, 80)
    found = await search.suggested(access.actor.id, limit, offset)
    listed = await people.listed(found, asking.pictures_of(request))
    return json_answer(
        [{"source": "global", "sources": ["most_interactions"], "account": one} for one in listed]
    )


async def _accounts(
    request: Request, query: str, said: Body, access: Access | None, kind: str, *, resolves: bool
) -> list[Entity]:
    if kind not in {"", "accounts"} or query.startswith("#"):
        return []
    limit, offset = _part(said, 20, 40)
    pictures, wire = asking.pictures_of(request), asking.wire_of(request)
    is_address = query.startswith(("https://", "http://"))
    if is_address and (paged := await search.account_at(query)):
        return await people.listed([paged], pictures)
    asked = await search.resolve(wire, query) if resolves else None
    if is_address:
        known = asked or await wire.directory.known(query)
        return await people.listed([known.id], pictures) if known else []
    member = access.actor.id if access and said.flag("following") else 0
    reader = access.actor.id if access else 0
    found = await search.accounts(query, limit, offset, member, reader)
    return await people.listed(found, pictures)


async def _statuses(
    request: Request, query: str, reader: Reader, said: Body, kind: str, *, resolves: bool
) -> list[Entity]:
    if kind not in {"", "statuses"}:
        return []
    if query.startswith(("https://", "http://")):
        found = [] if said.number("offset") else await _at(request, query, reader, resolves)
    else:
        found = await search.posts(query, reader, said)
    shown = await posts.by_id(found, reader)
    return [shown[id] for id in found if id in shown]


async def _at(request: Request, url: str, reader: Reader, resolves: bool) -> list[int]:
    """The one post at this address, which its server may be asked for."""
    id = await search.post_at(url, reader)
    if id is None and resolves and not await search.account_at(url):
        id = await resolving.post_at(asking.wire_of(request), url)
    return [id] if id else []


async def _hashtags(query: str, reader: Reader, said: Body) -> list[Entity]:
    if query.startswith(("https://", "http://", "@", "!")):
        return []
    found = await search.hashtags(query, reader, *_part(said, 20, 40))
    return [present.tag(name, reader.origin) for name in found]


def _part(said: Body, default: int, most: int) -> tuple[int, int]:
    """How many are wanted, and after how many."""
    return said.number("limit", default, least=1, most=most), said.number("offset", most=FURTHEST)
