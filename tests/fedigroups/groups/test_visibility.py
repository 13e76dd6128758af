"""Who sees a post."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

import scenery
from federation import storage
from fedigroups.groups.visibility import Viewer, can_see, is_listed, listed_sql, open_sql
from fedigroups.store import Store

STATES = ("live", "held", "removed", "deleted")
VISIBILITIES = ("public", "unlisted", "members")


@dataclass(frozen=True)
class Words:
    state: str
    visibility: str
    author_id: int = 1


def seen_by(viewer: Viewer | None) -> set[tuple[str, str]]:
    return {
        pair for pair in product(STATES, VISIBILITIES) if can_see(viewer, Words(pair[0], pair[1]))
    }


def test_a_stranger_sees_live_posts_that_are_public_or_unlisted() -> None:
    assert seen_by(None) == {("live", "public"), ("live", "unlisted")}


def test_somebody_who_is_no_member_sees_what_a_stranger_sees() -> None:
    assert seen_by(Viewer(2)) == seen_by(None)


def test_a_member_sees_what_is_for_members_too() -> None:
    assert seen_by(Viewer(2, is_member=True)) == seen_by(None) | {("live", "members")}


def test_authors_see_their_own_posts_while_they_are_held() -> None:
    assert seen_by(Viewer(1)) == set(product(("live", "held"), VISIBILITIES))


def test_only_public_posts_are_in_lists() -> None:
    listed = {pair for pair in product(STATES, VISIBILITIES) if is_listed(Words(pair[0], pair[1]))}

    assert listed == {("live", "public")}


@pytest.mark.anyio
async def test_the_sql_agrees_with_the_functions(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    thread, _ = await scenery.thread(await scenery.group(), ann)
    for state, visibility in product(STATES, VISIBILITIES):
        await scenery.post(thread, ann, state=state, visibility=visibility)

    select = "SELECT state, visibility, author_id FROM post p WHERE"
    every = [Words(**row) for row in await storage.rows(f"{select} 1 = 1")]
    listed = [Words(**row) for row in await storage.rows(f"{select} {listed_sql('p')}")]
    open_ = [Words(**row) for row in await storage.rows(f"{select} {open_sql('p')}")]

    assert set(listed) == {words for words in every if is_listed(words)}
    assert set(open_) == {words for words in every if can_see(None, words)}
