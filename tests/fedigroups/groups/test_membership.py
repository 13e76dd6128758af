"""Every road into a group and out of it: the row, the count, the readers and the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

import scenery
from federation import storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.groups import membership
from fedigroups.groups.models import Group, Member
from outbox.publish import Draft
from village import Here

pytestmark = pytest.mark.anyio


def follow(actor: Actor, number: int = 1) -> dict[str, Any]:
    return {
        "id": f"{actor.uri}/follow/{number}",
        "type": "Follow",
        "actor": actor.uri,
        "object": "https://groups.example/groups/welders",
    }


async def ask(here: Here, actor: Actor, number: int = 1) -> Any:
    async with storage.transaction():
        return await membership.ask(here.wire, here.group, here.actor, actor, follow(actor, number))


def said(drafts: list[Draft]) -> list[tuple[str, str]]:
    """Kind of each answer, and the id of the Follow in it."""
    documents = [json.loads(draft.activity.body) for draft in drafts]
    return [(document["type"], document["object"]["id"]) for document in documents]


async def test_into_an_open_group_whoever_asks_is_let_in(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await here.family("m.example", "microblog")
    state, drafts = await ask(here, ann)
    assert state == "member"
    assert said(drafts) == [("Accept", f"{ann.uri}/follow/1")]
    assert await here.members_count() == 1
    assert await here.readers() == {("microblog", "https://m.example/inbox")}
    row = await Member.get(actor_id=ann.id)
    assert (row.follow_uri, bool(row.joined_at)) == (f"{ann.uri}/follow/1", True)


async def test_an_answer_is_private_and_goes_to_the_followers_own_inbox(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    _, (draft,) = await ask(here, ann)
    assert not draft.activity.public
    assert draft.activity.actor_uri == here.actor.uri
    assert [place.inbox for place in draft.places] == [ann.inbox]
    assert json.loads(draft.activity.body)["to"] == [ann.uri]


async def test_a_follow_again_is_a_resync_and_counts_nobody_twice(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    joined = (await Member.get(actor_id=ann.id)).joined_at
    state, drafts = await ask(here, ann, 2)
    assert (state, said(drafts)) == ("member", [("Accept", f"{ann.uri}/follow/2")])
    assert await here.members_count() == 1
    row = await Member.get(actor_id=ann.id)
    assert (row.joined_at, row.follow_uri) == (joined, f"{ann.uri}/follow/2")


async def test_where_a_moderator_looks_first_nothing_is_answered_and_nothing_read(
    here: Here,
) -> None:
    await here.change(join_policy="approval")
    ann = await here.remote("ann@m.example")
    await here.family("m.example", "thread")
    assert await ask(here, ann) == ("asked", [])
    assert await ask(here, ann, 2) == ("asked", [])
    assert (await here.members_count(), await here.readers()) == (0, set())
    async with storage.transaction():
        drafts = await membership.approve(here.wire, here.group, ann)
    assert said(drafts) == [("Accept", f"{ann.uri}/follow/2")]
    assert await here.readers() == {("thread", "https://m.example/inbox")}
    assert await here.standing(ann) == ("member", "member")


async def test_whoever_is_turned_down_is_told_and_may_ask_again(here: Here) -> None:
    await here.change(join_policy="approval")
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    async with storage.transaction():
        drafts = await membership.refuse(here.wire, here.group, ann, "not now")
    assert said(drafts) == [("Reject", f"{ann.uri}/follow/1")]
    assert (await Member.get(actor_id=ann.id)).reason == "not now"
    assert await ask(here, ann, 2) == ("asked", [])


@pytest.mark.parametrize("act", ["approve", "refuse", "remove"])
async def test_nobody_is_judged_who_did_not_ask_or_is_not_in(here: Here, act: str) -> None:
    ann = await here.remote("ann@m.example")
    reason = () if act == "approve" else ("why",)
    with pytest.raises(Malformed, match=r"ann@m\.example (has not asked|is not a member)"):
        await getattr(membership, act)(here.wire, here.group, ann, *reason)


async def test_into_an_invitation_group_come_the_invited_alone(here: Here) -> None:
    await here.change(join_policy="invite")
    ann, bob = await here.remote("ann@m.example"), await here.remote("bob@l.example")
    await membership.invite(here.group, ann)
    assert (await ask(here, ann))[0] == "member"
    state, drafts = await ask(here, bob)
    assert (state, said(drafts)) == ("refused", [("Reject", f"{bob.uri}/follow/1")])
    assert await here.standing(bob) == ("", "")
    assert (await ask(here, ann, 2))[0] == "member"


async def test_members_are_not_invited_and_neither_are_the_banned(here: Here) -> None:
    ann, eve = await here.remote("ann@m.example"), await here.remote("eve@evil.example")
    await ask(here, ann)
    await membership.ban(here.wire, here.group, eve, "spam")
    for actor in (ann, eve):
        with pytest.raises(Malformed, match="cannot become invited"):
            await membership.invite(here.group, actor)


async def test_an_invitation_can_be_declined(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await membership.invite(here.group, ann)
    assert await membership.leave(here.group, ann)
    assert await here.standing(ann) == ("left", "member")


@pytest.mark.parametrize(("act", "state"), [("remove", "removed"), ("ban", "banned")])
async def test_whoever_is_put_out_loses_role_and_reading_and_is_told(
    here: Here, act: str, state: str
) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    await membership.appoint(here.group, ann, "moderator")
    async with storage.transaction():
        drafts = await getattr(membership, act)(here.wire, here.group, ann, "spam")
    assert said(drafts) == [("Reject", f"{ann.uri}/follow/1")]
    assert await here.standing(ann) == (state, "member")
    assert (await here.members_count(), await here.readers()) == (0, set())


async def test_the_banned_are_refused_and_leaving_is_no_way_around_it(here: Here) -> None:
    eve = await here.remote("eve@evil.example")
    await ask(here, eve)
    await membership.ban(here.wire, here.group, eve, "spam")
    assert not await membership.leave(here.group, eve)
    state, drafts = await ask(here, eve, 2)
    assert (state, said(drafts)) == ("refused", [("Reject", f"{eve.uri}/follow/2")])
    assert await here.standing(eve) == ("banned", "member")


async def test_a_stranger_can_be_banned_before_they_ever_come(here: Here) -> None:
    eve = await here.remote("eve@evil.example")
    assert await membership.ban(here.wire, here.group, eve, "known elsewhere") == []
    assert (await ask(here, eve))[0] == "refused"
    assert await here.members_count() == 0


async def test_a_ban_that_is_lifted_lets_them_ask_again(here: Here) -> None:
    eve = await here.remote("eve@evil.example")
    await membership.ban(here.wire, here.group, eve, "spam")
    await membership.pardon(here.group, eve)
    assert (await ask(here, eve))[0] == "member"
    with pytest.raises(Malformed, match="is not banned"):
        await membership.pardon(here.group, eve)
    with pytest.raises(Malformed, match="is not banned"):
        await membership.pardon(here.group, await here.remote("vic@h.example"))


@pytest.mark.parametrize("act", ["remove", "ban"])
async def test_an_owner_is_not_put_out_of_their_own_group(here: Here, act: str) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    await membership.appoint(here.group, ann, "owner")
    with pytest.raises(Malformed, match="make somebody else the owner first"):
        await getattr(membership, act)(here.wire, here.group, ann, "coup")
    assert await here.standing(ann) == ("member", "owner")


async def test_leaving_ends_reading_and_counts(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    assert await membership.leave(here.group, ann)
    assert not await membership.leave(here.group, ann)
    assert await here.standing(ann) == ("left", "member")
    assert (await here.members_count(), await here.readers()) == (0, set())


async def test_nobody_leaves_who_was_never_there(here: Here) -> None:
    assert not await membership.leave(here.group, await here.remote("ann@m.example"))


async def test_a_moderator_who_comes_back_is_a_member(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    await membership.appoint(here.group, ann, "moderator")
    await membership.leave(here.group, ann)
    await ask(here, ann, 2)
    assert await here.standing(ann) == ("member", "member")


async def test_only_members_get_a_role(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    with pytest.raises(Malformed, match="is not a member"):
        await membership.appoint(here.group, ann, "moderator")


async def test_whoever_lives_here_is_answered_without_a_delivery(here: Here) -> None:
    olga = await scenery.person("olga@groups.example")
    state, (draft,) = await ask(here, olga)
    assert (state, draft.places) == ("member", ())
    assert await here.readers() == set()


async def test_an_actor_that_ends_leaves_every_group(here: Here) -> None:
    bakers = await scenery.group("bakers", "Bakers")
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    async with storage.transaction():
        await membership.ask(here.wire, bakers, here.actor, ann, follow(ann, 2))
        await membership.depart(ann)
    states = await Member.filter(actor_id=ann.id).values_list("state", flat=True)
    assert list(states) == ["left", "left"]
    assert (await Group.get(id=bakers.id)).members_count == 0
    rows = await storage.rows("SELECT inbox FROM subscription")
    assert rows == []


async def moved(here: Here, old: Actor, new_handle: str) -> Actor:
    new = await here.remote(new_handle)
    await Actor.filter(id=old.id).update(moved_to=new.uri)
    return new


async def test_a_member_that_moved_is_let_in_under_the_new_name_past_any_policy(
    here: Here,
) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    await here.change(join_policy="invite")
    await here.family("h.example", "microblog")
    new = await moved(here, ann, "ann@h.example")
    assert not await membership.carry_over(here.group, new)
    assert (await ask(here, new))[0] == "member"
    assert await here.standing(ann) == ("left", "member")
    assert await here.members_count() == 1
    assert await here.readers() == {("microblog", "https://h.example/inbox")}


async def test_a_ban_moves_with_the_banned_and_stays_on_both(here: Here) -> None:
    eve = await here.remote("eve@evil.example")
    await membership.ban(here.wire, here.group, eve, "spam")
    new = await moved(here, eve, "eve@other.example")
    assert await membership.carry_over(here.group, new)
    await membership.ban(here.wire, here.group, new, "moved")
    assert not await membership.carry_over(here.group, new)
    assert (await here.standing(eve), await here.standing(new)) == (
        ("banned", "member"),
        ("banned", "member"),
    )
    assert (await ask(here, new))[0] == "refused"


async def test_a_ban_on_the_new_account_is_not_lifted_by_the_good_old_one(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    new = await moved(here, ann, "ann@h.example")
    await membership.ban(here.wire, here.group, new, "spam")
    assert not await membership.carry_over(here.group, new)
    assert await here.standing(new) == ("banned", "member")
    assert (await ask(here, new))[0] == "refused"


async def test_who_never_moved_brings_nothing_along(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    assert not await membership.carry_over(here.group, ann)
    assert await here.standing(ann) == ("", "")


async def test_answers_from_elsewhere_move_and_count_as_ours_do(here: Here) -> None:
    await here.change(hosted=False)
    olga = await scenery.person("olga@groups.example")

    async def row() -> Member:
        return await Member.get(actor_id=olga.id).select_related("actor", "group")

    await membership.asked_elsewhere(here.group, olga, follow(olga))
    assert await membership.answered_elsewhere(await row(), accepted=True) == "member"
    assert await membership.answered_elsewhere(await row(), accepted=True) == "member"
    assert await here.members_count() == 1
    assert (await row()).joined_at > 0
    assert await membership.answered_elsewhere(await row(), accepted=False) == "removed"
    assert await here.members_count() == 0
    await membership.asked_elsewhere(here.group, olga, follow(olga, 2))
    assert await membership.answered_elsewhere(await row(), accepted=False) == "refused"


async def test_a_member_does_not_ask_again_elsewhere(here: Here) -> None:
    olga = await scenery.person("olga@groups.example")
    await ask(here, olga)
    with pytest.raises(Malformed, match="cannot become asked"):
        await membership.asked_elsewhere(here.group, olga, follow(olga, 2))


async def test_a_membership_is_found_by_its_newest_follow(here: Here) -> None:
    ann = await here.remote("ann@m.example")
    await ask(here, ann)
    await ask(here, ann, 2)
    assert await membership.follow_of(f"{ann.uri}/follow/1") is None
    found = await membership.follow_of(f"{ann.uri}/follow/2")
    assert found is not None
    assert found.actor_id == ann.id
    assert await membership.follow_of("") is None


async def test_an_actor_without_an_inbox_is_a_member_that_is_sent_nothing(here: Here) -> None:
    mute = await scenery.person("mute@m.example")
    state, (draft,) = await ask(here, mute)
    assert (state, draft.places, await here.readers()) == ("member", (), set())


async def test_a_group_is_not_banned_from_itself(here: Here) -> None:
    with pytest.raises(Malformed, match="from itself"):
        await membership.ban(here.wire, here.group, here.actor, "No reason")
