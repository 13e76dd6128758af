"""The numbers that bound what apps keep and are shown: at each, below and above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

import scenery
from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts import looks
from fedigroups.accounts.looks import Beside
from fedigroups.api.body import Body
from fedigroups.groups import once, scheduled
from fedigroups.groups.models import Group, Revision
from fedigroups.groups.speaking import Text
from fedigroups.groups.threads import _remember
from fedigroups.mastodon.reading import posts, threads, windows
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.media.pictures import Pictures
from fedigroups.notify import telling
from fedigroups.personal import drafts, hashtags, hosts, listings, showing, stances, word_filters
from fedigroups.personal.drafts import Written
from fedigroups.personal.word_filters import Keyword, Rule
from fedigroups.store import Store

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
PICTURES = Pictures(ORIGIN, f"{ORIGIN}/media", b"x")
RULE = Rule("Sales", ("home",))
One = Callable[[int], Awaitable[object]]


@pytest.fixture
def kind() -> str:
    """One database is enough for numbers."""
    return "sqlite"


@pytest.fixture
async def tom(database: Store) -> Actor:
    return await scenery.person("tom@groups.example")


async def group() -> Group:
    return await scenery.group()


async def a_filter(tom: Actor) -> int:
    return await word_filters.make(tom.id, RULE, [])


async def a_list(tom: Actor) -> int:
    row = await listings.make(tom.id, "Friends", "list", exclusive=False)
    return int(row["id"])


async def listed(tom: Actor) -> One:
    id = await a_list(tom)

    async def add(number: int) -> None:
        known = await Actor.get_or_none(username=f"p{number}", host="m.example")
        other = known or await scenery.person(f"p{number}@m.example")
        await listings.add(id, [other.id])

    return add


async def scheduling(tom: Actor) -> One:
    welders, due_at = await group(), clock.now_ms() + clock.DAY
    return lambda _: scheduled.schedule(tom, Text("Later"), due_at, {}, group=welders)


async def words(tom: Actor) -> One:
    id = await a_filter(tom)
    return lambda number: word_filters.add_keyword(id, Keyword(f"word{number}"))


async def filtered(tom: Actor) -> One:
    id = await a_filter(tom)
    return lambda number: word_filters.add_post(id, number)


async def lists(tom: Actor) -> One:
    return lambda _: a_list(tom)


async def filters(tom: Actor) -> One:
    return lambda _: a_filter(tom)


async def tags(tom: Actor) -> One:
    return lambda number: hashtags.follow(tom.id, f"tag{number}")


async def pins(tom: Actor) -> One:
    return lambda number: showing.pin(tom.id, number)


async def features(tom: Actor) -> One:
    return lambda number: showing.feature(tom.id, f"tag{number}")


async def blocks(tom: Actor) -> One:
    return lambda number: hosts.block(tom.id, f"h{number}.example")


ONCE = {
    *("LISTED", "FILTER_STATUSES", "FOLLOWED_TAGS", "PINNED_POSTS", "FEATURED_TAGS"),
    "BLOCKED_HOSTS",
}
"""What is there once, however often it is said."""


@pytest.mark.parametrize(
    ("limit", "making", "number"),
    [
        ("LISTINGS", lists, 50),
        ("LISTED", listed, 500),
        ("FILTERS", filters, 100),
        ("FILTER_KEYWORDS", words, 100),
        ("FILTER_STATUSES", filtered, 100),
        ("FOLLOWED_TAGS", tags, 200),
        ("SCHEDULED_POSTS", scheduling, 300),
        ("PINNED_POSTS", pins, 5),
        ("FEATURED_TAGS", features, 10),
        ("BLOCKED_HOSTS", blocks, 1_000),
    ],
)
async def test_somebody_keeps_so_many_and_not_one_more(
    tom: Actor,
    limit: str,
    making: Callable[[Actor], Awaitable[One]],
    number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert getattr(limits, limit) == number
    monkeypatch.setattr(limits, limit, few := min(number, 5))
    make = await making(tom)
    for count in range(few):
        await make(count + 1)
    if limit in ONCE:
        await make(few)
    with pytest.raises(Malformed, match=f"at most {few} "):
        await make(few + 1)


async def test_texts_that_are_kept_have_so_many_characters(tom: Actor) -> None:
    assert (limits.NOTE_CHARS, limits.PROFILE_FIELDS, limits.PROFILE_FIELD_CHARS) == (2_000, 4, 255)
    other = await scenery.person("ann@m.example")

    async def note(chars: int) -> None:
        await stances.note(tom.id, other.id, "x" * chars)

    async def field(chars: int) -> None:
        await looks.beside(tom, Beside(pairs=[("Name", "x" * chars)]))

    async def fields(number: int) -> None:
        await looks.beside(tom, Beside(pairs=[("Name", "x")] * number))

    for keep, most in ((note, 2_000), (field, 255), (fields, 4)):
        await keep(most - 1)
        await keep(most)
        with pytest.raises(Malformed, match=f"at most {most} "):
            await keep(most + 1)


async def test_a_post_is_scheduled_five_minutes_ahead_at_least(tom: Actor) -> None:
    assert limits.SCHEDULED_SECONDS == 300
    welders = await group()
    for seconds, is_taken in ((301, True), (299, False)):
        due_at = clock.now_ms() + seconds * clock.SECOND
        try:
            await scheduled.schedule(tom, Text("Later"), due_at, {}, group=welders)
        except Malformed:
            assert not is_taken
        else:
            assert is_taken


def test_a_page_has_so_many_entries() -> None:
    assert limits.PAGE_ENTRIES == 80
    wanted = {79: 79, 80: 80, 81: 80}
    for asked, given in wanted.items():
        assert windows.asked(Body({"limit": str(asked)})).limit == given


async def test_a_thread_is_shown_with_so_many_posts(
    tom: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.CONTEXT_POSTS == 1_000
    monkeypatch.setattr(limits, "CONTEXT_POSTS", 4)
    row, root = await scenery.thread(await group(), tom)
    reader = Reader(None, PICTURES)
    for answers in range(1, 6):
        await scenery.post(row, tom, root)
        found = await posts.row(root.id, reader)
        assert found is not None
        shown = await threads.context(found, reader)
        assert len(shown["descendants"]) == min(answers, 3)


async def test_of_a_thread_of_long_posts_the_shortest_are_shown(
    tom: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "THREAD_CHARS", 1_000)
    row, root = await scenery.thread(await group(), tom)
    for size in (600, 900, 10, 800, 20):
        await scenery.post(row, tom, root, content="x" * size)
    found = await posts.row(root.id, Reader(None, PICTURES))
    assert found is not None
    shown = await threads.context(found, Reader(None, PICTURES))
    assert [len(one["content"]) for one in shown["descendants"]] == [600, 10, 20]


async def test_the_newest_readings_of_a_post_are_kept(
    tom: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.REVISIONS == 20
    monkeypatch.setattr(limits, "REVISIONS", 3)
    _, root = await scenery.thread(await group(), tom)
    for number in range(5):
        root.content = f"<p>{number}</p>"
        await _remember(
            root,
            {
                "title": "",
                "content": "<p>now</p>",
                "warning": "",
                "sensitive": False,
                "attachments": "[]",
            },
        )
    kept = await Revision.all().order_by("id").values_list("content", flat=True)
    assert kept == ["<p>2</p>", "<p>3</p>", "<p>4</p>"]


async def test_a_notification_is_kept_for_half_a_year(tom: Actor) -> None:
    assert limits.NOTIFICATION_DAYS == 180
    now = clock.now_ms()
    for days in (179, 181):
        await storage.execute(
            "INSERT INTO notification (id, actor_id, kind, sender_id, post_id, created_at)"
            " VALUES (?, ?, 'follow', ?, ?, ?)",
            *(ids.new(), tom.id, tom.id, days, now - days * clock.DAY),
        )
    await telling.retire()
    (kept,) = await storage.rows("SELECT post_id FROM notification")
    assert kept["post_id"] == 179


async def test_the_newest_drafts_are_kept(tom: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.DRAFTS == 50
    monkeypatch.setattr(limits, "DRAFTS", 3)
    for number in range(5):
        await drafts.keep(tom.id, f"place {number}", Written(text="Perhaps"))
    kept = await storage.rows("SELECT place FROM draft ORDER BY place")
    assert [row["place"] for row in kept] == ["place 2", "place 3", "place 4"]


async def test_the_key_of_a_request_is_known_for_an_hour(tom: Actor) -> None:
    assert limits.ONCE_SECONDS == 3_600
    for age, is_known in ((3_590, True), (3_610, False)):
        key = f"{age}"
        await once.claim(tom, key, 7)
        made = clock.now_ms() - age * clock.SECOND
        await storage.execute("UPDATE once SET created_at = ? WHERE key = ?", made, key)
        assert await once.meant(tom, key) == (7 if is_known else 0)
        assert await once.claim(tom, key, 8) == (7 if is_known else 0)
