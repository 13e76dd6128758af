"""This module tells each listener what concerns them, and nobody what they may not read.

An event is read once for all of them, and written once for all who are shown the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import orjson
from starlette.types import Message

from federation import storage
from federation.models import Actor
from fedigroups.mastodon.reading import notices
from fedigroups.mastodon.reading.posts import Entry, Reader
from fedigroups.media.pictures import Pictures
from fedigroups.news import Word
from fedigroups.streaming import audience
from fedigroups.streaming.audience import About, Stance, met, read_in_thread
from fedigroups.streaming.listeners import PAGES, TAGS, Listener, Listeners, Stream
from fedigroups.streaming.renditions import Renditions
from fedigroups.streaming.streams import MEDIA, NOTICES

EVENTS = {"post": "update", "edit": "status.update"}
QUIET = frozenset({*PAGES, "user:notification", "direct"})
"""Streams that no post is shown in."""

NOTHING = Entry(0, 0)

Shown = Callable[[Stance, About], bool]


class Room(Protocol):
    """What of the hub is needed here."""

    listeners: Listeners
    pictures: Pictures

    def on(self, name: str, of: str = "") -> Listeners:
        """Who listens to one stream."""

    def all_on(self, name: str) -> dict[str, Listeners]:
        """Who listens to the streams of one name, by what they are of."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A listener whom a post may reach, on which stream and as what; `shown` decides."""

    listener: Listener
    stream: Stream
    entry: Entry
    shown: Shown = met

    @property
    def actor_id(self) -> int:
        """Who is shown it; 0 for a stranger."""
        return self.listener.who.actor_id

    @property
    def context(self) -> str:
        """Which of their filters count."""
        return "home" if self.stream.name in {"user", "list"} else "public"


async def tell(room: Room, word: Word) -> None:
    """Tell of what happened whoever it concerns."""
    id, *known_as = word.ids
    if word.kind in EVENTS:
        await _post(room, id, EVENTS[word.kind])
    elif word.kind == "gone":
        await _gone(room, id, known_as)
    elif word.kind == "notice":
        await _notice(room, id)
    elif word.kind == "read":
        await _unread(room, id)
    elif word.kind == "filters":
        _send(((one, "") for one in _aimed(room, "user", str(id))), "filters_changed")


async def _post(room: Room, id: int, event: str) -> None:
    post = await audience.about(id)
    if post is None or post.state != "live":
        return
    aims = await _aims(room, post, is_new=event == "update")
    stances = await audience.stances(post, {aim.actor_id for aim in aims}) if aims else {}
    reached = [
        aim for aim in aims if aim.actor_id in stances and aim.shown(stances[aim.actor_id], post)
    ]
    _count(aim for aim in reached if aim.stream.name in PAGES and aim.actor_id != post.author_id)
    aims = [aim for aim in reached if aim.stream.name not in PAGES]
    await _show(room, post, aims, stances, event)


async def _show(
    room: Room, post: About, aims: list[Aim], stances: dict[int, Stance], event: str
) -> None:
    if not aims:
        return
    shown = {aim.actor_id: stances[aim.actor_id] for aim in aims}
    boosters = {aim.entry.by for aim in aims if aim.entry.by}
    made = await Renditions.of(room.pictures, post.id, shown, boosters)
    if made is None:
        return
    written = (
        (aim, made.json(aim.entry, aim.actor_id, shown[aim.actor_id], aim.context)) for aim in aims
    )
    _send(((aim, json) for aim, json in written if json), event)


async def _aims(room: Room, post: About, *, is_new: bool) -> list[Aim]:
    """Whom the post may reach. A query for each kind of stream that somebody listens to."""
    whole = Entry(post.id, post.id)
    aims = await _of_tags(room, post, whole)
    if is_new:
        aims += _aimed(room, "thread", str(post.thread_id), whole, read_in_thread)
    if post.is_start:
        aims += _of_everybody(room, post, whole)
        aims += await _of_lists(room, post, whole)
        aims += await _of_members(room, post, whole, is_new=is_new)
    return aims


async def _of_tags(room: Room, post: About, whole: Entry) -> list[Aim]:
    if not any(map(room.all_on, TAGS)):
        return []
    names = TAGS if post.hosted else TAGS[:1]
    tags = await audience.tags(post)
    return [aim for tag in tags for name in names for aim in _aimed(room, name, tag, whole)]


def _of_everybody(room: Room, post: About, whole: Entry) -> Iterator[Aim]:
    names = ["public", "public:local" if post.hosted else "public:remote"]
    names += [f"{name}{MEDIA}" for name in names] if post.has_media else []
    for name in names:
        yield from _aimed(room, name, "", whole)


async def _of_lists(room: Room, post: About, whole: Entry) -> list[Aim]:
    if not room.all_on("list"):
        return []
    aims = _aimed(room, "list", str(post.group_id), whole, _met_in_group)
    for id, owner_id in (await audience.lists(post)).items():
        aims += [aim for aim in _aimed(room, "list", id, whole) if aim.actor_id == owner_id]
    return aims


async def _of_members(room: Room, post: About, whole: Entry, *, is_new: bool) -> list[Aim]:
    """Homes, and pages of groups: threads that are new come there as boosts.

    What somebody starts comes to their own home as it is, and so does what a group says itself.
    """
    if not (room.all_on("user") or room.all_on("group")):
        return []
    boosts = await audience.boosts(post)
    homes = await audience.homes(post, boosts, [int(id) for id in room.all_on("user")])
    entries = {
        actor_id: boost if is_new and post.author_id not in {actor_id, boost.by} else whole
        for actor_id, boost in homes.items()
    }
    entries.setdefault(post.author_id, whole)
    is_its_own = any(boost.by == post.author_id for boost in boosts.values())
    aims = []
    for actor_id, entry in entries.items():
        # as at home, where one's own and a group's own threads are met though they are unlisted
        shown = read_in_thread if is_its_own or actor_id == post.author_id else met
        aims += _aimed(room, "user", str(actor_id), entry, shown)
    if is_new:
        aims += [aim for id in boosts for aim in _aimed(room, "group", str(id), whole)]
    return aims


def _met_in_group(stance: Stance, post: About) -> bool:
    return stance.in_group and met(stance, post)


async def _gone(room: Room, post_id: int, known_as: list[int]) -> None:
    """The ids go to all who could read it, on every stream where they may have met it."""
    post = await audience.about(post_id)
    if post is None or (post.state == "live" and post_id in known_as):
        return  # the transaction took it back
    stances = await audience.stances(post, {one.who.actor_id for one in room.listeners})
    aims = [
        Aim(listener, stream, Entry(post.id, post.id))
        for listener in room.listeners
        if (stance := stances.get(listener.who.actor_id)) and audience.knew(stance, post)
        for stream in listener.streams
        if stream.name not in QUIET
    ]
    for id in known_as:
        _send(((aim, str(id)) for aim in aims), "delete")


async def _notice(room: Room, id: int) -> None:
    row = await storage.row("SELECT actor_id FROM notification WHERE id = ?", id)
    if row is None:
        return
    of = str(row["actor_id"])
    aims = [*_aimed(room, "user", of), *_aimed(room, "user:notification", of)]
    aims = [aim for aim in aims if aim.listener.who.may(*NOTICES)]
    if aims:
        reader = await _reader(room, row["actor_id"])
        found = await notices.one(reader, id)
        for shown in await notices.show([found], reader) if found else ():
            json = orjson.dumps(shown).decode()
            _send(((aim, json) for aim in aims), "notification")
    await _unread(room, row["actor_id"])


async def _unread(room: Room, actor_id: int) -> None:
    """The pages of somebody learn how much they have not read."""
    if pages := _aimed(room, "mine", str(actor_id)):
        reader = await _reader(room, actor_id)
        count = await notices.unread(reader, notices.Wish(), in_groups=False)
        _send(((aim, str(count)) for aim in pages), "notifications")


async def _reader(room: Room, actor_id: int) -> Reader:
    return Reader(await Actor.get_or_none(id=actor_id), room.pictures, "notifications")


def _count(aims: Iterable[Aim]) -> None:
    """One more of what a page counts."""
    for aim in aims:
        name = "replies" if aim.stream.name == "thread" else "threads"
        count = aim.listener.counts[name] = aim.listener.counts.get(name, 0) + 1
        aim.listener.tell(aim.listener.form.event(aim.stream, name, str(count)))


def _aimed(
    room: Room, name: str, of: str = "", entry: Entry = NOTHING, shown: Shown = met
) -> list[Aim]:
    stream = Stream(name, of)
    return [Aim(listener, stream, entry, shown) for listener in room.on(name, of)]


def _send(written: Iterable[tuple[Aim, str]], event: str) -> None:
    """To each its payload; a message is made once for all that get the same."""
    made: dict[tuple[object, ...], Message] = {}
    for aim, payload in written:
        form = aim.listener.form
        key = (form, *aim.stream.label, payload)
        message = made.get(key)
        if message is None:
            message = made[key] = form.event(aim.stream, event, payload)
        aim.listener.tell(message)
