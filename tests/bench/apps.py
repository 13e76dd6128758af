"""Benchmarks of what apps ask most: home, a group's timeline, a thread; each of 200 entries."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from home import group, home, settings
from trial import Goal, Measured, Size, Trial, cpu, race

import scenery
from federation.vocabulary import PUBLIC
from fedigroups.accounts.people import person_named
from fedigroups.groups.models import Group
from fedigroups.instance import Instance
from fedigroups.mastodon.reading import posts, threads, timelines
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.mastodon.reading.timelines import Wish
from fedigroups.mastodon.reading.windows import Window
from village import counted

MANY, FEW = 200, 20
CONTENT = (
    '<p><a href="https://groups.example/groups/welders" class="u-url mention">@welders</a> Clean '
    'the joint, then tack it every two fingers. <a href="https://h.example/a">How</a></p>'
)
Work = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Place:
    """A group in which Olga reads: so many threads, and as many answers in the first of them."""

    reader: Reader
    group: Group
    root_id: int
    entries: int

    async def home(self) -> list[Any]:
        """What comes home."""
        found = await timelines.home(self.reader, Window(self.entries))
        return await posts.show(found, self.reader)

    async def timeline(self) -> list[Any]:
        """What the group shows."""
        window = Window(self.entries)
        found = await timelines.of_group(self.group.id, self.reader, window, Wish())
        return await posts.show(found, self.reader)

    async def thread(self) -> list[Any]:
        """What answers the first thread's start."""
        row = await posts.row(self.root_id, self.reader)
        assert row is not None
        shown: list[Any] = (await threads.context(row, self.reader))["descendants"]
        return shown


async def app_home(size: Size) -> Trial:
    """A home timeline of 200 threads as JSON, without the way in (a token, 0.7 ms); 12 ms CPU."""
    return await _trial("app_home", size, lambda place: place.home)


async def app_group(size: Size) -> Trial:
    """A group's timeline of 200 threads, likewise."""
    return await _trial("app_group", size, lambda place: place.timeline)


async def app_thread(size: Size) -> Trial:
    """The 200 answers around a post, likewise."""
    return await _trial("app_thread", size, lambda place: place.thread)


async def _trial(name: str, size: Size, work: Callable[[Place], Work]) -> Trial:
    """The floor's place is taken by a tenth as many entries, which take as many queries."""
    async with AsyncExitStack() as stack:
        instance = await stack.enter_async_context(_instance())
        many, few = await _place(instance, MANY), await _place(instance, FEW)
        queries = [await _queries(work(place), place.entries) for place in (many, few)]
        trial = Trial(name, "ms CPU", Goal(at_most=1.0, limit=12.0))
        repeat = size.of(20, 1)
        await race(trial, size, _shown(work(many), repeat), _shown(work(few), repeat))
        trial.held = queries[0] == queries[1]
        trial.note = f"{queries[0]} queries, {queries[1]} for {FEW} entries; ratio: of 12 ms"
        return trial


@asynccontextmanager
async def _instance() -> AsyncIterator[Instance]:
    with TemporaryDirectory() as folder:
        async with home(settings(Path(folder))) as instance:
            yield instance


def _shown(work: Work, repeat: int) -> Measured:
    async def show() -> None:
        for _ in range(repeat):
            orjson.dumps(await work())

    return cpu(repeat, show, 1e3)


async def _queries(work: Work, entries: int) -> int:
    with counted() as said:
        found = await work()
    if len(found) != entries:
        raise RuntimeError(f"{len(found)} of {entries} entries were shown")
    return len(said)


async def _place(instance: Instance, entries: int) -> Place:
    """Posts as microblogs write them, by 50 people."""
    olga = await person_named(instance.wire, "olga")
    found = await group(instance)
    people = [await scenery.person(f"p{entries}x{n}@h{n}.example") for n in range(50)]
    starts = []
    for number in range(entries):
        author = people[number % len(people)]
        said = {"content": CONTENT, "document": _document(author.uri)}
        starts.append(await scenery.thread(found, author, f"Thread {number}", **said))
    thread, root = starts[0]
    for number in range(entries):
        author = people[number % len(people)]
        said = {"content": CONTENT, "document": _document(author.uri)}
        await scenery.post(thread, author, root, **said)
    return Place(Reader(olga, instance.media.pictures), found, root.id, entries)


def _document(author_uri: str) -> str:
    return json.dumps(
        {
            "type": "Note",
            "attributedTo": author_uri,
            "to": [PUBLIC],
            "content": CONTENT,
            "tag": [
                {"type": "Mention", "href": "https://groups.example/groups/welders"},
                {"type": "Hashtag", "name": "#tig"},
            ],
        }
    )
