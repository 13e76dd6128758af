"""Who sees a post: a table of those who look and what there is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

import scenery
from federation import storage
from federation.models import Actor
from fedigroups.groups import policies
from fedigroups.groups.models import Member, Post
from fedigroups.groups.visibility import (
    OPEN_ROWS,
    Viewer,
    can_see,
    is_listed,
    left_a_place,
    listed_sql,
    members_sql,
    open_sql,
    own_sql,
    place_sql,
)
from fedigroups.store import Store

STATES = ("live", "held", "removed", "deleted")
VISIBILITIES = ("public", "unlisted", "members")
AUTHOR = 1


@dataclass(frozen=True)
class Words:
    state: str
    visibility: str
    author_id: int = AUTHOR


VIEWERS: dict[str, Viewer | None] = {
    "stranger": None,
    "member elsewhere": Viewer(2),
    "member here": Viewer(2, "member"),
    "moderator": Viewer(2, "moderator"),
    "banned": Viewer(2, "banned"),
    "blocked host": Viewer(2, "member", shut_out=True),
    "suspended": Viewer(2, "moderator", shut_out=True),
    "author": Viewer(AUTHOR, "member"),
    "banned author": Viewer(AUTHOR, "banned"),
    "suspended author": Viewer(AUTHOR, "member", shut_out=True),
}
SEEN: dict[str, set[str]] = {
    "public": {"stranger", "member elsewhere", "member here", "moderator", "banned"},
    "unlisted": {"stranger", "member elsewhere", "member here", "moderator", "banned"},
    "members": {"member here", "moderator"},
    "held": {"moderator"},
    "held for members": {"moderator"},
    "removed": {"moderator"},
    "removed for members": {"moderator"},
    "deleted": set(),
    "deleted for members": set(),
    "of a state that nobody knows": set(),
    "for whom nobody knows": {"moderator"},
}
BY_ITS_AUTHOR = {"public", "unlisted", "members", "held", "held for members"}
OBJECTS = {
    "public": Words("live", "public"),
    "unlisted": Words("live", "unlisted"),
    "members": Words("live", "members"),
    "held": Words("held", "public"),
    "held for members": Words("held", "members"),
    "removed": Words("removed", "public"),
    "removed for members": Words("removed", "members"),
    "deleted": Words("deleted", "public"),
    "deleted for members": Words("deleted", "members"),
    "of a state that nobody knows": Words("new", "public"),
    "for whom nobody knows": Words("live", "new"),
}


@pytest.mark.parametrize("what", OBJECTS)
@pytest.mark.parametrize("who", [name for name in VIEWERS if "author" not in name])
def test_everybody_sees_what_the_table_says_and_nothing_else(who: str, what: str) -> None:
    # H221, H222
    assert can_see(VIEWERS[who], OBJECTS[what]) is (who in SEEN[what])


@pytest.mark.parametrize("what", OBJECTS)
def test_authors_see_their_own_posts_while_they_are_held(what: str) -> None:
    own = BY_ITS_AUTHOR | {"for whom nobody knows"}
    assert can_see(VIEWERS["author"], OBJECTS[what]) is (what in own)
    assert can_see(VIEWERS["banned author"], OBJECTS[what]) is can_see(None, OBJECTS[what])
    assert not can_see(VIEWERS["suspended author"], OBJECTS[what])


def test_only_public_posts_are_in_lists() -> None:
    assert {what for what, post in OBJECTS.items() if is_listed(post)} == {"public"}


def test_a_place_is_left_by_what_everybody_could_read_once() -> None:
    assert {what for what, post in OBJECTS.items() if left_a_place(post)} == {"removed", "deleted"}


def test_no_viewer_sees_less_of_what_is_open_than_a_stranger_but_those_who_are_shut_out() -> None:
    # who needs not say who they are reads it anyway; hiding it from the banned would hide nothing
    for viewer in VIEWERS.values():
        for post in OBJECTS.values():
            if can_see(None, post) and not (viewer and viewer.shut_out):
                assert can_see(viewer, post)


@pytest.mark.parametrize(
    ("state", "role", "standing"),
    [
        ("", "", "none"),
        ("invited", "member", "none"),
        ("asked", "member", "none"),
        ("member", "member", "member"),
        ("member", "moderator", "moderator"),
        ("member", "owner", "moderator"),
        ("refused", "member", "none"),
        ("left", "moderator", "none"),
        ("removed", "moderator", "none"),
        ("banned", "moderator", "banned"),
    ],
)
def test_somebody_looks_as_they_stand_in_the_group(state: str, role: str, standing: str) -> None:
    # H232: whoever asked and was not yet let in is nobody
    member = Member(state=state, role=role) if state else None
    for actor_state, shut_out in (("live", False), ("suspended", True), ("gone", True)):
        actor = Actor(id=2, state=actor_state)
        assert policies.viewer(actor, member) == Viewer(2, standing, shut_out)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_the_sql_agrees_with_the_functions(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, _ = await scenery.thread(await scenery.group(), ann)
    for state, visibility in product((*STATES, "new"), (*VISIBILITIES, "new")):
        await scenery.post(thread, ann, state=state, visibility=visibility)

    async def found(where: str) -> set[Words]:
        select = "SELECT state, visibility, author_id FROM post p WHERE"
        return {Words(**row) for row in await storage.rows(f"{select} {where}")}

    every = await found("1 = 1")
    assert await found(listed_sql("p")) == {words for words in every if is_listed(words)}
    assert await found(open_sql("p")) == {words for words in every if can_see(None, words)}
    assert await found(place_sql("p")) == {words for words in every if left_a_place(words)}
    rows = await Post.filter(**OPEN_ROWS)
    assert {Words(one.state, one.visibility, ann.id) for one in rows} == await found(open_sql("p"))


@pytest.mark.anyio
@pytest.mark.parametrize("standing", ["none", "member", "banned"])
async def test_the_sql_for_those_who_are_known_agrees_with_the_functions(
    database: Store, standing: str
) -> None:
    ann, bob = await scenery.person("ann@m.example"), await scenery.person("bob@m.example")
    group = await scenery.group()
    thread, _ = await scenery.thread(group, ann)
    for actor in (ann, bob):
        for state, visibility in product(STATES, VISIBILITIES):
            await scenery.post(thread, actor, state=state, visibility=visibility)
    if standing != "none":
        member = await scenery.join(group, ann)
        await Member.filter(id=member.id).update(state=standing)
    viewer = Viewer(ann.id, standing)  # type: ignore[arg-type]

    select = "SELECT state, visibility, author_id FROM post p"
    every = {Words(**row) for row in await storage.rows(select)}
    where = f"{open_sql('p')} OR {own_sql('p')} OR {members_sql('p')}"
    seen = await storage.rows(f"{select} WHERE {where}", ann.id, ann.id, ann.id)
    assert {Words(**row) for row in seen} == {words for words in every if can_see(viewer, words)}
