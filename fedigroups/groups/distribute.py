"""This module decides what a hosted group sends on: each act once, in each reader's own dialect.

The thread family reads `Announce{activity}`, byte for byte as it came; microblogs read
`Announce{id}` of thread starters, and are harmed by the other form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from federation import clock, ids, storage
from federation.documents import time_of
from federation.models import Actor
from federation.origin import host_of
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import poll_documents
from fedigroups.groups.models import Announced, Group, Post
from fedigroups.groups.visibility import can_see
from outbox import build, streams
from outbox.models import Activity
from outbox.publish import Draft, Outgoing, Place, cancel


@dataclass(frozen=True, slots=True)
class Hosted:
    """A hosted group with its actor."""

    group: Group
    actor: Actor


@dataclass(frozen=True, slots=True)
class Inner:
    """An activity that a group announces: its id, its bytes, and the host it came from."""

    uri: str
    body: bytes
    host: str
    signed: bool = False
    """It carries its author's own signature or proof, so microblogs believe it when forwarded."""


def carries_signature(document: dict[str, Any]) -> bool:
    """Whether the body convinces on its own (Linked Data signature or FEP-8b32 proof)."""
    return "signature" in document or "proof" in document


async def post(
    wire: Wire,
    hosted: Hosted,
    inner: Inner,
    new: Post,
    author: Actor,
    can_announce: tuple[str, ...] | None = None,
) -> list[Draft]:
    """A new post: wrapped for threads; by id for microblogs when it starts a thread.

    Where the author wants to be asked first (GoToSocial), the boost goes to the author alone.
    What not everybody may read is sent to nobody.
    """
    if not can_see(None, new):
        return []
    kind = "reply" if new.parent_id else "post"
    waits = can_announce is not None and hosted.actor.uri not in can_announce
    drafts = await _wrap(wire, hosted, inner, new, kind, key=new.uri, form="create", waits=waits)
    if waits or _is_boosted(hosted, new):
        drafts += await _boost(wire, hosted, new, author, waits=waits)
    return drafts


def _is_boosted(hosted: Hosted, about: Post) -> bool:
    return about.parent_id is None or hosted.group.boost_replies


async def edit(wire: Wire, hosted: Hosted, inner: Inner, edited: Post) -> list[Draft]:
    """An edit: wrapped for threads; for microblogs the raw body, if it convinces on its own."""
    if not can_see(None, edited) or await _awaits_leave(hosted, edited.uri):
        return []
    drafts = await _wrap(wire, hosted, inner, edited, "edit", key=inner.uri)
    return drafts + _forward(hosted, inner, edited, "edit")


async def tally(hosted: Hosted, inner: Inner, polled: Post) -> list[Draft]:
    """How a poll here stands: for microblogs alone, since threads show no poll."""
    if not can_see(None, polled) or await _awaits_leave(hosted, polled.uri):
        return []
    return _forward(hosted, inner, polled, "edit")


async def vote(wire: Wire, hosted: Hosted, inner: Inner, voted: Post) -> list[Draft]:
    """A like, dislike, reaction or its undo: wrapped for threads, never for microblogs."""
    if not can_see(None, voted) or await _awaits_leave(hosted, voted.uri):
        return []
    return await _wrap(wire, hosted, inner, voted, "vote", key=inner.uri)


async def delete(
    wire: Wire, hosted: Hosted, inner: Inner, gone: Post, author: Actor
) -> list[Draft]:
    """The end of a post: wrapped for threads, Undo of its boost for microblogs."""
    await hide(gone.uri)
    return await _end(wire, hosted, inner, gone, author)


async def withdraw(
    wire: Wire, hosted: Hosted, inner: Inner, gone: Post, author: Actor
) -> list[Draft]:
    """The end of a post in this group, told as `delete` tells it; elsewhere it may live on."""
    await hide(gone.uri, by=hosted.actor.uri)
    return await _end(wire, hosted, inner, gone, author)


async def _end(wire: Wire, hosted: Hosted, inner: Inner, gone: Post, author: Actor) -> list[Draft]:
    if gone.state == "held" and not await was_told(gone.uri):
        return []
    await _cancel(hosted.group.id, gone.uri)
    if await _awaits_leave(hosted, gone.uri):
        return await _unboost(wire, hosted, gone, author)
    drafts = await _wrap(wire, hosted, inner, gone, "delete", key=inner.uri)
    drafts += await _unboost(wire, hosted, gone, author)
    return drafts + _forward(hosted, inner, gone, "delete")


async def was_told(post_uri: str) -> bool:
    """Whether anybody was ever told of the post: of what waits only where it was shown before."""
    found = await storage.row(
        "SELECT 1 AS one FROM announced WHERE object_uri = ? LIMIT 1", post_uri
    )
    return found is not None


async def hide(object_uri: str, by: str = "") -> None:
    """Serve no more what carried the words of a post that is gone, of all or of one actor here."""
    await storage.execute(
        "UPDATE activity SET public = ? WHERE object_uri = ? AND kind <> 'Undo'"
        " AND ? IN ('', actor_uri)",
        *(False, object_uri, by),
    )


async def withhold(group_id: int, object_uri: str) -> None:
    """Neither serve nor send any more what carried the words of a post that is gone."""
    await hide(object_uri)
    await _cancel(group_id, object_uri)


async def restore(
    wire: Wire, hosted: Hosted, inner: Inner, shown: Post, author: Actor
) -> list[Draft]:
    """A removed post again: the wrapped `inner` takes its removal back, and it is boosted anew."""
    await storage.execute(
        "UPDATE activity SET public = ? WHERE object_uri = ? AND kind <> 'Undo'", True, shown.uri
    )
    for stream in (streams.thread(hosted.group.id), streams.microblog(hosted.group.id)):
        await storage.execute(
            "UPDATE log_entry SET cancelled = ? WHERE stream = ? AND object_uri = ?",
            *(False, stream, shown.uri),
        )
    again = Announced.filter(group_id=hosted.group.id, object_uri=shown.uri, undone=True)
    was_boosted = await again.filter(form="boost", waiting=False).first()
    await again.update(undone=False)
    if await _awaits_leave(hosted, shown.uri) or not can_see(None, shown):
        return []
    drafts = await _wrap(wire, hosted, inner, shown, "edit", key=inner.uri)
    if was_boosted is not None:
        await was_boosted.delete()
        drafts += await _boost(wire, hosted, shown, author, again=True)
    return drafts


async def _cancel(group_id: int, object_uri: str) -> None:
    for stream in (streams.thread(group_id), streams.microblog(group_id)):
        await cancel(stream, object_uri)


async def profile(wire: Wire, hosted: Hosted, document: dict[str, Any]) -> list[Draft]:
    """A changed profile: by the group itself for microblogs (Mastodon wants actor == object),
    wrapped from the moderation actor for threads (Lemmy wants a person or service)."""
    uris, followers = wire.uris, hosted.actor.followers
    own_uri, inner_uri, outer_uri = (uris.activity(ids.new()) for _ in range(3))
    own = dumps(build.update_group(own_uri, hosted.actor.uri, document, followers))
    inner = dumps(build.update_group(inner_uri, uris.moderation_actor, document, followers))
    outer = build.announce(outer_uri, hosted.actor.uri, followers, inner)
    thread, microblog = streams.thread(hosted.group.id), streams.microblog(hosted.group.id)
    return [
        Draft(Outgoing(own_uri, hosted.actor.uri, "Update", own), (Place(microblog, "profile"),)),
        Draft(Outgoing(inner_uri, uris.moderation_actor, "Update", inner), ()),
        Draft(
            Outgoing(outer_uri, hosted.actor.uri, "Announce", outer), (Place(thread, "profile"),)
        ),
    ]


async def allowed(wire: Wire, hosted: Hosted, activity_uri: str, approval: str) -> list[Draft]:
    """A post that waited for its author's leave, sent to all: the boost with the approval's id."""
    asked = await Announced.get(group_id=hosted.group.id, activity_uri=activity_uri)
    about = await Post.get(uri=asked.object_uri).select_related("author")
    if not can_see(None, about):
        return []
    held = await Announced.filter(
        group_id=hosted.group.id, object_uri=about.uri, waiting=True
    ).order_by("id")
    await Announced.filter(id__in=[one.id for one in held]).update(waiting=False)
    return [await _released(wire, hosted, one, about, approval) for one in held]


async def _released(
    wire: Wire, hosted: Hosted, held: Announced, about: Post, approval: str
) -> Draft:
    stored = await Activity.get(uri=held.activity_uri)
    kind, body, places = "reply" if about.parent_id else "post", bytes(stored.body), []
    host = host_of(about.author.uri)
    if held.form != "boost":
        skipped = await needs_no_copy(wire, host)
        places = [_place(streams.thread(hosted.group.id), kind, about, skip_host=skipped)]
    else:
        body = build.approved(body, approval)
        await Activity.filter(id=stored.id).update(body=body)
        if _is_boosted(hosted, about):
            places = [_boost_place(hosted, about, about.author, skip_host=host)]
    outgoing = Outgoing(stored.uri, hosted.actor.uri, "Announce", body, object_uri=about.uri)
    return Draft(outgoing, tuple(places))


def _place(
    stream: str, kind: str, about: Post, *, undoes: bool = False, skip_host: str = ""
) -> Place:
    return Place(
        stream, kind, about.uri, str(about.thread_id), undoes_object=undoes, skip_host=skip_host
    )


def _boost_place(hosted: Hosted, about: Post, author: Actor, skip_host: str = "") -> Place:
    """On the stream of microblogs; each of them fetches the post from its author's server."""
    place = _place(streams.microblog(hosted.group.id), "post", about, skip_host=skip_host)
    return place if author.local else replace(place, paced=True)


async def _awaits_leave(hosted: Hosted, post_uri: str) -> bool:
    """Whether the group may not show the post yet: its author was asked and has not answered."""
    waits = await storage.row(
        "SELECT waiting FROM announced WHERE group_id = ? AND form = 'boost' AND object_uri = ?",
        *(hosted.group.id, post_uri),
    )
    return waits is not None and bool(waits["waiting"])


async def _wrap(
    wire: Wire,
    hosted: Hosted,
    inner: Inner,
    about: Post,
    kind: str,
    *,
    key: str,
    form: str = "wrapped",
    waits: bool = False,
) -> list[Draft]:
    uri = wire.uris.activity(ids.new())
    if not await remember(hosted, form, key, uri, waiting=waits):
        return []
    is_poll = about.kind == "Question" and inner.host == wire.config.host
    body = build.announce(
        uri,
        hosted.actor.uri,
        hosted.actor.followers,
        poll_documents.readable(inner.body) if is_poll else inner.body,
        unlisted=about.visibility == "unlisted",
    )
    place = _place(
        streams.thread(hosted.group.id),
        kind,
        about,
        undoes=kind == "delete",
        skip_host=await needs_no_copy(wire, inner.host),
    )
    outgoing = Outgoing(uri, hosted.actor.uri, "Announce", body, object_uri=about.uri)
    return [Draft(outgoing, () if waits else (place,))]


async def needs_no_copy(wire: Wire, host: str) -> str:
    """The host an act came from has it already; Lemmy alone waits for it as its confirmation."""
    peer = await wire.peers.show(host)
    return "" if peer is not None and peer.software == "lemmy" else host


async def _boost(
    wire: Wire,
    hosted: Hosted,
    new: Post,
    author: Actor,
    *,
    waits: bool = False,
    again: bool = False,
) -> list[Draft]:
    """The boost of a post; once it was taken back, `again` under another id."""
    uri = wire.uris.boost(hosted.group.name, new.uri)
    if again:
        uri = wire.uris.activity(ids.new())
    if not await remember(hosted, "boost", new.uri, uri, waiting=waits):
        return []
    document = build.boost(
        uri,
        hosted.actor.uri,
        hosted.actor.followers,
        new.uri,
        author.uri,
        _said_at(new),
        unlisted=new.visibility == "unlisted",
    )
    stream = streams.microblog(hosted.group.id)
    places = [] if waits else [_boost_place(hosted, new, author)]
    places += await _tell_author(stream, author, "post", new.uri, always=waits)
    outgoing = Outgoing(uri, hosted.actor.uri, "Announce", dumps(document), object_uri=new.uri)
    return [Draft(outgoing, tuple(places))]


def _said_at(new: Post) -> int:
    """When it was published by its author's clock, perhaps ahead of ours: Misskey compares."""
    said = time_of(json.loads(new.document).get("published")) if new.document else None
    return min(said or new.published_at, clock.now_ms() + clock.DAY)


async def _unboost(wire: Wire, hosted: Hosted, gone: Post, author: Actor) -> list[Draft]:
    """Undo of the boost, with the very id it had: Mastodon looks it up by that."""
    announced = await Announced.get_or_none(
        group_id=hosted.group.id, form="boost", object_uri=gone.uri, undone=False
    )
    if announced is None:
        return []
    await Announced.filter(group_id=hosted.group.id, object_uri=gone.uri).update(undone=True)
    stored = await Activity.get(uri=announced.activity_uri)
    uri = wire.uris.activity(ids.new())
    document = build.undo(uri, json.loads(stored.body), cc=[hosted.actor.followers])
    stream = streams.microblog(hosted.group.id)
    places = [] if announced.waiting else [_place(stream, "delete", gone, undoes=True)]
    places += await _tell_author(stream, author, "delete", gone.uri, always=announced.waiting)
    outgoing = Outgoing(uri, hosted.actor.uri, "Undo", dumps(document), object_uri=gone.uri)
    return [Draft(outgoing, tuple(places))]


async def _tell_author(
    stream: str, author: Actor, kind: str, object_uri: str, *, always: bool = False
) -> list[Place]:
    """The author's own inbox, unless their server reads the stream anyway."""
    if author.local or not author.inbox:
        return []
    reads = await storage.row(
        "SELECT 1 AS one FROM subscription WHERE stream = ? AND inbox = ?",
        stream,
        author.delivery_inbox,
    )
    if reads is not None and not always:
        return []
    if await thread_family(author):
        return []
    return [Place(streams.direct(author.inbox), kind, object_uri, inbox=author.inbox)]


async def thread_family(author: Actor) -> bool:
    """Whether their server reads activities in an Announce, and no boosts."""
    row = await storage.row("SELECT family FROM peer WHERE host = ?", host_of(author.inbox))
    return row is not None and row["family"] == "thread"


def _forward(hosted: Hosted, inner: Inner, about: Post, kind: str) -> list[Draft]:
    if not inner.signed:
        return []
    stream, ends = streams.microblog(hosted.group.id), kind == "delete"
    place = _place(stream, kind, about, undoes=ends, skip_host=inner.host)
    outgoing = Outgoing(inner.uri, hosted.actor.uri, "Forward", inner.body, public=False)
    return [Draft(outgoing, (place,))]


async def remember(
    hosted: Hosted, form: str, object_uri: str, activity_uri: str, *, waiting: bool = False
) -> bool:
    """Whether this is the first time: the same thing is announced once in each form, for ever."""
    first = await storage.row(
        "INSERT INTO announced (id, group_id, object_uri, form, activity_uri, undone, waiting, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (group_id, form, object_uri) DO NOTHING RETURNING id",
        ids.new(),
        hosted.group.id,
        object_uri,
        form,
        activity_uri,
        False,
        waiting,
        clock.now_ms(),
    )
    return first is not None
