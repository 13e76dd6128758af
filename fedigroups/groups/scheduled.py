"""This module keeps what people wrote to be said later, and says it once it is due, for them.

The post has its id from the first try on. A process that dies between saying and forgetting leaves
a post of that id, so the next try finds it and says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import structlog

from federation import clock, ids, limits, storage
from federation.errors import FederationError, Malformed, NotHere
from federation.models import Actor
from federation.storage import Row
from federation.wire import Wire
from fedigroups.groups import lookup, once, speaking
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Post
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.media import uploads
from fedigroups.media.models import Media
from fedigroups.moderation import turning_away
from fedigroups.personal.models import ScheduledPost

LEASE_MS = 60 * clock.SECOND
"""How long no other worker tries what one has tried."""
MOST = 50
"""In one look."""

log = structlog.get_logger("fedigroups.scheduled")


async def schedule(
    author: Actor,
    text: Text,
    due_at: int,
    params: Mapping[str, Any],
    *,
    group: Group | None = None,
    parent: Post | None = None,
    key: str = "",
    by_id: int = 0,
) -> ScheduledPost:
    """Keep a text for later, with its pictures, committed; once for a `key`.

    `by_id` is the person who writes it as a group.

    Raises `Malformed` for a time that is too near, for an empty text, and for one text too many.
    """
    _check_time(due_at)
    speaking.check(text)
    media = await uploads.chosen(author, text.media or ())
    row = ScheduledPost(
        id=ids.new(),
        actor_id=author.id,
        group_id=group.id if group else 0,
        parent_id=parent.id if parent else 0,
        text=json.dumps(asdict(text) | {"by_id": by_id}),
        params=json.dumps(params),
        due_at=due_at,
        created_at=clock.now_ms(),
    )
    async with storage.transaction():
        if key and (earlier := await once.claim(author, key, row.id)):
            return await of(author, earlier)
        if await ScheduledPost.filter(actor_id=author.id).count() >= limits.SCHEDULED_POSTS:
            raise Malformed(f"at most {limits.SCHEDULED_POSTS} posts wait to be said")
        await row.save(force_create=True)
        await uploads.hold(holder(row.id), media)
    return row


async def of(author: Actor, id: int) -> ScheduledPost:
    """One that is theirs and was not said yet. Raises `NotHere`."""
    row = await ScheduledPost.get_or_none(id=id, actor_id=author.id)
    if row is None:
        raise NotHere("Record not found")
    return row


async def move(author: Actor, id: int, due_at: int) -> ScheduledPost:
    """Say it at another time. Raises `NotHere`, and `Malformed` for a time that is too near."""
    _check_time(due_at)
    waits = ScheduledPost.filter(id=id, actor_id=author.id, tried_at=0)
    if not await waits.update(due_at=due_at):
        raise NotHere("Record not found")
    return await of(author, id)


async def cancel(author: Actor, id: int) -> None:
    """Do not say it; its pictures go. Raises `NotHere`."""
    async with storage.transaction():
        if not await ScheduledPost.filter(id=id, actor_id=author.id, tried_at=0).delete():
            raise NotHere("Record not found")
        await uploads.let_go(holder(id))


async def say_due(wire: Wire) -> int:
    """Say all that is due now; how much was tried."""
    now = clock.now_ms()
    due = await storage.rows(
        "SELECT id FROM scheduled_post WHERE due_at <= ? AND tried_at <= ? ORDER BY due_at LIMIT ?",
        *(now, now - LEASE_MS, MOST),
    )
    for row in due:
        await _try(wire, row["id"], now)
    return len(due)


async def _try(wire: Wire, id: int, now: int) -> None:
    """Say one of them, unless another worker does."""
    row = await storage.row(
        "UPDATE scheduled_post SET tried_at = ?, post_id = CASE post_id WHEN 0 THEN ? ELSE post_id"
        " END WHERE id = ? AND due_at <= ? AND tried_at <= ? RETURNING *",
        *(now, ids.new(), id, now, now - LEASE_MS),
    )
    if row is None:
        return
    refused = ""
    try:
        if not await Post.exists(id=row["post_id"]):
            await _say(wire, row)
    except FederationError as error:
        log.info("scheduled.refused", scheduled=id, reason=str(error))
        refused = str(error)
    async with storage.transaction():
        if refused:
            await _explain(wire, row, refused)
        await ScheduledPost.filter(id=id).delete()
        await uploads.let_go(holder(id))


async def _say(wire: Wire, row: Row) -> None:
    """Say it by the rules of today: who was banned since then is refused."""
    author, said = await Actor.get(id=row["actor_id"]), json.loads(row["text"])
    by_id = said.pop("by_id", 0)
    if author.state != "live":
        raise Malformed("its author is not here any more")
    if by_id and not await lookup.runs(by_id, author.id):
        raise Malformed("whoever wrote it for the group does not run it any more")
    poll = said.get("poll")
    text = replace(
        Text(**said),
        id=row["post_id"],
        media=tuple(said["media"] or ()),
        poll=Asked(**poll | {"options": tuple(poll["options"])}) if poll else None,
    )
    await _release(row["id"])
    if row["parent_id"]:
        parent = await Post.get_or_none(id=row["parent_id"])
        if parent is None:
            raise NotHere("the post that it answers is not there any more")
        await speaking.answer(wire, author, parent, text)
    else:
        await speaking.write(wire, author, await Group.get(id=row["group_id"]), text)


async def _explain(wire: Wire, row: Row, refused: str) -> None:
    """Whoever wrote it is not there to read why it was not said: of groups here they are told."""
    author, parent = await Actor.get(id=row["actor_id"]), await _answered(row["parent_id"])
    group_id = parent.thread.group_id if parent else row["group_id"]
    group = await Group.get_or_none(id=group_id, hosted=True).select_related("actor")
    if group is not None and author.state == "live":
        await turning_away.unsaid(wire, Hosted(group, group.actor), author, refused)


async def _answered(parent_id: int) -> Post | None:
    return await Post.get_or_none(id=parent_id).select_related("thread") if parent_id else None


async def _release(id: int) -> None:
    """Its pictures may be taken by its post."""
    await Media.filter(holder=holder(id), state="held").update(
        state="waiting", holder="", changed_at=clock.now_ms()
    )


def holder(id: int) -> str:
    """Who holds its pictures until then."""
    return f"scheduled:{id}"


def _check_time(due_at: int) -> None:
    if due_at < clock.now_ms() + limits.SCHEDULED_SECONDS * clock.SECOND:
        minutes = limits.SCHEDULED_SECONDS // 60
        raise Malformed(f"scheduled_at must be more than {minutes} minutes from now")
