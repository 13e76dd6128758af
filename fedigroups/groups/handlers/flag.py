"""Flag: a report; kept for those who moderate, and announced to nobody.

Mastodon lists the account and posts, and its server's own actor reports; Lemmy, PieFed and Mbin
name one post, and the person does, with the reason as `summary` (Mbin: perhaps none). A group that
announces one (Lemmy, to servers of its moderators) is who reports: only its own word is proven.
"""

from __future__ import annotations

from collections.abc import Sequence

from federation.documents import text_of, uris_of
from federation.limits import REPORT_OBJECTS
from federation.models import Actor
from fedigroups.groups import lookup
from fedigroups.groups.models import Post
from fedigroups.moderation import reporting
from fedigroups.moderation.filing import Filed
from inbox.registry import Outcome, Received, done, ignored


async def on_flag(received: Received) -> Outcome:
    """Keep the report for each group here that it concerns; else for the staff."""
    await lookup.check_joined(received.announcer)
    document = received.activity.document
    objects = uris_of(document.get("object"))[:REPORT_OBJECTS]
    text = text_of(document, "summary") or text_of(document, "content")
    kept = False
    places = await _concerned(received, objects)
    for group_id, person_id, post_id in places:
        filed = Filed(
            activity_uri=received.activity.id,
            reporter=received.announcer or received.actor,
            objects=objects,
            group_id=group_id,
            person_id=person_id,
            post_id=post_id,
            text=text,
        )
        kept = bool(await reporting.take(received.wire, filed)) or kept
    if not places:
        return ignored("it reports nothing that we have")
    return done("report kept") if kept else ignored("it says nothing new")


async def _concerned(received: Received, objects: Sequence[str]) -> list[tuple[int, int, int]]:
    """Groups here (0: none, so the staff), each with the person and the post that it is about."""
    posts = await Post.filter(uri__in=objects).select_related("thread__group").order_by("id")
    people = await Actor.filter(uri__in=objects).exclude(kind="Group").order_by("id")
    person = people[0].id if people else 0
    first: dict[int, tuple[int, int, int]] = {}
    for post in posts:
        group = post.thread.group
        if group.hosted:
            first.setdefault(group.id, (group.id, post.author_id, post.id))
    document = received.activity.document
    named = [*objects, *(uris_of(document.get("to")) if people and not posts else [])]
    for hosted in await lookup.all_hosted(named):
        first.setdefault(hosted.group.id, (hosted.group.id, person, 0))
    if first:
        return list(first.values())
    is_here, teller = received.wire.uris.is_local, received.announcer
    told_of = [post for post in posts if teller and post.thread.group.actor_id == teller.id]
    ours = next((post for post in posts if is_here(post.uri)), None) or next(iter(told_of), None)
    if ours is not None:
        return [(0, ours.author_id, ours.id)]
    return [(0, person, 0)] if any(is_here(uri) for uri in objects) else []
