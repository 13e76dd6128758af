"""What pages are told: the right rows, on both databases, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

import scenery
from federation import limits, storage
from federation.models import Actor
from fedigroups.groups import authors, directory, read, topics
from fedigroups.groups.directory import Wish
from fedigroups.groups.models import Group, Thread
from fedigroups.groups.views import SORTS, Sort
from fedigroups.store import Store

pytestmark = pytest.mark.anyio


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the ambient connection is given inside the block."""
    link = storage.connection()
    said: list[str] = []
    names = ("execute_query", "execute_query_dict")
    real = {name: getattr(link, name) for name in names}

    def counting(name: str) -> Callable[..., Awaitable[object]]:
        async def call(query: str, values: list[object] | None = None) -> object:
            said.append(query)
            return await real[name](query, values)

        return call

    for name in names:
        setattr(link, name, counting(name))
    try:
        yield said
    finally:
        for name in names:
            delattr(link, name)


async def busy(group: Group, threads: int, replies: int) -> list[Thread]:
    """A group in which everybody answers everybody."""
    made = []
    for number in range(threads):
        author = await scenery.person(f"author{number}@h{number}.example")
        thread, root = await scenery.thread(group, author, f"Thread {number}")
        for _ in range(replies):
            root = await scenery.post(thread, author, root)
        await scenery.join(group, author, "moderator")
        made.append(thread)
    return made


async def all_pages(group: Group, thread: Thread) -> dict[str, int]:
    """How many queries each page takes."""
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "home": read.home,
        "directory": lambda: directory.find(Wish("weld")),
        "find_group": lambda: read.find_group("welders"),
        "group_page": lambda: read.group_page(group),
        "thread_page": lambda: read.thread_page(thread.id),
        "person_page": lambda: authors.page("olga"),
        "post_permalink": lambda: read.post_permalink("https://h0.example/posts/1"),
        "newest_threads": lambda: read.newest_threads(group),
        "newest_posts": lambda: read.newest_posts(thread.id),
        "was_there": lambda: read.was_there(thread.id),
    }
    counts = {}
    for name, ask in questions.items():
        with counted() as said:
            await ask()
        counts[name] = len(said)
    return counts


async def test_the_number_of_queries_does_not_grow_with_what_there_is(database: Store) -> None:
    olga = await scenery.person("olga@groups.example")
    group = await scenery.group()
    await scenery.thread(group, olga)
    (small,) = await busy(group, 1, 1)
    found = await read.find_group("welders")
    assert found is not None
    few = await all_pages(found, small)
    other = await scenery.group("bakers", "Bakers")
    await scenery.join(other, olga, "owner")
    for number in range(20):
        await scenery.thread(other, olga, f"Bread {number}")
    many = await all_pages(found, (await busy_more(group))[0])

    assert many == few
    assert few == {
        "home": 2,
        "directory": 1,
        "find_group": 1,
        "group_page": 3,
        "thread_page": 3,
        "person_page": 3,
        "post_permalink": 1,
        "newest_threads": 1,
        "newest_posts": 1,
        "was_there": 1,
    }


async def busy_more(group: Group) -> list[Thread]:
    made = []
    for number in range(30):
        author = await scenery.person(f"later{number}@l{number}.example")
        thread, root = await scenery.thread(group, author, f"Later {number}")
        for _ in range(3):
            root = await scenery.post(thread, author, root)
        made.append(thread)
    return made


async def test_a_stranger_is_shown_public_threads_only(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    group = await scenery.group()
    for visibility in ("public", "unlisted", "members"):
        await scenery.thread(group, ann, visibility, visibility=visibility)
    for state in ("held", "removed", "deleted"):
        await scenery.thread(group, ann, state, state=state)
    found = await read.find_group("welders")
    assert found is not None

    titles = {row.title for row in (await read.group_page(found)).threads}
    assert titles == {row.title for row in (await read.home()).threads} == {"public"}
    assert [post.title for post in await read.newest_threads(found)] == ["public"]


async def test_a_removed_thread_is_listed_without_its_title_while_an_answer_lives(
    database: Store,
) -> None:
    ann, bob = await scenery.person("ann@m.example"), await scenery.person("bob@l.example")
    thread, root = await scenery.thread(await scenery.group(), ann, "Buy now", state="removed")
    await scenery.post(thread, bob, root, content="<p>really?</p>")

    (row,) = (await read.home()).threads
    assert (row.title, row.excerpt, row.state) == ("", "", "removed")


async def test_replies_that_a_stranger_may_not_see_are_not_counted(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, root = await scenery.thread(await scenery.group(), ann)
    await scenery.post(thread, ann, root)
    await scenery.post(thread, ann, root, visibility="unlisted")
    await scenery.post(thread, ann, root, visibility="members")
    await scenery.post(thread, ann, root, state="held")
    await scenery.post(thread, ann, root, state="deleted")

    (row,) = (await read.home()).threads
    page = await read.thread_page(thread.id)
    assert page is not None
    assert row.replies == page.live == 2


@pytest.mark.parametrize("sort", SORTS)
async def test_pages_of_threads_go_on_without_gap_or_repeat(database: Store, sort: Sort) -> None:
    ann = await scenery.person("ann@m.example")
    group = await scenery.group()
    for number in range(11):
        thread, _ = await scenery.thread(group, ann, f"{number}", likes_count=number % 3)
        moment = scenery.START + number % 4
        await Thread.filter(id=thread.id).update(active_at=moment, created_at=moment)
    found = await read.find_group("welders")
    assert found is not None

    seen, before = [], ""
    for _ in range(4):
        page = await read.group_page(found, sort, before, limit=3)
        seen += [row.title for row in page.threads]
        before = page.next
    assert before == ""
    assert sorted(seen, key=int) == [str(number) for number in range(11)]


async def test_pinned_threads_come_first_and_once(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    group = await scenery.group()
    first, _ = await scenery.thread(group, ann, "pinned")
    await Thread.filter(id=first.id).update(pinned_at=scenery.START)
    await scenery.thread(group, ann, "plain")
    found = await read.find_group("welders")
    assert found is not None

    page = await read.group_page(found)
    later = await read.group_page(found, before="9999999999999.1")
    assert [row.title for row in page.pinned] == ["pinned"]
    assert [row.title for row in page.threads] == ["plain"]
    assert later.pinned == ()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"welders", "bakers", "odd"}),
        ("WELD", {"welders"}),
        ("bread", {"bakers"}),
        ("100%", {"odd"}),
        ("%", {"odd"}),
        ("_", {"odd"}),
        ("!", {"odd"}),
        ("\\", set()),
        ("' OR 1=1 --", set()),
        ("x" * 10_000, set()),
    ],
)
async def test_a_search_takes_every_sign_literally(
    database: Store, query: str, names: set[str]
) -> None:
    await scenery.group()
    await scenery.group("bakers", "Bakers", description="All about Bread")
    await scenery.group("odd", "100% odd_names!")

    found = await directory.find(Wish(query))
    assert {card.name for card in found.groups} == names


async def test_groups_are_found_by_a_topic_as_a_whole_word(database: Store) -> None:
    await scenery.group(topics="tig steel")
    await scenery.group("bakers", topics="bread")
    await scenery.group("smiths", topics="steel")
    assert await topics.liveliest() == ["steel", "bread", "tig"]
    for topic, names in (("steel", {"welders", "smiths"}), ("#Bread", {"bakers"}), ("stee", set())):
        found = await directory.find(Wish(topic=topic))
        assert {card.name for card in found.groups} == names, topic


async def test_a_group_that_does_not_want_to_be_found_is_found_by_its_name(database: Store) -> None:
    hidden = await scenery.group(topics="steel", language="it")
    await Actor.filter(id=hidden.actor_id).update(discoverable=False)
    assert (await directory.find(Wish())).groups == ()
    assert (await directory.find(Wish("weld"))).groups == ()
    assert [card.name for card in (await directory.find(Wish("welders"))).groups] == ["welders"]
    assert (await topics.liveliest(), await directory.spoken()) == ([], [])


async def test_closed_and_foreign_groups_are_not_in_the_directory(database: Store) -> None:
    await scenery.group("closed", state="closed")
    await scenery.group("foreign", hosted=False)
    open_ = [await scenery.group(f"g{number}", active_at=7) for number in range(5)]

    seen, before = [], ""
    for _ in range(3):
        page = await directory.find(Wish(), before, limit=2)
        seen += [card.name for card in page.groups]
        before = page.next
    assert seen == [group.name for group in reversed(open_)]


@pytest.mark.parametrize(
    "before", ["", "x", "1", "1.", "-1.5", "1.x", "9" * 30 + ".1", "9" * 19 + "." + "9" * 19, "١.١"]
)
@pytest.mark.parametrize("sort", SORTS)
async def test_any_cursor_is_answered(database: Store, before: str, sort: Sort) -> None:
    await scenery.thread(await scenery.group(), await scenery.person("ann@m.example"))
    found = await read.find_group("welders")
    assert found is not None

    assert len((await read.group_page(found, sort, before)).threads) == 1
    assert len((await directory.find(Wish(), before)).groups) == 1


async def test_a_long_thread_goes_on_from_the_last_reply(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "THREAD_POSTS", 4)
    ann = await scenery.person("ann@m.example")
    thread, root = await scenery.thread(await scenery.group(), ann)
    replies = [await scenery.post(thread, ann, root) for _ in range(7)]

    first = await read.thread_page(thread.id)
    assert first is not None
    second = await read.thread_page(thread.id, first.next)
    assert second is not None
    seen = [shown.post.id for shown in (*first.replies, *second.replies)]
    assert seen == [reply.id for reply in replies]
    assert (first.is_first, second.is_first, second.next) == (True, False, 0)


async def test_a_thread_of_long_replies_goes_on_before_a_page_is_too_large(
    database: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.THREAD_CHARS == 4_000_000
    monkeypatch.setattr(limits, "THREAD_CHARS", 250)
    ann = await scenery.person("ann@m.example")
    thread, root = await scenery.thread(await scenery.group(), ann)
    sizes = (100, 150, 1, 300, 249, 2)
    replies = [await scenery.post(thread, ann, root, content="x" * size) for size in sizes]

    seen, after, number = [], 0, 0
    while number == 0 or after:
        page = await read.thread_page(thread.id, after)
        assert page is not None
        seen.append([len(shown.post.content) for shown in page.replies])
        after, number = page.next, number + 1
    assert seen == [[100, 150], [1], [300], [249], [2]]
    assert len(replies) == len(sizes)


async def test_nothing_is_there_for_ids_beyond_all_bounds(database: Store) -> None:
    assert await read.thread_page(2**63 - 1) is None
    assert await read.thread_page(2**80) is None
    assert await read.thread_page(-1) is None


async def test_hosts_are_those_who_look_after_the_group_now(database: Store) -> None:
    olga, ann = await scenery.person("olga@groups.example"), await scenery.person("ann@m.example")
    bob, eve = await scenery.person("bob@l.example"), await scenery.person("eve@evil.example")
    group = await scenery.group()
    await scenery.join(group, ann, "moderator")
    await scenery.join(group, olga, "owner")
    await scenery.join(group, bob)
    gone = await scenery.join(group, eve, "owner")
    await type(gone).filter(id=gone.id).update(state="left")
    found = await read.find_group("welders")
    assert found is not None

    hosts = (await read.group_page(found)).hosts
    assert [(host.person.username, host.role) for host in hosts] == [
        ("olga", "owner"),
        ("ann", "moderator"),
    ]


async def test_a_persons_page_has_what_they_wrote_in_public(database: Store) -> None:
    olga = await scenery.person("olga@groups.example", name="Olga")
    group = await scenery.group()
    await scenery.join(group, olga, "owner")
    thread, root = await scenery.thread(group, olga, "In public")
    await scenery.post(thread, olga, root, content="<p>an answer</p>")
    hidden, hidden_root = await scenery.thread(group, olga, "Hidden", visibility="members")
    await scenery.post(hidden, olga, hidden_root, content="<p>below what is hidden</p>")
    await scenery.thread(group, olga, "Unlisted", visibility="unlisted")

    page = await authors.page("olga")
    assert page is not None
    assert [post.post.content for post in page.posts] == ["<p>an answer</p>", root.content]
    assert [card.name for card in page.hosts] == ["welders"]


async def test_only_people_with_an_account_here_have_a_page(database: Store) -> None:
    await scenery.person("ann@m.example")
    await scenery.group()

    assert await authors.page("ann") is None
    assert await authors.page("welders") is None


@pytest.mark.parametrize(
    ("state", "visibility", "expected"),
    [
        ("live", "public", "there"),
        ("live", "unlisted", "there"),
        ("live", "members", None),
        ("held", "public", None),
        ("deleted", "public", "gone"),
        ("removed", "unlisted", "gone"),
        ("removed", "members", None),
    ],
)
async def test_a_permalink_says_no_more_than_the_thread_would(
    database: Store, state: str, visibility: str, expected: str | None
) -> None:
    ann = await scenery.person("ann@m.example")
    thread, root = await scenery.thread(await scenery.group(), ann)
    reply = await scenery.post(thread, ann, root, state=state, visibility=visibility)

    found = await read.post_permalink(reply.uri)
    assert (found and ("gone" if found.gone else "there")) == expected
    if found:
        assert found.link == f"/groups/welders/threads/{thread.id}#post-{reply.id}"
