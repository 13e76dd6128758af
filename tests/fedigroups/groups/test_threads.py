"""Threads keep each post once, below what it answers, edited forward only, and gone when gone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import scenery
from federation import clock, limits
from federation.documents import read_object
from federation.models import Actor
from federation.vocabulary import PUBLIC
from fedigroups.groups import threads, tombstones
from fedigroups.groups.evidence import Arrival
from fedigroups.groups.models import Group, Post, Thread, Tombstone
from village import Here

pytestmark = pytest.mark.anyio

START = 1_767_348_005_000


def note(author: Actor, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"https://{author.host}/notes/{number}",
        "type": "Note",
        "attributedTo": author.uri,
        "to": [PUBLIC],
        "content": "<p>Which rod for thin sheet?</p>",
        "published": clock.rfc3339(START),
    } | more


async def store(here: Here, document: dict[str, Any], author: Actor, parent: Post | None = None):
    post = await threads.store(here.group, Arrival(read_object(document), author), parent, "public")
    return await fresh(document["id"]) if post else None


async def fresh(uri: str) -> Post:
    return await Post.get(uri=uri).select_related("thread__group", "author")


async def counts(here: Here) -> tuple[int, list[int]]:
    """Threads of the group, and posts of each."""
    group = await Group.get(id=here.group.id)
    found = await Thread.filter(group_id=group.id).order_by("id").values_list("posts_count")
    return group.threads_count, [row[0] for row in found]


@pytest.fixture
async def ann(here: Here) -> Actor:
    return await here.remote("ann@m.example")


async def test_a_post_starts_a_thread_and_its_answer_stands_below(here: Here, ann: Actor) -> None:
    root = await store(here, note(ann), ann)
    answer = await store(here, note(ann, 2, inReplyTo=root.uri), ann, root)
    assert (root.parent_id, root.depth) == (None, 0)
    assert (answer.parent_id, answer.depth, answer.thread_id) == (root.id, 1, root.thread_id)
    assert await counts(here) == (1, [2])
    thread = await Thread.get(id=root.thread_id)
    assert (thread.root_id, thread.title) == (root.id, "Which rod for thin sheet?")


async def test_the_same_post_is_stored_once(here: Here, ann: Actor) -> None:
    assert await store(here, note(ann), ann) is not None
    assert await store(here, note(ann, content="<p>Other words</p>"), ann) is None
    assert await counts(here) == (1, [1])


async def test_a_chain_of_answers_has_an_end(here: Here, ann: Actor) -> None:
    root = await store(here, note(ann), ann)
    await Post.filter(id=root.id).update(depth=limits.ANCESTORS)
    assert await store(here, note(ann, 2), ann, await fresh(root.uri)) is None


async def test_a_post_is_never_newer_than_its_arrival(here: Here, ann: Actor) -> None:
    tomorrow = clock.rfc3339(clock.now_ms() + clock.DAY)
    post = await store(here, note(ann, published=tomorrow), ann)
    assert post.published_at <= clock.now_ms()
    undated = await store(here, note(ann, 2, published=None), ann)
    assert abs(undated.published_at - clock.now_ms()) < clock.MINUTE


async def test_what_an_author_writes_is_made_safe(here: Here, ann: Actor) -> None:
    evil = note(
        ann,
        name="Is <b> thin?\x07",
        content="<p onclick=x>ok</p><script>alert(1)</script>",
        summary="<i>hot</i>",
        url="javascript:alert(1)",
        attachment=[
            {"type": "Image", "url": "https://m.example/a.png", "name": "A weld"},
            {"type": "Image", "url": "javascript:alert(1)"},
        ],
    )
    post = await store(here, evil, ann)
    assert (post.title, post.content, post.warning) == ("Is <b> thin?", "<p>ok</p>", "hot")
    assert post.page_url == post.uri
    assert json.loads(post.attachments) == [
        {"kind": "Image", "url": "https://m.example/a.png", "text": "A weld"}
    ]
    assert json.loads(post.document) == evil


async def test_a_thread_without_words_is_called_by_its_address(here: Here, ann: Actor) -> None:
    post = await store(here, note(ann, content=""), ann)
    assert post.thread.title == post.uri


async def test_a_post_that_comes_after_its_delete_has_a_place_and_no_words(
    here: Here, ann: Actor
) -> None:
    root = await store(here, note(ann), ann)
    late = note(ann, 2, inReplyTo=root.uri, name="Gone", summary="hot")
    await tombstones.bury(late["id"], ann, "delete", 30)
    await tombstones.bury(late["id"], ann.uri, "delete", 30)
    assert await Tombstone.all().count() == 1
    post = await store(here, late, ann, root)
    assert (post.state, post.parent_id) == ("deleted", root.id)
    assert (post.title, post.content, post.warning, post.document) == ("", "", "", "")
    assert await counts(here) == (1, [1])


async def test_a_thread_whose_start_was_deleted_before_it_came_is_none(
    here: Here, ann: Actor
) -> None:
    await tombstones.bury(note(ann)["id"], ann, "delete", 30)
    root = await store(here, note(ann, name="Gone"), ann)
    assert (root.state, root.thread.visible, root.thread.title) == ("deleted", False, root.uri)
    assert await counts(here) == (0, [0])


async def test_what_a_group_buries_is_buried_for_what_it_announces_alone(
    here: Here, ann: Actor
) -> None:
    cats, dogs = [await here.remote(f"{name}@l.example", kind="Group") for name in ("cats", "dogs")]
    like = f"{ann.uri}/like/1"
    await tombstones.bury(like, ann, "undo", 7, announcer=cats)
    assert await tombstones.is_buried(like, ann.uri, cats)
    assert not await tombstones.is_buried(like, ann.uri, dogs)
    assert not await tombstones.is_buried(like, ann.uri)
    await tombstones.bury(like, ann, "undo", 7)
    for announcer in (None, cats, dogs):
        assert await tombstones.is_buried(like, ann.uri, announcer)


async def test_the_longest_id_is_buried_like_any_other(here: Here, ann: Actor) -> None:
    cats = await here.remote("cats@l.example", kind="Group")
    long = f"{ann.uri}/{'x' * (limits.URI_CHARS - len(ann.uri) - 1)}"
    for announcer in (cats, None):
        assert not await tombstones.is_buried(long, ann.uri, announcer)
        await tombstones.bury(long, ann, "undo", 7, announcer=announcer)
        assert await tombstones.is_buried(long, ann.uri, announcer)


async def test_nobody_buries_what_another_writes(here: Here, ann: Actor) -> None:
    amy = await here.remote("amy@m.example")
    await tombstones.bury(note(ann)["id"], amy, "delete", 30)
    assert (await store(here, note(ann), ann)).state == "live"


async def test_after_its_days_a_delete_is_forgotten(here: Here, ann: Actor) -> None:
    await tombstones.bury(note(ann)["id"], ann, "delete", -1)
    assert not await tombstones.is_buried(note(ann)["id"], ann.uri)
    assert (await store(here, note(ann), ann)).state == "live"


async def test_an_undo_that_came_first_counts_against_one_arrival(here: Here, ann: Actor) -> None:
    follow = f"{ann.uri}/follow/1"
    await tombstones.bury(follow, ann, "undo", 7)
    assert await tombstones.unearth(follow, ann.uri)
    assert not await tombstones.unearth(follow, ann.uri)


def edited(document: dict[str, Any], text: str, seconds: float) -> Any:
    updated = clock.rfc3339(START + int(seconds * 1_000))
    return read_object(document | {"content": f"<p>{text}</p>", "updated": updated})


async def test_edits_go_by_the_time_that_their_author_gives_them(here: Here, ann: Actor) -> None:
    document = note(ann)
    post = await store(here, document, ann)
    assert await threads.edit(post, edited(document, "Three", 30))
    post = await fresh(post.uri)
    assert not await threads.edit(post, edited(document, "Two", 20))
    assert not await threads.edit(post, edited(document, "Three again", 30))
    post = await fresh(post.uri)
    assert (post.content, post.thread.title) == ("<p>Three</p>", "Three")


async def test_an_edit_without_a_time_is_from_now(here: Here, ann: Actor) -> None:
    post = await store(here, note(ann), ann)
    assert await threads.edit(post, read_object(note(ann, content="<p>Changed</p>")))
    edited_at = (await fresh(post.uri)).updated_at
    assert edited_at > START
    again = read_object(note(ann, content="<p>Changed</p>"))
    assert not await threads.edit(await fresh(post.uri), again)  # nor does it say anything new
    assert (await fresh(post.uri)).updated_at == edited_at


async def test_what_comes_edited_is_not_set_back_by_an_older_edit(here: Here, ann: Actor) -> None:
    document = note(ann, updated=clock.rfc3339(START + 60_000))
    post = await store(here, document, ann)
    assert not await threads.edit(post, edited(document, "Earlier", 30))


SOON, AHEAD = limits.SKEW_SECONDS, limits.SKEW_SECONDS + 2


async def test_an_edit_from_far_ahead_does_not_shut_out_those_that_follow(
    here: Here, ann: Actor
) -> None:
    far = edited(note(ann), "From far ahead", 100 * 86_400)
    comes_edited = note(ann, 2, updated=far.document["updated"])
    with clock.held(START):
        for document in (note(ann), comes_edited, note(ann, 3)):
            assert await store(here, document, ann)
    with clock.held(START + clock.SECOND):
        assert await threads.edit(await fresh(note(ann)["id"]), far)
    await Post.filter(uri=note(ann, 3)["id"]).update(updated_at=far.updated)  # by older programs
    with clock.held(START + clock.MINUTE):
        for number in (1, 2, 3):
            post = await fresh(note(ann, number)["id"])
            assert await threads.edit(post, edited(note(ann, number), "Now", 30)), number


@pytest.mark.parametrize(("ahead", "taken"), [(SOON, SOON), (AHEAD, 0)])
async def test_clocks_may_differ_a_little(here: Here, ann: Actor, ahead: int, taken: int) -> None:
    post = await store(here, note(ann, published=None), ann)
    with clock.held(post.received_at + clock.MINUTE):
        now = clock.now_ms()
        change = edited(note(ann), "Ahead", 0)
        change = replace(change, updated=now + ahead * clock.SECOND)
        assert await threads.edit(post, change)
    assert (await fresh(post.uri)).updated_at == now + taken * clock.SECOND


async def test_the_edit_of_an_answer_does_not_rename_the_thread(here: Here, ann: Actor) -> None:
    root = await store(here, note(ann), ann)
    document = note(ann, 2, inReplyTo=root.uri)
    answer = await store(here, document, ann, root)
    assert await threads.edit(answer, edited(document, "1.6 mm.", 30))
    assert (await Thread.get(id=root.thread_id)).title == "Which rod for thin sheet?"


@pytest.mark.parametrize("state", ["deleted", "removed"])
async def test_what_is_gone_is_not_edited_back(here: Here, ann: Actor, state: str) -> None:
    post = await store(here, note(ann), ann)
    await threads.end(post, state)
    assert not await threads.edit(await fresh(post.uri), edited(note(ann), "Back", 60))


async def test_a_deleted_posts_words_are_gone(here: Here, ann: Actor) -> None:
    post = await store(here, note(ann, name="Thin sheet", summary="hot"), ann)
    await threads.end(post, "deleted")
    gone = await fresh(post.uri)
    assert (gone.title, gone.content, gone.warning, gone.document) == ("", "", "", "")
    assert gone.attachments == "[]"


async def test_a_removed_posts_words_are_kept_for_the_moderators(here: Here, ann: Actor) -> None:
    post = await store(here, note(ann), ann)
    await threads.end(post, "removed", "advertising")
    gone = await fresh(post.uri)
    assert (gone.state, gone.reason, bool(gone.content)) == ("removed", "advertising", True)


@pytest.mark.parametrize("state", ["deleted", "removed"])
async def test_a_thread_that_lost_its_start_keeps_its_answers_and_loses_its_title(
    here: Here, ann: Actor, state: str
) -> None:
    root = await store(here, note(ann), ann)
    await store(here, note(ann, 2, inReplyTo=root.uri), ann, root)
    await threads.end(root, state)
    thread = await Thread.get(id=root.thread_id)
    assert (thread.title, thread.visible, thread.posts_count) == ("", True, 1)
    assert await counts(here) == (1, [1])


async def test_a_thread_in_which_nothing_lives_is_not_shown_and_not_counted(
    here: Here, ann: Actor
) -> None:
    root = await store(here, note(ann), ann)
    answer = await store(here, note(ann, 2, inReplyTo=root.uri), ann, root)
    await threads.end(root, "deleted")
    await threads.end(answer, "removed", "spam")
    assert not (await Thread.get(id=root.thread_id)).visible
    assert await counts(here) == (0, [0])
    await threads.end(await fresh(answer.uri), "deleted")
    assert await counts(here) == (0, [0])


async def test_an_answer_finds_what_it_answers(here: Here, ann: Actor) -> None:
    root = await store(here, note(ann), ann)
    found = await threads.parent_of(read_object(note(ann, 2, inReplyTo=root.uri)))
    assert found is not None
    assert (found.id, found.thread.group.id) == (root.id, here.group.id)
    assert await threads.parent_of(read_object(note(ann, 3))) is None
    elsewhere = note(ann, 4, inReplyTo="https://x.example/notes/1")
    assert await threads.parent_of(read_object(elsewhere)) is None


async def test_a_held_post_is_not_counted_away_twice(here: Here, ann: Actor) -> None:
    post = await store(here, note(ann), ann)
    await Post.filter(id=post.id).update(state="held")
    await Thread.filter(id=post.thread_id).update(posts_count=0)
    await Group.filter(id=here.group.id).update(threads_count=0)
    await threads.end(await fresh(post.uri), "removed", "spam")
    assert await counts(here) == (0, [0])


def test_the_scenery_and_the_threads_begin_at_the_same_time() -> None:
    assert scenery.START == START
