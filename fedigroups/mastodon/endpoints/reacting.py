"""Reacting to a post from an app: favourite, boost, bookmark, and wanting to hear no more of it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.models import Actor
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.groups import boosting, reactions, speaking
from fedigroups.groups.models import Group, Post
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.reading import posts
from fedigroups.mastodon.reading.posts import Entry, Reader
from fedigroups.oauth.access import Access, authorised
from fedigroups.personal import keeping

REMOVED = "taken away by a host of the group, in an app"


def routes() -> list[BaseRoute]:
    """The addresses of reactions."""
    one = "/api/v1/statuses/{id:int}"
    return [
        Route(f"{one}/favourite", favourite, methods=["POST"]),
        Route(f"{one}/unfavourite", unfavourite, methods=["POST"]),
        Route(f"{one}/reblog", reblog, methods=["POST"]),
        Route(f"{one}/unreblog", unreblog, methods=["POST"]),
        Route(f"{one}/bookmark", bookmark, methods=["POST"]),
        Route(f"{one}/unbookmark", unbookmark, methods=["POST"]),
        Route(f"{one}/mute", mute, methods=["POST"]),
        Route(f"{one}/unmute", unmute, methods=["POST"]),
    ]


async def favourite(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/favourite`: a second time changes nothing."""
    access, reader, post = await _met(request, "write:favourites")
    await speaking.like(asking.wire_of(request), await _liking(access, post), post)
    return await asking.shown(post.id, reader)


async def unfavourite(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/unfavourite`."""
    access, reader, post = await _met(request, "write:favourites")
    await speaking.unlike(asking.wire_of(request), await _liking(access, post), post)
    return await asking.shown(post.id, reader)


async def reblog(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/reblog`: the boost, with the post in it.

    What stands in a group has been boosted by it: whoever acts as that group is shown its boost.
    """
    access, reader, post = await _met(request, "write:statuses")
    if access.acting is not None and (entry := await asking.shown_by(access.acting.id, post)):
        return json_answer((await posts.show([entry], reader))[0])
    person = asking.person(access)
    await boosting.boost(asking.wire_of(request), person, post)
    boosted = await reactions.of(post, person.uri, "boost")
    if boosted is None:
        raise ApiError(409, "The boost was taken back meanwhile")
    entry = Entry(boosted.id, post.id, person.id, boosted.created_at)
    return json_answer((await posts.show([entry], reader))[0])


async def unreblog(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/unreblog`; whoever acts as a group takes the post out of it."""
    access, reader, post = await _met(request, "write:statuses")
    wire = asking.wire_of(request)
    if access.acting is None:
        await boosting.unboost(wire, access.person, post)
        return await asking.shown(post.id, reader)
    shown = await posts.one(post.id, reader)
    if not await Group.exists(actor_id=access.acting.id, threads__id=post.thread_id):
        raise ApiError(403, "That post does not stand in the group that you act as")
    await speaking.remove(wire, access.person, post, REMOVED)
    return json_answer(shown)


async def bookmark(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/bookmark`."""
    access, reader, post = await _met(request, "write:bookmarks")
    await keeping.bookmark(access.actor.id, post.id)
    return await asking.shown(post.id, reader)


async def unbookmark(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/unbookmark`."""
    access, reader, post = await _met(request, "write:bookmarks")
    await keeping.unbookmark(access.actor.id, post.id)
    return await asking.shown(post.id, reader)


async def mute(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/mute`: hear no more of its thread."""
    access, reader, post = await _met(request, "write:mutes")
    await keeping.mute(access.actor.id, post.thread_id)
    return await asking.shown(post.id, reader)


async def unmute(request: Request) -> Response:
    """`POST /api/v1/statuses/:id/unmute`."""
    access, reader, post = await _met(request, "write:mutes")
    await keeping.unmute(access.actor.id, post.thread_id)
    return await asking.shown(post.id, reader)


async def _liking(access: Access, post: Post) -> Actor:
    """As whom somebody likes: a group likes what stands in it."""
    await post.fetch_related("thread__group")
    return asking.author(access, post.thread.group)


async def _met(request: Request, scope: str) -> tuple[Access, Reader, Post]:
    """Who acts, and the post in the address, which they may read. Raises `ApiError`."""
    access = await authorised(request, scope)
    reader = asking.reader_of(request, access)
    return access, reader, await asking.post(request, reader)
