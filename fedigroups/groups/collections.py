"""This module writes a hosted group's collections, flat: Lemmy never follows `first`."""

from __future__ import annotations

from typing import Any

from federation import storage
from federation.documents import Document
from federation.limits import FOLLOWERS_PER_PAGE
from federation.models import Actor
from federation.uris import Uris
from federation.vocabulary import AS2
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Member, Post, Thread
from fedigroups.groups.policies import STAFF
from fedigroups.groups.views import ThreadPage
from fedigroups.groups.visibility import OPEN_ROWS, open_sql
from outbox import streams

OUTBOX_ITEMS = 50
THREAD_ITEMS = 2_000
FEATURED_ITEMS = 20


def _collection(uri: str, kind: str, total: int, **rest: Any) -> Document:
    return {"@context": AS2, "id": uri, "type": kind, "totalItems": total, **rest}


async def outbox(hosted: Hosted, uris: Uris) -> tuple[Document, list[bytes]]:
    """The collection without its items, and the items as bytes, newest first.

    Announces of thread starters only: one item of another shape, and Lemmy drops them all.
    """
    rows = await storage.rows(
        "SELECT activity.body AS body FROM log_entry "  # noqa: S608 - our own SQL
        "JOIN activity ON activity.id = log_entry.activity_id "
        f"JOIN post p ON p.uri = log_entry.object_uri AND {open_sql('p')} "
        "WHERE log_entry.stream = ? AND log_entry.kind = 'post' "
        "AND log_entry.cancelled = ? AND activity.public = ? "
        "ORDER BY log_entry.seq DESC LIMIT ?",
        streams.thread(hosted.group.id),
        False,
        True,
        OUTBOX_ITEMS,
    )
    uri = uris.outbox(hosted.actor.uri)
    document = _collection(uri, "OrderedCollection", hosted.group.threads_count)
    return document, [bytes(row["body"]) for row in rows]


def followers(hosted: Hosted, uris: Uris) -> Document:
    """How many members there are, not who: `items` is empty, or Lemmy loses the count."""
    uri = uris.followers(hosted.actor.uri)
    return _collection(uri, "Collection", hosted.group.members_count, items=[])


async def followers_of_host(
    hosted: Hosted, host: str, uris: Uris, after: int | None = None
) -> Document:
    """The group's followers on one host, whole, or a page of them: those behind the row `after`.

    What FEP-8fcf calls the partial collection: what the digest for that host is made of.
    """
    uri = uris.followers_synchronization(hosted.actor.uri)
    rows = await storage.rows(
        "SELECT m.id, a.uri FROM member m JOIN actor a ON a.id = m.actor_id"
        " WHERE m.group_id = ? AND m.inbox <> '' AND a.host = ? AND m.id > ?"
        " ORDER BY m.id LIMIT ?",
        hosted.group.id,
        host,
        after or 0,
        FOLLOWERS_PER_PAGE + 1,
    )
    listed = {"orderedItems": [row["uri"] for row in rows[:FOLLOWERS_PER_PAGE]]}
    more = len(rows) > FOLLOWERS_PER_PAGE
    if after is None and more:
        return {"@context": AS2, "id": uri, "type": "OrderedCollection", "first": f"{uri}?after=0"}
    if after is None:
        return _collection(uri, "OrderedCollection", len(rows), **listed)
    page = {"@context": AS2, "id": f"{uri}?after={after}", "type": "OrderedCollectionPage"}
    following = {"next": f"{uri}?after={rows[-2]['id']}"} if more else {}
    return page | {"partOf": uri} | following | listed


async def moderators(hosted: Hosted, uris: Uris) -> Document:
    """Owner and moderators, and the Service that signs moderation here."""
    staff = await Member.filter(
        group_id=hosted.group.id, state="member", role__in=list(STAFF)
    ).select_related("actor")
    listed = [member.actor.uri for member in staff] + [uris.moderation_actor]
    uri = uris.moderators(hosted.actor.uri)
    return _collection(uri, "OrderedCollection", len(listed), orderedItems=listed)


async def featured(hosted: Hosted, uris: Uris, documents: list[Document]) -> Document:
    """The pinned posts as whole objects: Lemmy takes no ids."""
    uri = uris.featured(hosted.actor.uri)
    return _collection(uri, "OrderedCollection", len(documents), orderedItems=documents)


async def pinned(hosted: Hosted) -> list[Post]:
    """The roots of the group's pinned threads that are open, newest pin first."""
    threads = (
        await Thread.filter(group_id=hosted.group.id, visible=True, pinned_at__gt=0)
        .order_by("-pinned_at")
        .limit(FEATURED_ITEMS)
    )
    posts = await Post.filter(id__in=[thread.root_id for thread in threads], **OPEN_ROWS)
    order = {thread.root_id: place for place, thread in enumerate(threads)}
    return sorted(posts, key=lambda post: order[post.id])


async def thread(hosted: Hosted, found: ThreadPage, uris: Uris) -> Document:
    """A thread as FEP-7888 and FEP-f228 serve it: ids in the order they came, the root first."""
    posts = (
        await Post.filter(thread_id=found.id, **OPEN_ROWS)
        .order_by("id")
        .limit(THREAD_ITEMS)
        .values_list("uri", flat=True)
    )
    uri = uris.thread(hosted.actor.uri, found.id)
    return _collection(
        uri,
        "OrderedCollection",
        len(posts),
        name=found.title,
        attributedTo=hosted.actor.uri,
        audience=hosted.actor.uri,
        orderedItems=list(posts),
    )


def empty(uri: str) -> Document:
    """A collection that a person here keeps to themselves."""
    return _collection(uri, "OrderedCollection", 0, orderedItems=[])


async def person_outbox(actor: Actor, uris: Uris) -> Document:
    """How much a person wrote; what they wrote is read in its groups."""
    total = await Post.filter(author_id=actor.id, **OPEN_ROWS).count()
    return _collection(uris.outbox(actor.uri), "OrderedCollection", total, orderedItems=[])
