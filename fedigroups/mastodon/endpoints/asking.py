"""This module knows what every address of the client API asks: who reads, and what is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from federation import ids, storage
from federation.errors import FederationError
from federation.models import Actor
from federation.origin import host_of
from federation.storage import Row
from federation.webfinger import read_handle
from federation.wire import Wire
from fedigroups.accounts import reception as receptions
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.content.hashtags import name_of
from fedigroups.groups.models import Group, Post
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.mastodon.reading import people, posts, windows
from fedigroups.mastodon.reading.posts import Entry, Reader
from fedigroups.mastodon.reading.windows import Window
from fedigroups.media.pictures import Pictures
from fedigroups.oauth.access import Access, visitor
from fedigroups.personal import hashtags, showing

Pairs = Sequence[tuple[int, int]]


def wire_of(request: Request) -> Wire:
    """The wire of the instance that was asked."""
    return receptions.of(request).wire


def origin_of(request: Request) -> str:
    """Of every address in an answer: never what the request says."""
    return receptions.of(request).origin


def pictures_of(request: Request) -> Pictures:
    """What makes the addresses of pictures in an answer."""
    found: Pictures = request.app.state.media.pictures
    return found


def reader_of(request: Request, access: Access | None, context: str = "") -> Reader:
    """Whoever reads, as whom they act; a stranger without `access`."""
    actor = access.actor if access else None
    return Reader(actor, pictures_of(request), context)


async def anybody(request: Request, *wanted: str, context: str = "") -> Reader:
    """Whoever reads where anybody may; of a token, one of the `wanted` scopes is asked."""
    return reader_of(request, await visitor(request, *wanted), context)


async def may_resolve(request: Request, query: str) -> bool:
    """Whether the server of a handle or an address is asked: of what is new, and not too often."""
    try:
        if query.startswith(("https://", "http://")):
            host = host_of(query)
            if await wire_of(request).directory.known(query) or await Post.exists(uri=query):
                return True
        else:
            host = read_handle(query).host
        request.app.state.shares.take_of_site(host)
    except FederationError:
        return False
    return True


def person(access: Access) -> Actor:
    """Who is signed in as themselves. Raises `ApiError` (422) for whoever acts as a group."""
    if access.acting is not None:
        raise ApiError(422, "You act as a group here: sign in as yourself to do that")
    return access.person


def author(access: Access, group: Group) -> Actor:
    """As whom somebody writes. Raises `ApiError` (422) for a group that speaks in another one."""
    if access.acting is not None and access.acting.id != group.actor_id:
        raise ApiError(422, "A group speaks in its own threads only: sign in as yourself for this")
    return access.actor


def number(request: Request, name: str = "id") -> int:
    """An id in the address. Raises `ApiError` (404) for one that nothing can have."""
    found = int(request.path_params[name])
    if found > ids.BIGGEST:
        raise missing()
    return found


def missing() -> ApiError:
    """404: it is not there, or not for whoever asks."""
    return ApiError(404, "Record not found")


async def account(request: Request) -> Row:
    """The row of the account in the address. Raises `ApiError` (404)."""
    found = await people.one(number(request))
    if found is None:
        raise missing()
    return found


async def actor(request: Request) -> Actor:
    """The account in the address. Raises `ApiError` (404)."""
    return await Actor.get(id=(await account(request))["id"])


async def boost(id: int) -> Entry | None:
    """The boost of an id: by a group (a thread, a crosspost) or by a person. One query."""
    row = await storage.row(
        "SELECT t.root_id AS post_id, g.actor_id AS by_id, t.created_at AS at FROM thread t"
        " JOIN groups g ON g.id = t.group_id WHERE t.id = ?"
        " UNION ALL SELECT t.root_id, g.actor_id, c.created_at FROM crosspost c"
        " JOIN thread t ON t.id = c.thread_id JOIN groups g ON g.id = c.group_id WHERE c.id = ?"
        " UNION ALL SELECT r.post_id, a.id, r.created_at FROM reaction r"
        " JOIN actor a ON a.uri = r.actor_uri WHERE r.id = ? AND r.kind = 'boost'",
        *(id, id, id),
    )
    return Entry(id, row["post_id"], row["by_id"], row["at"]) if row else None


async def shown_by(actor_id: int, post: Post) -> Entry | None:
    """The boost with which a group shows the thread that the post starts. One query."""
    row = await storage.row(
        "SELECT t.id, t.created_at FROM thread t JOIN groups g ON g.id = t.group_id"
        " WHERE t.root_id = ? AND g.actor_id = ?",
        *(post.id, actor_id),
    )
    return Entry(row["id"], post.id, actor_id, row["created_at"]) if row else None


async def status(request: Request, reader: Reader) -> Row:
    """The row of the post in the address, or of the one that a boost there brings.

    Raises `ApiError` (404) for one that the reader may not read.
    """
    id = number(request)
    found = await posts.row(id, reader)
    if found is None and (boosted := await boost(id)):
        found = await posts.row(boosted.post_id, reader)
    if found is None:
        raise missing()
    return found


async def post(request: Request, reader: Reader) -> Post:
    """The post in the address, as `status` finds it."""
    return await Post.get(id=(await status(request, reader))["id"])


async def shown(id: int, reader: Reader) -> Response:
    """The answer to what was done to a post: its Status as it is now. Raises `ApiError` (404)."""
    found = await posts.one(id, reader)
    if found is None:
        raise missing()
    return json_answer(found)


def hashtag(request: Request) -> str:
    """The hashtag in the address. Raises `ApiError` (404) for what is none."""
    name = name_of(request.path_params["name"])
    if not name:
        raise missing()
    return name


async def tag(request: Request, name: str, actor_id: int) -> Entity:
    """A Tag, as somebody stands to it."""
    return present.tag(
        name,
        origin_of(request),
        following=await hashtags.follows(actor_id, name),
        featuring=await showing.features(actor_id, name),
    )


def paged(request: Request, window: Window, ids: Sequence[int], content: Any) -> Response:
    """A page of a list of entries with these ids, which the next page is found by."""
    answer = json_answer(content)
    answer.headers.update(windows.links(request, origin_of(request), window, ids))
    return answer


async def timeline(
    request: Request, window: Window, entries: Sequence[Entry], reader: Reader
) -> Response:
    """A page of statuses."""
    content = await posts.show(entries, reader)
    return paged(request, window, [entry.id for entry in entries], content)


async def accounts(request: Request, window: Window, pairs: Pairs) -> Response:
    """A page of accounts, of pairs of an entry's id and an actor's."""
    content = await people.listed([other for _, other in pairs], pictures_of(request))
    return paged(request, window, [id for id, _ in pairs], content)
