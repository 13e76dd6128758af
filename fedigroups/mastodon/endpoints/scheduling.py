"""Posts for later: what waits, at another time, or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock, storage
from federation.errors import Malformed
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.groups import scheduled
from fedigroups.groups.speaking import Text
from fedigroups.mastodon.endpoints import asking, media
from fedigroups.mastodon.present import accounts
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.present.statuses import VISIBILITY
from fedigroups.mastodon.reading import windows
from fedigroups.media import uploads
from fedigroups.oauth.access import authorised
from fedigroups.personal.models import ScheduledPost


def routes() -> list[BaseRoute]:
    """The addresses of what waits to be said."""
    one = "/api/v1/scheduled_statuses/{id:int}"
    return [
        Route("/api/v1/scheduled_statuses", listed, methods=["GET"]),
        Route(one, one_of_them, methods=["GET"]),
        Route(one, move, methods=["PUT"]),
        Route(one, cancel, methods=["DELETE"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v1/scheduled_statuses`."""
    access = await authorised(request, "read:statuses")
    window = windows.asked(await bodies.read(request), most=40)
    found = window.arranged(
        await storage.rows(
            f"SELECT id FROM scheduled_post WHERE actor_id = ? AND {window.clause('id')}",  # noqa: S608 - our own SQL
            *(access.actor.id, *window.values),
        )
    )
    ids = [row["id"] for row in found]
    by_id = {row.id: row for row in await ScheduledPost.filter(id__in=ids)}
    rows = [by_id[id] for id in ids if id in by_id]
    return asking.paged(request, window, ids, await _all(rows, asking.origin_of(request)))


async def one_of_them(request: Request) -> Response:
    """`GET /api/v1/scheduled_statuses/:id`: 404 for somebody else's, and for one that was said."""
    access = await authorised(request, "read:statuses")
    row = await scheduled.of(access.actor, asking.number(request))
    return json_answer(await shown(row, asking.origin_of(request)))


async def move(request: Request) -> Response:
    """`PUT /api/v1/scheduled_statuses/:id`: say it at another time."""
    access = await authorised(request, "write:statuses")
    due_at = time_in(await bodies.read(request))
    if not due_at:
        raise ApiError(422, "Validation failed: scheduled_at can't be blank")
    row = await scheduled.move(access.actor, asking.number(request), due_at)
    return json_answer(await shown(row, asking.origin_of(request)))


async def cancel(request: Request) -> Response:
    """`DELETE /api/v1/scheduled_statuses/:id`."""
    access = await authorised(request, "write:statuses")
    await scheduled.cancel(access.actor, asking.number(request))
    return json_answer({})


def time_in(said: Body) -> int:
    """When something is to be said, in milliseconds; 0 for now. Raises `Malformed` for no time."""
    text = said.text("scheduled_at").strip()
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
        return int(found.replace(tzinfo=found.tzinfo or UTC).timestamp() * clock.SECOND)
    except (ValueError, OverflowError) as error:
        raise Malformed("scheduled_at is a time such as 2030-01-31T12:00:00Z") from error


def params(said: Body, text: Text) -> dict[str, Any]:
    """What a ScheduledStatus tells of the text."""
    return {
        "text": said.text("status"),
        "media_ids": [str(id) for id in text.media or ()] or None,
        "sensitive": text.sensitive,
        "spoiler_text": text.warning or None,
        "visibility": VISIBILITY[text.visibility],
        "language": text.language or None,
        "in_reply_to_id": said.text("in_reply_to_id") or None,
        "poll": _poll(text),
        "idempotency": None,
        "with_rate_limit": False,
        "application_id": 0,
        "scheduled_at": None,
    }


def _poll(text: Text) -> Entity | None:
    if text.poll is None:
        return None
    return {
        "options": [*text.poll.options],
        "expires_in": str(text.poll.seconds),
        "multiple": text.poll.multiple,
        "hide_totals": text.poll.hides_totals,
    }


async def shown(row: ScheduledPost, origin: str) -> Entity:
    """The ScheduledStatus."""
    return (await _all([row], origin))[0]


async def _all(rows: Sequence[ScheduledPost], origin: str) -> list[Entity]:
    """The ScheduledStatuses, which mention their groups as posts do. Two queries for all."""
    groups = await _groups([row.id for row in rows], origin)
    by_holder = {scheduled.holder(row.id): row for row in rows}
    pictures = await uploads.held_by_each(by_holder)
    return [
        {
            "id": str(row.id),
            "scheduled_at": date_time(row.due_at),
            "params": json.loads(row.params),
            "media_attachments": [media.attachment(one) for one in pictures[holder]],
            "mentions": groups.get(row.id, []),
        }
        for holder, row in by_holder.items()
    ]


async def _groups(ids: Sequence[int], origin: str) -> dict[int, list[Entity]]:
    """The group in which each is to be said, as a Mention; that of the thread, of an answer."""
    found = await storage.rows(
        "SELECT s.id AS scheduled_id, a.id, a.uri, a.username, a.host, a.local, a.page_url"  # noqa: S608 - our own SQL
        " FROM scheduled_post s LEFT JOIN post p ON p.id = s.parent_id"
        " LEFT JOIN thread t ON t.id = p.thread_id"
        " JOIN groups g ON g.id = COALESCE(t.group_id, s.group_id)"
        " JOIN actor a ON a.id = g.actor_id"
        f" WHERE s.id IN ({storage.marks(len(ids)) or '?'})",
        *(ids or [0]),
    )
    return {row["scheduled_id"]: [accounts.mention(row, origin)] for row in found}
