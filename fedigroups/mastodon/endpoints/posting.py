"""Writing from an app: into the group that a text mentions, or below the post that it answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.wire import Wire
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import addressed, boosting, once, scheduled, speaking
from fedigroups.groups.models import Group, Post
from fedigroups.groups.speaking import Text
from fedigroups.mastodon.endpoints import asking, media, polling, scheduling
from fedigroups.mastodon.present import statuses as present
from fedigroups.mastodon.reading import posts
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.media import uploads
from fedigroups.oauth.access import Access, authorised
from fedigroups.personal.models import ScheduledPost

NO_GROUP = (
    "Say which group this is for: mention it, like @welders, if you are in it. Or choose, in your "
    "settings on this server, a group for what names none"
)

NO_DIRECT = (
    "There are no direct messages here: what is written is written in a group. Post it for "
    "followers, and only the members of the group who have an account here read it"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: a thread of this group, or what this post answers."""

    group: Group
    parent: Post | None = None


def routes() -> list[BaseRoute]:
    """The addresses of writing."""
    one = "/api/v1/statuses/{id:int}"
    return [
        Route("/api/v1/statuses", write, methods=["POST"]),
        Route(one, edit, methods=["PUT"]),
        Route(one, delete, methods=["DELETE"]),
    ]


async def write(request: Request) -> Response:
    """`POST /api/v1/statuses`: once for an `Idempotency-Key`, however often it is sent.

    With `scheduled_at` it is kept until then, and a ScheduledStatus is answered.
    """
    access = await authorised(request, "write:statuses")
    said, wire = await bodies.read(request), asking.wire_of(request)
    reader, key = asking.reader_of(request, access), _key(request)
    if key and (earlier := await once.meant(access.actor, key)):
        return await _answered(access, earlier, reader)
    text = await _text(wire, access, said)
    place = await _place(access, said, text, reader)
    author, text = asking.author(access, place.group), _kept_private(text, place)
    if due_at := scheduling.time_in(said):
        row = await scheduled.schedule(
            author,
            text,
            due_at,
            scheduling.params(said, text),
            group=None if place.parent else place.group,
            parent=place.parent,
            key=key,
            by_id=access.person.id if access.acting else 0,
        )
        return json_answer(await scheduling.shown(row, asking.origin_of(request)))
    if place.parent:
        post = await speaking.answer(wire, author, place.parent, text, key=key)
    else:
        post = await speaking.write(wire, author, place.group, text, key=key)
    return await asking.shown(post.id, reader)


async def _answered(access: Access, id: int, reader: Reader) -> Response:
    """What was answered to the request that this one repeats."""
    if waiting := await ScheduledPost.get_or_none(id=id, actor_id=access.actor.id):
        return json_answer(await scheduling.shown(waiting, reader.origin))
    return await asking.shown(id, reader)


async def _place(access: Access, said: Body, text: Text, reader: Reader) -> Place:
    """Below what it answers; else the group that it mentions, that acts, or that was chosen."""
    if answered := said.number("in_reply_to_id"):
        parent = await _parent(answered, reader)
        return Place(parent.thread.group, parent)
    chosen = access.acting.id if access.acting else access.account.default_group_id
    group = None if access.acting else await addressed.group_in(text.body)
    if group is None and chosen:
        group = await Group.get_or_none(actor_id=chosen, state="open")
    if group is None:
        raise ApiError(422, NO_GROUP)
    return Place(group)


def _kept_private(text: Text, place: Place) -> Text:
    """What is for members alone. Raises `ApiError` (422) in groups that live elsewhere."""
    if text.visibility == "members" and not place.group.hosted:
        raise ApiError(422, "A group of another server shows what is said in it to everybody")
    return text


async def edit(request: Request) -> Response:
    """`PUT /api/v1/statuses/:id`: what is not said is not there any more; 404 for others' posts."""
    access = await authorised(request, "write:statuses")
    wire = asking.wire_of(request)
    reader, said = asking.reader_of(request, access), await bodies.read(request)
    post = await _own(request, reader)
    await speaking.edit(wire, access.actor, post, await _text(wire, access, said, post))
    return await asking.shown(post.id, reader)


async def delete(request: Request) -> Response:
    """`DELETE /api/v1/statuses/:id`: the status as it was, with its `text`, to write it anew.

    Its pictures wait for that, with ids to name them by, unless `delete_media` says otherwise. Of
    a boost that one gave, it is taken back.
    """
    access, said = await authorised(request, "write:statuses"), await bodies.read(request)
    reader, wire = asking.reader_of(request, access), asking.wire_of(request)
    row = await asking.status(request, reader)
    is_boost = row["id"] != asking.number(request)
    boost = await asking.boost(asking.number(request)) if is_boost else None
    if boost is not None and boost.by == reader.id and access.acting is None:
        await boosting.unboost(wire, access.person, await Post.get(id=row["id"]))
        return await asking.shown(row["id"], reader)
    if row["author_id"] != reader.id or boost is not None:
        raise asking.missing()
    shown = await posts.shown(row, reader)
    await speaking.delete(wire, access.actor, await Post.get(id=row["id"]))
    if row["attachments"] != "[]" and not said.flag("delete_media"):
        held = await uploads.give_back(row["uri"])
        shown["media_attachments"] = [media.attachment(one) for one in held]
    return json_answer(shown | {"text": present.source(row)["text"]})


async def _text(wire: Wire, access: Access, said: Body, edited: Post | None = None) -> Text:
    """What somebody writes. Raises `ApiError` (422) for what is not offered here."""
    visibility = _visibility(said.text("visibility") or access.account.visibility)
    return Text(
        await addressed.spelt_out(wire, said.text("status").replace("\r\n", "\n")),
        title=edited.title if edited else "",
        warning=said.text("spoiler_text"),
        language=said.text("language")[:16] or access.account.language,
        visibility=visibility,
        sensitive=said.flag("sensitive") if "sensitive" in said else access.account.sensitive,
        breaks=True,
        whole=True,
        media=await _media(said, edited),
        poll=polling.asked_in(said),
    )


async def _media(said: Body, edited: Post | None) -> tuple[int, ...]:
    """The uploads that go with it. Those of an edited post are named by their place in it."""
    held = [one.id for one in await uploads.held_by(edited.uri)] if edited else []
    wanted: list[int] = []
    named = said.ids("media_ids")
    if len(named) < len(said.texts("media_ids")):
        raise ApiError(422, "media_ids are the ids of uploads")
    for number in named:
        place = number - edited.id if edited else -1
        wanted.append(held[place] if 0 <= place < len(held) else number)
    return tuple(wanted)


def _visibility(asked: str) -> Literal["public", "unlisted", "members"]:
    """Of a post here. To clients, `private` is what its group's members alone may read."""
    match asked:
        case "public" | "unlisted":
            return asked
        case "private":
            return "members"
        case "direct":
            raise ApiError(422, NO_DIRECT)
    raise ApiError(422, "A post here is public, unlisted, or private: for members of its group")


async def _parent(id: int, reader: Reader) -> Post:
    """The post to answer; a boost of it will do."""
    row = await posts.row(id, reader)
    if row is None and (boost := await asking.boost(id)):
        row = await posts.row(boost.post_id, reader)
    if row is None:
        raise ApiError(404, "The post that you answer is not there")
    return await Post.get(id=row["id"]).select_related("thread__group")


async def _own(request: Request, reader: Reader) -> Post:
    post = await asking.post(request, reader)
    if post.author_id != reader.id:
        raise asking.missing()
    return post


def _key(request: Request) -> str:
    shown = request.headers.get("idempotency-key", "")
    return hashlib.sha256(shown.encode()).hexdigest() if shown else ""
