"""A reaction counts once for an actor and a slot, and taking it back uncounts it."""

from __future__ import annotations

import pytest

import scenery
from federation import limits
from fedigroups.groups import reactions
from fedigroups.groups.models import Post, Reaction
from fedigroups.store import Store

pytestmark = pytest.mark.anyio

VIC = "https://h.example/users/vic"
EVE = "https://evil.example/users/eve"


async def a_post() -> Post:
    group = await scenery.group()
    _, root = await scenery.thread(group, await scenery.person("ann@m.example"))
    return root


async def counts(post: Post) -> tuple[int, int, int]:
    """Likes, dislikes, boosts."""
    row = await Post.get(id=post.id)
    return row.likes_count, row.dislikes_count, row.boosts_count


async def test_a_like_counts_once_however_often_it_comes(database: Store) -> None:
    post = await a_post()
    assert await reactions.put(post, VIC, "like", "https://h.example/like/1")
    assert not await reactions.put(post, VIC, "like", "https://h.example/like/2")
    assert await counts(post) == (1, 0, 0)
    kept = await Reaction.get(post_id=post.id)
    assert kept.activity_uri == "https://h.example/like/2"


async def test_a_dislike_takes_the_place_of_a_like(database: Store) -> None:
    post = await a_post()
    await reactions.put(post, VIC, "like", "https://h.example/like/1")
    assert await reactions.put(post, VIC, "dislike", "https://h.example/dislike/1")
    assert await counts(post) == (0, 1, 0)


async def test_a_like_a_boost_and_emoji_stand_beside_each_other(database: Store) -> None:
    post = await a_post()
    for kind, emoji in (("like", ""), ("boost", ""), ("emoji", "🔥"), ("emoji", "🎉")):
        assert await reactions.put(post, VIC, kind, f"https://h.example/{kind}{emoji}", emoji=emoji)
    assert not await reactions.put(post, VIC, "emoji", "https://h.example/again", emoji="🔥")
    assert await counts(post) == (1, 0, 1)
    assert await Reaction.filter(post_id=post.id).count() == 4


async def test_an_emoji_has_a_length(database: Store) -> None:
    post = await a_post()
    await reactions.put(post, VIC, "emoji", "https://h.example/e/1", emoji="x" * 500)
    assert len((await Reaction.get(post_id=post.id)).slot) == len("emoji:") + limits.EMOJI_CHARS


async def test_what_is_taken_back_counts_no_more_and_only_once(database: Store) -> None:
    post = await a_post()
    await reactions.put(post, VIC, "like", "https://h.example/like/1")
    await reactions.put(post, EVE, "like", "https://evil.example/like/1")
    assert await reactions.take_back(post, VIC, "vote")
    assert not await reactions.take_back(post, VIC, "vote")
    assert await counts(post) == (1, 0, 0)
    assert await reactions.of(post, VIC, "vote") is None
    assert await reactions.of(post, EVE, "vote") is not None


async def test_by_its_id_an_actor_takes_back_its_own_alone(database: Store) -> None:
    post = await a_post()
    await reactions.put(post, VIC, "like", "https://h.example/like/1")
    assert await reactions.take_back_by_id("https://h.example/like/1", EVE) is None
    assert await counts(post) == (1, 0, 0)
    taken = await reactions.take_back_by_id("https://h.example/like/1", VIC)
    assert taken is not None
    assert taken.post.thread.group.name == "welders"
    assert await counts(post) == (0, 0, 0)


async def test_an_id_that_was_used_twice_takes_back_one_at_a_time(database: Store) -> None:
    post = await a_post()
    for kind in ("like", "boost"):
        await reactions.put(post, VIC, kind, "https://h.example/same")
    assert await reactions.take_back_by_id("https://h.example/same", VIC) is not None
    assert await reactions.take_back_by_id("https://h.example/same", VIC) is not None
    assert await reactions.take_back_by_id("https://h.example/same", VIC) is None
    assert await counts(post) == (0, 0, 0)


async def test_what_a_group_vouches_for_is_marked(database: Store) -> None:
    post = await a_post()
    await reactions.put(
        post,
        VIC,
        "like",
        "https://h.example/like/1",
        announcer=await scenery.person("cats@l.example"),
    )
    assert (await Reaction.get(post_id=post.id)).vouched


def test_likes_and_dislikes_share_a_slot_and_nothing_else_does() -> None:
    assert reactions.slot_of("like") == reactions.slot_of("dislike") == "vote"
    assert reactions.slot_of("boost") == "boost"
    assert reactions.slot_of("emoji", "🔥") != reactions.slot_of("emoji", "🎉")
