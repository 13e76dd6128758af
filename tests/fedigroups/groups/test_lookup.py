"""Groups are found by name, handle or URI; what nobody here is in is not found by accident."""

from __future__ import annotations

import json

import pytest

import neighbour
import scenery
from federation.errors import Gone, NotHere, NotUsable
from federation.models import Actor
from fedigroups.groups import lookup
from fedigroups.groups.models import Group, Post
from neighbour import Neighbour
from village import Here, counted

pytestmark = pytest.mark.anyio

GROUP = "https://groups.example/groups/welders"


@pytest.fixture
def cats(here: Here) -> Neighbour:
    """A server with the group `cats`."""
    home = Neighbour.on(here.network, "l.example")
    home.serve_person("cats", neighbour.rsa("cats"), type="Group", name="Cats")
    home.serve_handle("cats", home.url("/users/cats"))
    return home


async def fetched(here: Here, cats: Neighbour) -> Actor:
    return await here.wire.directory.refresh(cats.url("/users/cats"))


async def test_a_group_here_is_found_by_uri_name_row_and_thread(here: Here) -> None:
    by_uri, by_name = await lookup.hosted(GROUP), await lookup.hosted_named("welders")
    by_row = await lookup.hosting(here.group.id)
    thread, _ = await scenery.thread(here.group, await scenery.person("ann@m.example"))
    by_thread = await lookup.hosting(thread.group_id)
    for found in (by_uri, by_name, by_row, by_thread):
        assert found is not None
        assert (found.group.id, found.actor.uri) == (here.group.id, GROUP)


async def test_a_group_elsewhere_is_not_hosted_here(here: Here, cats: Neighbour) -> None:
    actor = await fetched(here, cats)
    await lookup.remote(actor)
    assert await lookup.hosted(actor.uri) is None
    with pytest.raises(NotHere, match="group list"):
        await lookup.hosted_named("cats")


async def test_of_many_names_the_first_group_here_counts_and_all_cost_one_query(
    here: Here,
) -> None:
    await scenery.group("bakers", "Bakers")
    bakers = "https://groups.example/groups/bakers"
    strangers = [f"https://m.example/users/{number}" for number in range(100)]
    with counted() as said:
        found = await lookup.first_hosted([*strangers, bakers, GROUP])
    assert found is not None
    assert found.actor.uri == bakers
    assert len(said) == 1
    assert await lookup.first_hosted(strangers) is None
    assert await lookup.first_hosted([]) is None


async def test_a_group_elsewhere_is_joined_while_somebody_here_is_in_or_asks(
    here: Here, cats: Neighbour
) -> None:
    actor = await fetched(here, cats)
    group = await lookup.remote(actor)
    assert await lookup.joined(actor) is None
    with pytest.raises(NotUsable, match=r"nobody here is in cats@l\.example"):
        await lookup.check_joined(actor)
    member = await scenery.join(group, await scenery.person("olga@groups.example"))
    for state, expected in (("member", True), ("asked", True), ("left", False), ("refused", False)):
        member.state = state
        await member.save(update_fields=["state"])
        assert (await lookup.joined(actor) is not None) is expected
    assert await lookup.joined(here.actor) is None
    await lookup.check_joined(None)


async def test_the_row_of_a_group_elsewhere_follows_its_profile_made_safe(
    here: Here, cats: Neighbour
) -> None:
    group = await lookup.remote(await fetched(here, cats))
    assert (group.name, group.title, group.hosted) == ("cats", "Cats", False)
    cats.serve_person(
        "cats",
        neighbour.rsa("cats"),
        type="Group",
        name="All cats",
        summary="<p onclick=x>Meow.</p>",
        icon={"type": "Image", "url": "javascript:alert(1)"},
        tag=[{"type": "Hashtag", "name": name} for name in ("#Cats", "no word", 1, *"abcdef")],
    )
    again = await lookup.remote(await fetched(here, cats))
    row = await Group.get(id=group.id)
    assert again.id == row.id
    assert (row.title, row.summary_html, row.icon_url) == ("All cats", "<p>Meow.</p>", "")
    assert row.topics == "cats a b c d"
    assert row.description == "Meow."


async def test_a_group_elsewhere_without_a_title_is_called_by_its_name(
    here: Here, cats: Neighbour
) -> None:
    cats.serve_person("cats", neighbour.rsa("cats"), type="Group", name=None)
    assert (await lookup.remote(await fetched(here, cats))).title == "cats"


async def test_a_name_is_a_group_here_and_a_handle_one_anywhere(
    here: Here, cats: Neighbour
) -> None:
    for name in ("welders", "!welders", "@welders@groups.example", "welders@GROUPS.example"):
        assert (await lookup.any_group(name)).id == here.group.id
    with pytest.raises(NotHere, match="join it first"):
        await lookup.any_group("!cats@l.example")
    known = await lookup.remote(await fetched(here, cats))
    second = cats.serve_person("second", neighbour.rsa("s"), type="Group", preferredUsername="cats")
    await lookup.remote(await here.wire.directory.refresh(second))
    assert (await lookup.any_group("!cats@L.example")).id == known.id


async def test_an_actor_is_found_before_anybody_joined_it(here: Here, cats: Neighbour) -> None:
    uri = cats.url("/users/cats")
    for name in ("!cats@l.example", uri):
        assert (await lookup.group_actor(here.wire, name)).uri == uri
    for name in ("welders", "@welders@groups.example"):
        assert (await lookup.group_actor(here.wire, name)).uri == GROUP
    with pytest.raises(Gone):
        await lookup.group_actor(here.wire, "dogs@l.example")
    with pytest.raises(NotHere):
        await lookup.group_actor(here.wire, "dogs")


async def test_somebody_is_found_by_every_name_that_they_go_by(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    olga = await scenery.person("olga@groups.example")
    for name in ("ann@m.example", "@ann@M.example", ann.uri):
        assert (await lookup.person(name)).id == ann.id
    assert (await lookup.person("olga")).id == olga.id
    for name in ("ann", "olga@m.example", "https://m.example/users/eve"):
        with pytest.raises(NotHere, match="we know nobody"):
            await lookup.person(name)


async def test_only_the_author_wrote_a_post(here: Here) -> None:
    ann, eve = await here.remote("ann@m.example"), await here.remote("eve@evil.example")
    _, root = await scenery.thread(here.group, ann)
    assert await lookup.wrote(ann, root.uri)
    assert not await lookup.wrote(eve, root.uri)
    assert not await lookup.wrote(ann, "https://m.example/notes/none")
    assert json.loads((await Post.get(id=root.id)).attachments) == []
