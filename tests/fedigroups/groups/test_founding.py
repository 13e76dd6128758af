"""A new group has a name of its own, keys and an owner; a changed one tells its readers."""

from __future__ import annotations

import json

import pytest

import scenery
from federation.errors import Malformed
from federation.limits import NAME_CHARS, SUMMARY_CHARS
from federation.models import Actor, Key
from fedigroups.groups import founding
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member
from village import Here

pytestmark = pytest.mark.anyio


async def found(here: Here, name: str = "bakers", **profile: object) -> Hosted:
    owner = await scenery.person("olga@groups.example")
    return await founding.found(here.wire, name, owner, Profile(**profile))


async def test_a_group_is_born_with_keys_and_an_owner_who_is_in_it(here: Here) -> None:
    made = await found(here, title="Bakers", summary="**Bread**", join_policy="approval")
    group = await Group.get(id=made.group.id)
    assert (group.title, group.join_policy, group.members_count) == ("Bakers", "approval", 1)
    assert "<strong>Bread</strong>" in group.summary_html
    assert made.actor.uri == "https://groups.example/groups/bakers"
    assert await Key.filter(actor_id=made.actor.id).count() == 2
    owner = await Member.get(group_id=group.id)
    assert (owner.role, owner.state) == ("owner", "member")


async def test_without_a_title_a_group_is_called_by_its_name(here: Here) -> None:
    assert (await found(here)).group.title == "bakers"


@pytest.mark.parametrize(
    ("said", "shown"), [(None, "All about bread. And cake."), ("Bread.", "Bread.")]
)
async def test_without_a_description_the_directory_shows_how_the_summary_begins(
    here: Here, said: str | None, shown: str
) -> None:
    made = await found(here, summary="All about **bread**.\n\nAnd cake.", description=said)
    assert made.group.description == shown


@pytest.mark.parametrize(
    ("profile", "complaint"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * (NAME_CHARS + 1)}, "title"),
        ({"summary": "x" * (SUMMARY_CHARS + 1)}, "summary"),
        ({"summary": "\U0001f525" * (SUMMARY_CHARS - 1)}, "summary"),
        ({"description": "x" * (NAME_CHARS + 1)}, "description"),
        ({"join_policy": "sometimes"}, "open, approval, invite"),
        ({"post_policy": "nobody"}, "anyone, members, moderators"),
        ({"icon_url": "javascript:alert(1)"}, "icon"),
    ],
)
async def test_what_a_group_cannot_say_of_itself_is_refused_with_the_choices(
    here: Here, profile: dict[str, str], complaint: str
) -> None:
    with pytest.raises(Malformed, match=complaint):
        await found(here, **profile)
    with pytest.raises(Malformed, match=complaint):
        await founding.change(here.wire, here.hosted, Profile(**profile))
    assert not await Actor.exists(username="bakers")


async def test_a_name_is_given_once_to_a_person_or_a_group(here: Here) -> None:
    with pytest.raises(Malformed, match="taken"):
        await found(here, "olga")
    owner = await Actor.get(username="olga")
    with pytest.raises(Malformed, match="taken"):
        await founding.found(here.wire, "welders", owner, Profile())


async def test_a_change_is_told_to_both_dialects_in_the_new_words(here: Here) -> None:
    made = await found(here, title="Bakers")
    before = made.group.updated_at
    profile = Profile(title="Bakers and millers", icon_url="https://groups.example/i.png")
    drafts = await founding.change(here.wire, made, profile)
    assert [draft.activity.kind for draft in drafts] == ["Update", "Update", "Announce"]
    told = json.loads(drafts[0].activity.body)["object"]
    assert told["name"] == "Bakers and millers"
    assert told["icon"]["url"] == "https://groups.example/i.png"
    group = await Group.get(id=made.group.id)
    assert (group.title, group.updated_at >= before) == ("Bakers and millers", True)
    assert (await Actor.get(id=made.actor.id)).name == "Bakers and millers"


async def test_what_is_not_named_stays_as_it_is(here: Here) -> None:
    made = await found(here, title="Bakers", rules="Be kind.", post_policy="anyone")
    await founding.change(here.wire, made, Profile(description="Bread."))
    group = await Group.get(id=made.group.id)
    assert (group.title, group.rules, group.post_policy) == ("Bakers", "Be kind.", "anyone")
    assert group.description == "Bread."


async def test_a_field_can_be_emptied(here: Here) -> None:
    made = await found(here, summary="Bread", icon_url="https://groups.example/i.png")
    await founding.change(here.wire, made, Profile(summary="", icon_url=""))
    group = await Group.get(id=made.group.id)
    assert (group.summary, group.summary_html, group.icon_url) == ("", "", "")


async def test_a_change_of_nothing_is_refused(here: Here) -> None:
    with pytest.raises(Malformed, match="nothing to change"):
        await founding.change(here.wire, here.hosted, Profile())
