"""Joining and leaving as every peer says it, and the answers that each of them can read."""

from __future__ import annotations

import pytest

from federation import storage
from fedigroups.groups import lookup, membership
from fedigroups.groups.models import Member
from outbox.publish import publish
from servers import GROUP

pytestmark = pytest.mark.anyio


# quirk 19
@pytest.mark.parametrize(
    "manner",
    [
        {},
        {"to": [GROUP]},
        {"to": GROUP},
        {"object": {"id": GROUP, "type": "Group"}},
        {"object": [GROUP]},
        {"type": "Join"},
    ],
    ids=["bare", "to-list", "to-string", "object-embedded", "object-in-a-list", "join"],
)
async def test_a_follow_in_every_manner_is_accepted_once(stage, manner) -> None:
    ann = stage.microblog().member("ann")
    assert await stage.send(ann, ann.follow() | manner) == 202
    assert stage.judges[0].kinds() == [f"Accept{{{manner.get('type', 'Follow')}}}"]
    assert (await stage.ours.members())["ann@m.example"] == "member"


# quirk 20
async def test_an_accept_embeds_the_follow_with_its_id_and_goes_to_the_followers_own_inbox(
    stage,
) -> None:
    threads = stage.threads()
    bob = threads.member("bob")
    follow = bob.follow(to=[GROUP])
    await stage.send(bob, follow)
    (accept,) = threads.came("Accept{Follow}")
    assert accept["object"] == {key: follow[key] for key in ("id", "type", "actor", "object", "to")}
    assert threads.inbox[0].path == "/users/bob/inbox"


# quirk 21
async def test_a_follow_again_is_accepted_again_under_its_new_id_and_makes_one_member(
    stage,
) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    first, second = ann.follow(), ann.follow()
    await stage.send(ann, first)
    await stage.send(ann, second)
    answered = [accept["object"]["id"] for accept in microblog.came("Accept{Follow}")]
    assert answered == [first["id"], second["id"]]
    assert (await stage.document(f"{GROUP}/followers"))["totalItems"] == 3


# quirk 22
async def test_an_undo_of_a_follow_that_nobody_has_seen_ends_the_membership(stage) -> None:
    bob = stage.threads().member("bob")
    for kind in ("Follow", ["Follow"]):
        await stage.join(bob)
        await stage.send(bob, bob.act("Undo", bob.follow() | {"type": kind}))
        assert (await stage.ours.members())["bob@l.example"] == "left"


# quirk 23
async def test_an_undo_that_names_the_follow_by_its_id_ends_the_membership(stage) -> None:
    ann = stage.microblog().member("ann")
    follow = ann.follow()
    await stage.send(ann, follow)
    await stage.send(ann, ann.act("Undo", follow["id"]))
    assert (await stage.ours.members())["ann@m.example"] == "left"


# quirk 24
@pytest.mark.parametrize("by_id", [False, True], ids=["embedded", "by-id"])
async def test_an_undo_of_somebody_elses_follow_is_ignored(stage, by_id) -> None:
    ann = stage.microblog().member("ann")
    eve = stage.microblog("evil.example").member("eve")
    follow = ann.follow()
    await stage.send(ann, follow)
    await stage.join(eve)
    await stage.send(eve, eve.act("Undo", follow["id"] if by_id else follow))
    members = await stage.ours.members()
    assert (members["ann@m.example"], members["eve@evil.example"]) == ("member", "member")
    assert (await stage.last()).startswith("ignored")


# quirk 25
async def test_a_group_that_follows_is_no_member_and_hears_nothing(stage) -> None:
    threads = stage.threads()
    cats = threads.member("cats", kind="Group")
    await stage.send(cats, cats.follow())
    assert "cats@l.example" not in await stage.ours.members()
    assert threads.kinds() == []


# quirk 25
async def test_a_follow_in_the_name_of_our_own_group_is_refused(stage) -> None:
    eve = stage.microblog("evil.example").member("eve")
    follow = eve.follow() | {"id": f"{GROUP}/follow/1", "actor": GROUP}
    assert await stage.send(eve, follow) == 401


# quirk 26
@pytest.mark.parametrize("move", ["remove", "ban"])
async def test_whoever_is_put_out_gets_a_reject_of_the_follow_that_was_accepted(
    stage, move
) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    follow = ann.follow()
    await stage.send(ann, follow)

    async def put_out() -> None:
        actor = await lookup.person(ann.handle)
        hosted = await lookup.hosted_named("welders")
        async with storage.transaction():
            ended = getattr(membership, move)
            await publish(await ended(stage.ours.wire, hosted.group, actor, "spam"))

    await stage.ours.run(put_out)
    await stage.settle()
    (reject,) = microblog.came("Reject{Follow}")
    assert reject["object"]["id"] == follow["id"]
    stage.forget()
    await stage.ours.write("olga", "After they left.")
    await stage.settle()
    assert microblog.kinds() == []


# quirk 27
async def test_a_banned_actor_who_follows_again_is_answered_with_a_reject(stage) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)

    async def ban() -> None:
        actor = await lookup.person(ann.handle)
        await Member.filter(actor_id=actor.id).update(state="banned", reason="spam")

    await stage.ours.run(ban)
    again = ann.follow()
    await stage.send(ann, again)
    (reject,) = microblog.came("Reject{Follow}")
    assert reject["object"]["id"] == again["id"]
    assert (await stage.ours.members())["ann@m.example"] == "banned"


# quirk 62
async def test_a_block_of_the_group_by_a_person_is_leaving_it(stage) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)
    assert await stage.send(ann, ann.act("Block", GROUP)) == 202
    assert (await stage.ours.members())["ann@m.example"] == "left"
    assert microblog.kinds() == []


async def test_leaving_in_the_manner_of_smithereen_is_understood(stage) -> None:
    ann = stage.microblog("s.example", "smithereen").member("ann")
    await stage.send(ann, ann.follow() | {"type": "Join"})
    await stage.send(ann, ann.act("Leave", GROUP))
    assert (await stage.ours.members())["ann@s.example"] == "left"


async def test_pixelfed_and_misskey_come_back_with_the_id_of_their_first_follow(stage) -> None:
    microblog = stage.microblog("k.example", "misskey")
    kim = microblog.member("kim")
    follow = kim.follow()
    await stage.send(kim, follow)
    await stage.send(kim, kim.act("Undo", follow))
    await stage.send(kim, follow)
    assert (await stage.ours.members())["kim@k.example"] == "member"
    assert microblog.kinds() == ["Accept{Follow}", "Accept{Follow}"]


async def test_a_follow_of_a_person_here_is_rejected_and_does_not_hang(stage) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    olga = (await stage.ours.person("olga")).uri
    await stage.send(ann, ann.follow(olga), to=f"{olga}/inbox")
    assert microblog.kinds() == ["Reject{Follow}"]


# What one server says of another's people is nobody's word: groups elsewhere are no exception.
@pytest.mark.parametrize("act", ["Follow", "Undo", "Leave", "Block", "Delete"])
async def test_a_group_elsewhere_does_not_move_anybody_into_or_out_of_a_group_here(
    stage, act
) -> None:
    ann = stage.microblog().member("ann")
    carl = stage.microblog("c.example").member("carl")
    trap = stage.server("evil.example", "lemmy").member("trap", kind="Group")
    await stage.join(ann)
    said = {
        "Follow": carl.follow(),
        "Undo": ann.act("Undo", ann.follow()),
        "Leave": ann.act("Leave", GROUP),
        "Block": ann.act("Block", GROUP),
        "Delete": ann.act("Delete", ann.uri, removeData=True),
    }[act]
    before = await stage.ours.members()
    assert await stage.send(trap, trap.act("Announce", said)) == 202
    assert await stage.ours.members() == before
    assert (await stage.last()).startswith("ignored")
