"""A conversation is the same tree whatever order its posts arrive in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from federation import storage
from fedigroups.groups import read
from fresh import fresh_world
from servers import GROUP, Member, Server
from world import World

pytestmark = pytest.mark.anyio

Template = Callable[[str, str], str]
MOST = 9


@dataclass(frozen=True)
class Conversation:
    """`parents[n]` is what post n + 1 answers; `names` says which answers mention the group."""

    parents: tuple[int, ...]
    names: tuple[bool, ...]
    arrivals: tuple[int, ...]

    def depth(self, number: int) -> int:
        return 0 if number == 0 else 1 + self.depth(self.parents[number - 1])


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    size = draw(st.integers(2, MOST))
    parents = tuple(draw(st.integers(0, number - 1)) for number in range(1, size))
    names = tuple(draw(st.lists(st.booleans(), min_size=size - 1, max_size=size - 1)))
    return Conversation(parents, names, tuple(draw(st.permutations(range(size)))))


def written(people: list[Member], told: Conversation) -> list[tuple[Member, dict[str, Any]]]:
    """The posts with their authors, who take turns; only answers may leave the group unnamed."""
    posts = [(people[0], people[0].note("Which rod?"))]
    for number, parent in enumerate(told.parents, 1):
        author = people[number % len(people)]
        group = GROUP if told.names[number - 1] else ""
        note = author.note(f"Number {number}", reply_to=posts[parent][1]["id"], group=group)
        posts.append((author, note))
    return posts


async def arrive(world: World, told: Conversation) -> tuple[dict[str, Any], list[str]]:
    """What each post answers and how deep, and the ids in the order that the page has them."""
    ours = await world.town()
    homes = [Server.at(world.network, f"{name}.example", "mastodon") for name in ("m", "h")]
    people = [homes[0].member("ann"), homes[1].member("vic")]
    for person in people:
        await person.send(person.follow())
    await world.settle()
    posts = written(people, told)
    for number in told.arrivals:
        author, note = posts[number]
        assert await author.send(author.create(note)) == 202
        await world.settle()
    with ours.instance.store.context():
        rows = await storage.rows(
            "SELECT p.uri AS uri, up.uri AS parent, p.depth AS depth, p.thread_id AS thread "
            "FROM post p LEFT JOIN post up ON up.id = p.parent_id"
        )
        page = await read.thread_page(rows[0]["thread"])
    assert page is not None
    numbers = {note["id"]: str(number) for number, (_, note) in enumerate(posts)}
    assert len({row["thread"] for row in rows}) == 1
    tree = {numbers[row["uri"]]: (numbers.get(row["parent"]), row["depth"]) for row in rows}
    return tree, [numbers[page.root.uri], *(numbers[shown.post.uri] for shown in page.replies)]


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # to make a failing example smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=conversations())
@example(told=Conversation((0,), (False,), (1, 0)))
@example(told=Conversation((0,), (True,), (1, 0)))
@example(told=Conversation((0, 1, 2, 3), (False, True, False, True), (4, 3, 2, 1, 0)))
@example(told=Conversation((0, 0, 1, 1), (True, True, True, True), (4, 0, 3, 2, 1)))
async def test_a_conversation_is_one_tree_whatever_order_it_arrives_in(
    populated: Template, told: Conversation
) -> None:
    async with fresh_world(populated("sqlite", "groups.example")) as world:
        tree, order = await arrive(world, told)
    expected = {"0": (None, 0)} | {
        str(number): (str(parent), told.depth(number))
        for number, parent in enumerate(told.parents, 1)
    }
    assert tree == expected
    assert sorted(order, key=int) == [str(number) for number in range(len(tree))]
    for place, number in enumerate(order[1:], 1):
        parent = str(told.parents[int(number) - 1])
        # Right below what it answers, or below what else answers that.
        assert order[place - 1] == parent or is_below(told, int(order[place - 1]), int(parent))


def is_below(told: Conversation, number: int, above: int) -> bool:
    while number > 0:
        number = told.parents[number - 1]
        if number == above:
            return True
    return False
