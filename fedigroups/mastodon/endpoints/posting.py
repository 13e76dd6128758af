"""Writing from an app: into the group that a text mentions, or below the post that it answers."""

from __future__ import annotations

import hashlib
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.wire import Wire
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import addressed, speaking
from fedigroups.groups.models import Post
from fedigroups.groups.speaking import Text
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.reading import posts, windows
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.media import uploads
from fedigroups.oauth.access import Access, authorised

NO_GROUP = "Say which group this is for: mention it, like @welders, if you are in it"
NOT_YET = {
    "poll": "Polls cannot be made here yet",
    "scheduled_at": "Posts cannot be scheduled here yet",
}


def routes() -> list[BaseRoute]:
    """The addresses of writing."""
    one = "/api/v1/statuses/{id:int}"
    return [
        Route("/api/v1/statuses", write, methods=["POST"]),
        Route(one, edit, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
    ]


async def write(request: Request) -> Response:
    """`POST /api/v1/statuses`: once for an `Idempotency-Key`, however often it is sent."""
    access = await authorised(request, "write:statuses")
    author, said, wire = asking.person(access), await bodies.read(request), asking.wire_of(request)
    reader, key = asking.reader_of(request, access), _key(request)
    text = await _text(wire, access, said)
    if answered := said.number("in_reply_to_id", most=windows.BIGGEST):
        parent = await _parent(answered, reader)
        post = await speaking.answer(wire, author, parent, text, key=key)
    else:
        group = await addressed.group_in(text.body)
        if group is None:
            raise ApiError(422, NO_GROUP)
        post = await speaking.write(wire, author, group, text, key=key)
    return await asking.shown(post.id, reader)


async def edit(request: Request) -> Response:
    """`PUT /api/v1/statuses/:id`: what is not said is not there any more; 404 for others' posts."""
    access = await authorised(request, "write:statuses")
    author, wire = asking.person(access), asking.wire_of(request)
    reader, said = asking.reader_of(request, access), await bodies.read(request)
    post = await _own(request, reader)
    await speaking.edit(wire, author, post, await _text(wire, access, said, post))
    return await asking.shown(post.id, reader)


async def delete(request: Request) -> Response:
    """`DELETE /api/v1/statuses/:id`: the status as it was, with its `text`, to write it anew."""
    access = await authorised(request, "write:statuses")
    author, reader = asking.person(access), asking.reader_of(request, access)
    row = await asking.status(request, reader)
    if row["author_id"] != reader.id:
        raise asking.missing()
    shown = await posts.shown(row, reader)
    await speaking.delete(asking.wire_of(request), author, await Post.get(id=row["id"]))
    return json_answer(shown | {"text": present.source(row)["text"]})


async def _text(wire: Wire, access: Access, said: Body, edited: Post | None = None) -> Text:
    """What somebody writes. Raises `ApiError` (422) for what is not offered here."""
    for name, words in NOT_YET.items():
        if said.values.get(name):
            raise ApiError(422, words)
    visibility = _visibility(said.text("visibility") or access.account.visibility)
    return Text(
        await addressed.spelt_out(wire, said.text("status").replace("\r\n", "\n")),
        title=edited.title if edited else "",
        warning=said.text("spoiler_text"),
        language=said.text("language")[:16] or access.account.language,
        visibility=visibility,
        sensitive=said.flag("sensitive"),
        breaks=True,
        whole=True,
        media=await _media(said, edited),
    )


async def _media(said: Body, edited: Post | None) -> tuple[int, ...]:
    """The uploads that go with it. Those of an edited post are named by their place in it."""
    held = [one.id for one in await uploads.held_by(edited.uri)] if edited else []
    wanted: list[int] = []
    for word in said.texts("media_ids"):
        if not (word.isascii() and word.isdigit() and int(word) <= windows.BIGGEST):
            raise ApiError(422, "media_ids are the ids of uploads")
        place = int(word) - edited.id if edited else -1
        wanted.append(held[place] if 0 <= place < len(held) else int(word))
    return tuple(wanted)


def _visibility(asked: str) -> Literal["public", "unlisted"]:
    if asked == "public":
        return "public"
    if asked == "unlisted":
        return "unlisted"
    raise ApiError(
        422, "A group shows what is said in it: choose the visibility public or unlisted"
    )


async def _parent(id: int, reader: Reader) -> Post:
    """The post to answer; a boost of it will do."""
    row = await posts.row(id, reader)
    if row is None and (boost := await asking.boost(id)):
        row = await posts.row(boost.post_id, reader)
    if row is None:
        raise ApiError(404, "The post that you answer is not there")
    return await Post.get(id=row["id"])


async def _own(request: Request, reader: Reader) -> Post:
    post = await asking.post(request, reader)
    if post.author_id != reader.id:
        raise asking.missing()
    return post


def _key(request: Request) -> str:
    shown = request.headers.get("idempotency-key", "")
    return hashlib.sha256(shown.encode()).hexdigest() if shown else ""
