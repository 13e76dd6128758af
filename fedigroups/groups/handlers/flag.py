"""Flag: a report; kept for those who moderate, and announced to nobody."""

from __future__ import annotations

import json

from federation import clock, ids, storage
from federation.documents import ids_of, text_of
from federation.limits import REPORT_CHARS
from fedigroups.groups import lookup
from fedigroups.groups.models import Group, Post
from inbox.registry import Outcome, Received, done, ignored

REPORTED = 50


async def on_flag(received: Received) -> Outcome:
    """Keep the report, with the group that it concerns where that is known."""
    document = received.activity.document
    objects = ids_of(document.get("object"))[:REPORTED]
    group = await _concerned(objects)
    here = any(received.wire.uris.is_local(uri) for uri in objects)
    if group is None and not here:
        return ignored("it reports nothing that we have")
    text = text_of(document, "summary") or text_of(document, "content")
    await storage.execute(
        "INSERT INTO flag (id, activity_uri, reporter_uri, group_id, objects, text, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (activity_uri) DO NOTHING",
        ids.new(),
        received.activity.id,
        received.actor.uri,
        group.id if group else None,
        json.dumps(objects),
        text[:REPORT_CHARS],
        clock.now_ms(),
    )
    return done("report kept")


async def _concerned(objects: list[str]) -> Group | None:
    if hosted := await lookup.first_hosted(objects):
        return hosted.group
    post = await Post.filter(uri__in=objects).select_related("thread__group").first()
    return post.thread.group if post and post.thread.group.hosted else None
