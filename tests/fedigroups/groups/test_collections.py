"""Collections are flat, have nothing that is hidden, and cost the same however full they are."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

import scenery
from federation.models import Actor
from fedigroups.groups import collections, distribute, read
from fedigroups.groups.distribute import Inner
from fedigroups.groups.models import Post, Thread
from village import Here, counted

pytestmark = pytest.mark.anyio

GROUP = "https://groups.example/groups/welders"


async def announced(here: Here, author: Actor, number: int, parent: Post | None = None) -> Post:
    """A post that the group sent to everybody."""
    if parent is None:
        _, post = await scenery.thread(here.group, author, f"Thread {number}")
    else:
        post = await scenery.post(await parent.thread, author, parent)
    uri = f"https://{author.host}/create/{number}"
    inner = Inner(uri, json.dumps({"id": uri, "type": "Create"}).encode(), author.host)
    await here.publish(await distribute.post(here.wire, here.hosted, inner, post, author))
    return post


async def outbox(here: Here) -> list[str]:
    """The ids of the Creates in the outbox."""
    document, items = await collections.outbox(here.hosted, here.wire.uris)
    assert (document["id"], document["type"]) == (f"{GROUP}/outbox", "OrderedCollection")
    assert {json.loads(item)["type"] for item in items} <= {"Announce"}
    return [json.loads(item)["object"]["id"] for item in items]


async def test_the_outbox_has_the_newest_thread_starters_first_and_no_answers(
    here: Here,
) -> None:
    ann = await here.remote("ann@m.example")
    first = await announced(here, ann, 1)
    await announced(here, ann, 2, first)
    await announced(here, ann, 3)
    assert await outbox(here) == ["https://m.example/create/3", "https://m.example/create/1"]


async def test_what_was_taken_back_is_not_in_the_outbox(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    post = await announced(here, ann, 1)
    inner = Inner("https://m.example/delete/1", b'{"id": "x"}', "m.example")
    await here.publish(await distribute.delete(here.wire, here.hosted, inner, post, ann))
    assert await outbox(here) == []


async def test_what_waits_for_its_authors_leave_is_not_in_the_outbox(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    _, post = await scenery.thread(here.group, ann)
    inner = Inner("https://m.example/create/1", b'{"id": "x"}', "m.example")
    drafts = await distribute.post(here.wire, here.hosted, inner, post, ann, ())
    await here.publish(drafts)
    assert await outbox(here) == []


async def test_followers_are_a_number(here: Here) -> None:
    await here.change(members_count=3)
    document = collections.followers(here.hosted, here.wire.uris)
    assert (document["totalItems"], document["items"]) == (3, [])


async def test_moderators_are_those_in_office_and_the_service_that_signs(here: Here) -> None:
    expected = []
    for name, role in (("olga", "owner"), ("mo", "moderator"), ("tom", "member")):
        actor = await scenery.person(f"{name}@groups.example")
        await scenery.join(here.group, actor, role)
        expected += [actor.uri] if role != "member" else []
    former = await scenery.join(
        here.group, await scenery.person("fred@groups.example"), "moderator"
    )
    former.state = "left"
    await former.save(update_fields=["state"])
    document = await collections.moderators(here.hosted, here.wire.uris)
    assert set(document["orderedItems"]) == {*expected, "https://groups.example/moderation"}
    assert document["totalItems"] == 3


async def pin(post: Post, at: int, **columns: object) -> None:
    await Thread.filter(id=post.thread_id).update(pinned_at=at, **columns)


async def test_pinned_are_the_live_and_visible_newest_pin_first(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    posts = [(await scenery.thread(here.group, ann, f"Thread {n}"))[1] for n in range(5)]
    await pin(posts[0], 10)
    await pin(posts[1], 20)
    await pin(posts[2], 30, visible=False)
    await pin(posts[3], 40)
    await Post.filter(id=posts[3].id).update(state="removed")
    found = await collections.pinned(here.hosted)
    assert [post.id for post in found] == [posts[1].id, posts[0].id]
    document = await collections.featured(here.hosted, here.wire.uris, [{"id": "a"}, {"id": "b"}])
    assert document["orderedItems"] == [{"id": "a"}, {"id": "b"}]


async def test_a_thread_lists_what_strangers_may_read_root_first(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    thread, root = await scenery.thread(here.group, ann)
    shown = await scenery.post(thread, ann, root)
    unlisted = await scenery.post(thread, ann, root, visibility="unlisted")
    await scenery.post(thread, ann, root, visibility="members")
    for state in ("held", "removed", "deleted"):
        await scenery.post(thread, ann, root, state=state)
    head = await read.thread_head(thread.id)
    assert head is not None
    document = await collections.thread(here.hosted, head, here.wire.uris)
    assert document["orderedItems"] == [root.uri, shown.uri, unlisted.uri]
    assert document["totalItems"] == 3
    assert document["audience"] == document["attributedTo"] == GROUP
    assert document["id"] == f"{GROUP}/threads/{thread.id}"


async def test_a_list_has_so_many_items_and_no_more(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = ("OUTBOX_ITEMS", "THREAD_ITEMS", "FEATURED_ITEMS")
    assert [getattr(collections, name) for name in lists] == [50, 2_000, 20]
    for name in lists:
        monkeypatch.setattr(collections, name, 3)
    ann = await here.remote("ann@m.example")
    roots: list[Post] = []
    for number in range(1, 5):  # below, at and above
        roots.append(await announced(here, ann, number))
        await pin(roots[-1], number)
        if number > 1:
            await announced(here, ann, 10 * number, roots[0])
        head = await read.thread_head(roots[0].thread_id)
        assert head is not None
        said = await collections.thread(here.hosted, head, here.wire.uris)
        sizes = len(said["orderedItems"]), len(await outbox(here))
        assert (*sizes, len(await collections.pinned(here.hosted))) == (min(number, 3),) * 3


async def test_a_person_keeps_their_collections_to_themselves(here: Here) -> None:
    olga = await scenery.person("olga@groups.example")
    _, root = await scenery.thread(here.group, olga)
    await scenery.post(await root.thread, olga, root, state="deleted")
    document = await collections.person_outbox(olga, here.wire.uris)
    assert (document["totalItems"], document["orderedItems"]) == (1, [])
    empty = collections.empty(f"{olga.uri}/following")
    assert (empty["id"], empty["totalItems"]) == (f"{olga.uri}/following", 0)


async def costs(here: Here, thread: Thread) -> dict[str, int]:
    """How many queries each list takes."""
    uris, head = here.wire.uris, await read.thread_head(thread.id)
    assert head is not None
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "outbox": lambda: collections.outbox(here.hosted, uris),
        "moderators": lambda: collections.moderators(here.hosted, uris),
        "pinned": lambda: collections.pinned(here.hosted),
        "thread": lambda: collections.thread(here.hosted, head, uris),
    }
    taken = {}
    for name, ask in questions.items():
        with counted() as said:
            await ask()
        taken[name] = len(said)
    return taken


async def test_the_number_of_queries_does_not_grow_with_what_there_is(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    root = await announced(here, ann, 1)
    await pin(root, 1)
    alone = await costs(here, await root.thread)
    assert max(alone.values()) <= 2
    for number in range(2, 8):
        more = await announced(here, ann, number)
        await pin(more, number)
        await announced(here, ann, 100 + number, root)
        mod = await scenery.person(f"mod{number}@groups.example")
        await scenery.join(here.group, mod, "moderator")
    assert await costs(here, await root.thread) == alone
