"""Who may do what: nobody changes, ends, undoes or answers what is another's."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock, storage
from federation.vocabulary import PUBLIC
from fedigroups.groups import founding, lookup, membership
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group
from fedigroups.notify.models import Notification
from neighbour import rsa
from servers import GROUP, Member
from trials import Scene

pytestmark = pytest.mark.anyio


def later(document: dict[str, Any], text: str, seconds: int = 60) -> dict[str, Any]:
    """A newer version of a post."""
    return document | {
        "content": f"<p>{text}</p>",
        "updated": clock.rfc3339(clock.now_ms() + seconds * 1_000),
    }


async def content(scene: Scene, uri: str) -> str:
    post = await scene.ours.post(uri)
    assert post is not None
    return str(post.content)


def evil_group(scene: Scene) -> Member:
    """A Group that Eve made; nobody here ever joined it."""
    return scene.evil.member("den", "Group")


def wrapped(group: Member, activity: dict[str, Any]) -> dict[str, Any]:
    return group.act("Announce", activity, to=[PUBLIC], cc=[f"{group.uri}/followers"])


# Update and Delete


async def test_a_stranger_neither_edits_nor_deletes_a_post(scene: Scene) -> None:
    # H090, H091
    note = await scene.post("Mine.")
    eve = scene.eve
    tries = [
        eve.act("Update", later(note, "Eve was here")),
        eve.act("Update", later(note, "Eve was here") | {"attributedTo": eve.uri}),
        eve.act("Update", note["id"]),
        eve.act("Delete", note["id"]),
        eve.act("Delete", {"id": note["id"], "type": "Tombstone"}),
        eve.act("Delete", {"id": note["id"], "type": "Tombstone"}, summary="spam"),
        eve.act("Delete", f"{scene.vic.uri}/statuses/99"),
    ]
    for activity in tries:
        async with scene.nothing_changes(asks=("h.example",)):
            assert await scene.send(activity) == 202
        assert (await scene.why())[0] == "ignored"
    await scene.still_serves()


async def test_a_neighbour_on_the_same_host_is_not_the_author(scene: Scene) -> None:
    # H090, H091 with H045: one server has many people
    note = await scene.post("Mine.")
    bob = scene.home.member("bob")
    await scene.send(bob.act("Like", f"{GROUP}/threads/0"), bob)
    tries = [
        bob.act("Update", later(note, "Bob's")),
        bob.act("Update", later(note, "Bob's") | {"attributedTo": bob.uri}),
        bob.act("Delete", note["id"]),
    ]
    for activity in tries:
        async with scene.nothing_changes():
            assert await scene.send(activity, bob) == 202
    await scene.still_serves()


async def test_nobody_buries_what_another_has_not_posted_yet(scene: Scene) -> None:
    # H091: an early Delete or Undo is remembered for its own actor alone
    vic, bob = scene.vic, scene.home.member("bob")
    note = vic.note("Not yet sent")
    like = vic.act("Like", (await scene.post())["id"])
    await scene.send(bob.act("Delete", note["id"]), bob)
    await scene.send(bob.act("Undo", like["id"]), bob)
    await scene.send(bob.act("Undo", like | {"actor": bob.uri}), bob)
    assert await scene.send(vic.create(note), vic) == 202
    assert await scene.why() == ("done", "posted in welders")
    await scene.send(like, vic)
    assert await scene.why() == ("done", "like counted")


async def test_a_second_create_changes_nothing(scene: Scene) -> None:
    # H110
    note = await scene.post("First.")
    again = scene.vic.create(note | {"content": "<p>Second.</p>"}) | {"id": f"{note['id']}/again"}
    async with scene.nothing_changes():
        assert await scene.send(again, scene.vic) == 202
    assert await content(scene, note["id"]) == "<p>First.</p>"
    theft = scene.eve.create(note | {"attributedTo": scene.eve.uri})
    async with scene.nothing_changes(asks=("h.example",)):
        assert await scene.send(theft | {"id": f"{scene.eve.uri}/c/1"}) == 202
    await scene.still_serves()


async def test_what_is_deleted_stays_deleted(scene: Scene) -> None:
    # H112
    vic = scene.vic
    note = await scene.post("Soon gone.")
    await scene.send(vic.act("Delete", note["id"]), vic)
    async with scene.nothing_changes():
        await scene.send(vic.act("Update", later(note, "back")), vic)
        await scene.send(vic.create(note) | {"id": f"{note['id']}/again"}, vic)
    early = vic.note("Deleted before it came")
    await scene.send(vic.act("Delete", early["id"]), vic)
    async with scene.nothing_changes(but=("thread", "post")):
        await scene.send(vic.create(early), vic)
        await scene.send(vic.act("Update", later(early, "back")), vic)
    place = await scene.ours.post(early["id"])
    assert place is not None
    assert (place.state, place.content, place.thread.visible) == ("deleted", "", False)
    await scene.still_serves()


async def test_an_edit_goes_only_forward(scene: Scene) -> None:
    # H060
    note, vic = await scene.post("One."), scene.vic
    await scene.send(vic.act("Update", later(note, "Three.", 120)), vic)
    async with scene.nothing_changes():
        await scene.send(vic.act("Update", later(note, "Two.", 60)), vic)
    assert await content(scene, note["id"]) == "<p>Three.</p>"


async def test_an_edit_cannot_show_everybody_what_is_meant_for_a_few(scene: Scene) -> None:
    # H221: an Update may narrow the audience of a post
    note, vic = await scene.post("For all."), scene.vic
    private = later(note, "For friends.") | {"to": [f"{vic.uri}/followers"], "cc": [GROUP]}
    async with scene.nothing_changes():
        await scene.send(vic.act("Update", private, to=private["to"], cc=private["cc"]), vic)
    assert await content(scene, note["id"]) == "<p>For all.</p>"


async def test_a_profile_is_changed_by_its_own_actor_and_read_at_its_origin(scene: Scene) -> None:
    # H113, H014
    vic, eve = scene.vic, scene.eve
    forged = scene.home.person("vic") | {"name": "Eve", "publicKey": {"id": "x", "owner": vic.uri}}
    den = evil_group(scene)
    await scene.send(den.act("Like", "https://evil.example/x"), den)
    for who, activity in (
        (eve, eve.act("Update", forged)),
        (den, wrapped(den, vic.act("Update", forged))),
    ):
        async with scene.nothing_changes():
            assert await scene.send(activity, who) == 202
    async with scene.nothing_changes(asks=("h.example",)):
        assert await scene.send(vic.act("Update", forged), vic) == 202
    assert await scene.why() == ("done", "vic@h.example was read anew")
    await scene.still_serves()


# Undo, Follow, Accept, Reject


async def test_nobody_takes_back_what_another_did(scene: Scene) -> None:
    # H093, H094
    vic, eve = scene.vic, scene.eve
    note = await scene.post()
    like = vic.act("Like", note["id"])
    await scene.send(like, vic)
    followed = vic.follow()
    await scene.send(followed, vic)
    await scene.send(eve.follow())  # what she takes back in Vic's name is not hers either
    await scene.send(eve.act("Like", note["id"]))
    tries = [
        eve.act("Undo", followed),
        eve.act("Undo", followed["id"]),
        eve.act("Undo", like),
        eve.act("Undo", like["id"]),
        eve.act("Undo", [like, followed]),
        eve.act(
            "Undo", {"type": "Announce", "id": f"{GROUP}/b", "actor": GROUP, "object": note["id"]}
        ),
        eve.act("Leave", vic.uri),
    ]
    for activity in tries:
        async with scene.nothing_changes():
            assert await scene.send(activity) == 202
    bob = scene.home.member("bob")  # who lives on the same host as Vic
    async with scene.nothing_changes(but=("actor", "key", "tombstone"), asks=("h.example",)):
        await scene.send(bob.act("Undo", like["id"]), bob)
        await scene.send(bob.act("Undo", followed["id"]), bob)
    assert (await scene.ours.members())["vic@h.example"] == "member"
    await scene.still_serves()


async def test_no_group_elsewhere_speaks_for_people(scene: Scene) -> None:
    # H100 and its family: what a group reports makes nobody join, leave, ban, move or end
    vic, den = scene.vic, evil_group(scene)
    bob = scene.home.member("bob")
    await scene.send(bob.act("Like", f"{GROUP}/threads/0"), bob)
    note = await scene.post()
    like = vic.act("Like", note["id"])
    await scene.send(like, vic)
    await make_moderator(scene, vic)
    reported = [
        bob.follow(),
        bob.act("Join", GROUP),
        vic.act("Leave", GROUP),
        vic.act("Block", GROUP),
        vic.act("Block", bob.uri, target=GROUP),
        vic.act("Undo", vic.follow()),
        vic.act("Undo", f"{vic.uri}/follow/1"),
        vic.act("Undo", like),
        vic.act("Undo", like["id"]),
        vic.act("Delete", vic.uri),
        vic.act("Delete", vic.uri, removeData=True),
        vic.act("Delete", note["id"]),
        vic.act("Update", later(note, "the den's words")),
        vic.act("Flag", [note["id"]], content="spam"),
        vic.act("Announce", note["id"]),
        bob.act("Like", note["id"]),
        bob.act("Dislike", note["id"]),
        bob.create(bob.note("said Bob")),
        bob.create(bob.note("so he answered", reply_to=note["id"])),
        vic.act("Move", vic.uri, target=scene.eve.uri),
    ]
    await scene.send(wrapped(den, den.act("Listen", "https://evil.example/x")), den)
    for activity in reported:
        async with scene.nothing_changes():
            assert await scene.send(wrapped(den, activity), den) == 202, activity["type"]
        assert (await scene.why())[0] == "ignored", activity
    async with scene.nothing_changes():
        assert await scene.send(den.act("Announce", reported), den) == 202
    await scene.still_serves()


async def found_potters(scene: Scene) -> None:
    olga = await lookup.person("olga")
    await founding.found(scene.ours.wire, "potters", olga, Profile(title="Potters"))


async def make_moderator(scene: Scene, member: Member, name: str = "welders") -> None:
    async def work() -> None:
        group = await Group.get(name=name)
        async with storage.transaction():
            await membership.appoint(group, await lookup.person(member.uri), "moderator")

    await scene.ours.run(work)


async def asked_to_join_a_club(scene: Scene) -> tuple[Member, dict[str, Any]]:
    """Tom asked to be in a group at h.example; the club, and his Follow."""
    club = scene.home.member("club", "Group")
    assert await scene.ours.join("tom", f"@{club.handle}") == "asked"
    await scene.settle()
    return club, next(one.document for one in scene.home.inbox if one.kind == "Follow")


async def state_of_tom(scene: Scene) -> str:
    return (await scene.ours.members("@club@h.example"))["tom@groups.example"]


async def test_only_the_group_that_was_asked_answers(scene: Scene) -> None:
    # H095, H096, H097, H098
    club, follow = await asked_to_join_a_club(scene)
    for kind in ("Accept", "Reject"):
        for what in (follow, follow["id"], follow | {"object": scene.eve.uri}):
            async with scene.nothing_changes():
                await scene.send(scene.eve.act(kind, what))
                await scene.send(scene.vic.act(kind, what), scene.vic)
    never = {"id": f"{GROUP}/never", "type": "Follow", "actor": follow["actor"]}
    never["object"] = f"{club.uri}x"
    async with scene.nothing_changes():
        await scene.send(club.act("Accept", never), club)
        await scene.send(club.act("Accept", never["id"]), club)
    den = evil_group(scene)
    async with scene.nothing_changes(but=("actor", "key"), asks=("evil.example", "h.example")):
        await scene.send(wrapped(den, club.act("Accept", follow)), den)
    assert await state_of_tom(scene) == "asked"
    await scene.send(club.act("Accept", follow), club)
    assert await state_of_tom(scene) == "member"
    async with scene.nothing_changes(but=("actor", "key")):
        await scene.send(scene.eve.act("Reject", follow))
        await scene.send(wrapped(den, club.act("Reject", follow)), den)
    await scene.send(club.act("Reject", follow), club)
    assert await state_of_tom(scene) == "removed"
    async with scene.nothing_changes():
        await scene.send(club.act("Accept", follow), club)


async def test_only_its_author_allows_or_forbids_a_boost_that_waits(scene: Scene) -> None:
    # H095, H098, H117: GoToSocial's `canAnnounce`; the stamp is where its author is
    vic, eve = scene.vic, scene.eve
    await scene.send(eve.follow())
    note = vic.note("Ask me first.", interactionPolicy={"canAnnounce": {"automaticApproval": []}})
    await scene.send(vic.create(note), vic)
    boost = scene.home.came("Announce")[-1]
    approval = f"{vic.uri}/approvals/1"
    async with scene.nothing_changes():
        await scene.send(eve.act("Accept", boost["id"], result=f"{eve.uri}/approvals/1"))
        await scene.send(eve.act("Reject", boost["id"]))
        for result in (None, "", f"{eve.uri}/approvals/1"):
            await scene.send(vic.act("Accept", boost["id"], result=result), vic)
    assert scene.evil.kinds() == ["Accept{Follow}"]
    await scene.send(vic.act("Accept", boost["id"], result=approval), vic)
    assert scene.evil.came("Announce")[-1]["approvedBy"] == approval


async def test_a_follow_id_is_one_persons_for_one_group(scene: Scene) -> None:
    # H114
    vic, bob = scene.vic, scene.home.member("bob")
    first = vic.follow()
    await scene.send(first, vic)
    async with scene.nothing_changes(but=("actor", "key"), asks=("h.example",)):
        await scene.send(bob.follow(id=first["id"]), bob)
    other = vic.act("Follow", "https://groups.example/users/olga", id=first["id"])
    async with scene.nothing_changes():
        await scene.send(other, vic)
    assert "bob@h.example" not in await scene.ours.members()


# Announce


async def test_the_text_of_an_announced_post_is_that_of_its_origin(scene: Scene) -> None:
    # H099, H100
    club, follow = await asked_to_join_a_club(scene)
    await scene.send(club.act("Accept", follow), club)
    note = scene.vic.note("True words", group=club.uri)
    lie = note | {"content": "<p>A lie</p>"}
    await scene.send(wrapped(club, lie), club)
    assert await content(scene, note["id"]) == "<p>True words</p>"
    second = scene.vic.note("True again", group=club.uri)
    await scene.send(wrapped(club, scene.vic.create(second | {"content": "<p>A lie</p>"})), club)
    assert await content(scene, second["id"]) == "<p>True again</p>"
    gone = scene.vic.note("Never served", group=club.uri)
    scene.home.answer(f"/users/vic/statuses/{gone['id'].rpartition('/')[2]}", 404)
    for activity in (gone, scene.vic.create(gone)):
        await scene.send(wrapped(club, activity), club)
    stolen = scene.vic.note("Not Eve's", group=club.uri)
    eves = scene.eve.create(stolen | {"attributedTo": scene.eve.uri})
    await scene.send(wrapped(club, eves), club)
    await scene.send(wrapped(club, scene.eve.create(stolen)), club)
    assert await scene.ours.post(gone["id"]) is None
    assert await scene.ours.post(stolen["id"]) is None


async def test_a_group_counts_votes_on_its_own_posts_alone(scene: Scene) -> None:
    # H102
    club, follow = await asked_to_join_a_club(scene)
    await scene.send(club.act("Accept", follow), club)
    note = await scene.post()
    voters = [scene.home.member(f"voter{number}") for number in range(5)]
    async with scene.nothing_changes(but=("actor", "key"), asks=("h.example",)):
        votes = [voter.act("Like", note["id"]) for voter in voters]
        await scene.send(club.act("Announce", votes), club)
        undone = [voter.act("Undo", vote) for voter, vote in zip(voters, votes, strict=True)]
        await scene.send(club.act("Announce", undone), club)
    await scene.still_serves()


async def test_a_vote_that_a_group_reports_twice_does_not_stop_its_undo(scene: Scene) -> None:
    # H102, H094: one id for two posts of the group that reports it
    club, follow = await asked_to_join_a_club(scene)
    await scene.send(club.act("Accept", follow), club)
    notes = [scene.vic.note(f"Number {number}", group=club.uri) for number in range(2)]
    vote = scene.vic.act("Like", notes[0]["id"])
    for note in notes:
        await scene.send(wrapped(club, scene.vic.create(note)), club)
        await scene.send(wrapped(club, vote | {"object": note["id"]}), club)
    await scene.send(scene.vic.act("Undo", vote["id"]), scene.vic)
    assert await scene.why() == ("done", "taken back")


async def test_announces_in_announces_end(scene: Scene) -> None:
    # H103
    den, note = evil_group(scene), await scene.post()
    await scene.send(den.act("Like", "https://evil.example/x"), den)
    activity: Any = den.act("Like", note["id"])
    for _ in range(14):
        activity = den.act("Announce", activity)
    async with scene.nothing_changes():
        assert await scene.send(activity, den) == 202
    await scene.still_serves()


async def test_a_boost_of_a_boost_is_not_sent_on(scene: Scene) -> None:
    # H103, H104: nothing that anybody announces is announced by the group
    note = await scene.post()
    async with scene.nothing_changes(but=("reaction", "post")):
        await scene.send(scene.eve.act("Announce", note["id"]))
    async with scene.nothing_changes():
        await scene.send(scene.eve.act("Announce", f"{scene.eve.uri}/announce/1"))
        await scene.send(scene.eve.act("Announce", f"{GROUP}/threads/1"))


# Moderation, moves, policies


async def test_a_moderator_of_another_group_has_no_say(scene: Scene) -> None:
    # H105, H106
    note, eve = await scene.post(), scene.eve
    potters = GROUP.replace("welders", "potters")
    await scene.ours.run(lambda: found_potters(scene))
    for who in (eve, scene.vic):
        await scene.send(who.follow(potters), who)
    await make_moderator(scene, eve, "potters")
    tries = [
        eve.act("Add", eve.uri, target=f"{GROUP}/moderators"),
        eve.act("Add", note["id"], target=f"{potters}/featured"),
        eve.act("Remove", note["id"], target=f"{potters}/outbox"),
        eve.act("Undo", eve.act("Delete", note["id"])),
        eve.act("Remove", note["id"], target=f"{GROUP}/outbox"),
        eve.act("Block", scene.vic.uri, target=GROUP),
        eve.act("Undo", eve.act("Block", scene.vic.uri, target=GROUP)),
        eve.act("Lock", note["id"]),
        eve.act("Delete", note["id"], summary="against the rules"),
    ]
    for activity in tries:
        async with scene.nothing_changes(asks=("h.example",)):
            assert await scene.send(activity) == 202
    await scene.send(eve.act("Block", scene.vic.uri, target=potters))
    assert await scene.why() == ("done", "vic@h.example is banned from potters")
    await scene.still_serves()


async def test_a_moderator_is_judged_by_what_they_are_when_it_is_processed(scene: Scene) -> None:
    # H106
    await make_moderator(scene, scene.vic)
    await scene.send(scene.eve.follow())
    ban = scene.vic.act("Block", scene.eve.uri, target=GROUP, summary="x" * 900_000)
    assert await scene.vic.send(ban) == 202

    async def demote() -> None:
        group = await Group.get(name="welders")
        async with storage.transaction():
            await membership.appoint(group, await lookup.person(scene.vic.uri), "member")

    await scene.ours.run(demote)
    async with scene.nothing_changes():
        pass
    assert await scene.why() == ("ignored", "only a moderator of the group bans from it")
    assert (await scene.ours.members())["eve@evil.example"] == "member"


async def ban_eve(scene: Scene) -> None:
    async def work() -> None:
        group = await Group.get(name="welders")
        async with storage.transaction():
            eve = await lookup.person(scene.eve.uri)
            await membership.ban(scene.ours.wire, group, eve, "spam")

    await scene.ours.run(work)


async def test_the_banned_do_nothing_in_the_group(scene: Scene) -> None:
    # H239
    note, eve = await scene.post(), scene.eve
    await scene.send(eve.follow())
    mine = await scene.post("Eve's.", eve)
    early = eve.note("Fetched as a parent, before the ban")
    answer = scene.vic.note("To Eve", reply_to=early["id"], group="")
    await scene.send(scene.vic.create(answer), scene.vic)
    await ban_eve(scene)
    scene.evil.inbox.clear()
    tries = [
        eve.create(eve.note("again")),
        eve.create(eve.note("an answer", reply_to=note["id"])),
        eve.create(eve.note("to myself", reply_to=mine["id"])),
        eve.create(early),
        eve.act("Update", later(mine, "changed")),
        eve.act("Like", note["id"]),
        eve.act("Announce", note["id"]),
        eve.act("Leave", GROUP),
        eve.act("Undo", eve.follow()),
        eve.act("Block", GROUP),
    ]
    for activity in tries:
        async with scene.nothing_changes(but=("tombstone",), told=eve):
            assert await scene.send(activity) == 202
    scene.evil.inbox.clear()
    await scene.send(eve.follow())
    assert scene.evil.kinds(notes=False) == ["Reject{Follow}"]
    assert (await scene.ours.members())["eve@evil.example"] == "banned"
    await scene.still_serves()


async def test_a_ban_moves_with_the_account_and_says_so(scene: Scene) -> None:
    # H107, H239
    await scene.send(scene.eve.follow())
    await ban_eve(scene)
    await scene.settle()
    new = scene.evil.member("eve2", alsoKnownAs=[scene.eve.uri])
    scene.evil.serve_person("eve", rsa("eve"), movedTo=new.uri)
    await scene.send(scene.eve.act("Move", scene.eve.uri, target=new.uri))
    assert (await scene.why())[0] == "done"
    assert (await scene.ours.members())["eve2@evil.example"] == "banned"
    assert scene.evil.kinds()[-1] == "Create"
    scene.evil.inbox.clear()
    await scene.ours.change(post_policy="anyone")
    await scene.send(new.create(new.note("I am back")), new)  # who writes need not join
    assert (await scene.why())[1].startswith("banned from the group")
    for _ in range(2):
        await scene.send(new.follow(), new)
    assert scene.evil.kinds() == ["Reject{Follow}", "Reject{Follow}"]
    await scene.still_serves()


async def test_a_membership_moves_with_the_account_past_the_approval(scene: Scene) -> None:
    # H107, the honest way
    await scene.ours.change(join_policy="invite")
    new = scene.home.member("victor", alsoKnownAs=[scene.vic.uri])
    scene.home.serve_person("vic", rsa("vic"), movedTo=new.uri)
    await scene.send(scene.vic.act("Move", scene.vic.uri, target=new.uri), scene.vic)
    await scene.send(new.follow(), new)
    members = await scene.ours.members()
    assert (members["vic@h.example"], members["victor@h.example"]) == ("left", "member")


async def test_a_move_needs_both_accounts_and_goes_one_step(scene: Scene) -> None:
    # H107
    vic, eve = scene.vic, scene.eve
    tries = [
        eve.act("Move", vic.uri, target=eve.uri),
        eve.act("Move", eve.uri, target=vic.uri),
        eve.act("Move", eve.uri, target=eve.uri),
        eve.act("Move", eve.uri),
    ]
    for activity in tries:
        async with scene.nothing_changes(asks=("h.example", "evil.example")):
            assert await scene.send(activity) == 202
    new = scene.evil.member("eve2", alsoKnownAs=[eve.uri])  # whom the old one does not name
    async with scene.nothing_changes(but=("actor", "key"), asks=("evil.example",)):
        await scene.send(eve.act("Move", eve.uri, target=new.uri))
    assert await scene.why() == ("ignored", "the two accounts do not name each other")
    scene.evil.serve_person("eve", rsa("eve"), movedTo=vic.uri)
    async with scene.nothing_changes(but=("actor",), asks=("h.example", "evil.example")):
        await scene.send(eve.act("Move", eve.uri, target=vic.uri))
    assert await scene.why() == ("ignored", "the two accounts do not name each other")
    # A -> B -> A: both name each other, nobody ends up twice in the group, nothing goes on for ever
    a = scene.home.member("aa", alsoKnownAs=[scene.home.url("/users/bb")])
    b = scene.home.member("bb", alsoKnownAs=[a.uri])
    scene.home.serve_person("aa", rsa("aa"), movedTo=b.uri, alsoKnownAs=[b.uri])
    scene.home.serve_person("bb", rsa("bb"), movedTo=a.uri, alsoKnownAs=[a.uri])
    await scene.send(a.follow(), a)
    await scene.send(a.act("Move", a.uri, target=b.uri), a)
    await scene.send(b.act("Move", b.uri, target=a.uri), b)
    for who in (b, a, b):
        await scene.send(who.follow(), who)
    members = await scene.ours.members()
    assert (members["aa@h.example"], members["bb@h.example"]) == ("left", "member")
    await scene.still_serves()


async def test_a_group_of_members_takes_posts_of_members(scene: Scene) -> None:
    # H108
    async with scene.nothing_changes(told=scene.eve):
        assert await scene.send(scene.eve.create(scene.eve.note("buy"))) == 202
    assert await scene.why() == (
        "ignored",
        "only members start threads in this group; join it first",
    )
    await scene.still_serves()


async def test_what_is_meant_for_a_few_is_neither_kept_nor_sent_on(scene: Scene) -> None:
    # H221, H108
    vic = scene.vic
    root = await scene.post()
    for to, cc in (([f"{vic.uri}/followers"], [GROUP]), ([GROUP], []), ([], [])):
        for parent in ("", root["id"]):
            note = vic.note("psst", to=to, cc=cc, reply_to=parent)
            async with scene.nothing_changes(told=vic):
                assert await scene.send(vic.create(note), vic) == 202
    await scene.still_serves()


async def test_a_poll_vote_is_no_post(scene: Scene) -> None:
    # H116
    root = await scene.post()
    vote = scene.eve.note("", reply_to=root["id"], name="MIG", content=None)
    async with scene.nothing_changes():
        assert await scene.send(scene.eve.create(vote)) == 202
    await scene.still_serves()


async def test_an_approval_stamp_is_nothing_that_we_have_to_believe(scene: Scene) -> None:
    # H117
    root = await scene.post()
    for kind in ("QuoteRequest", "Accept", "Add"):
        async with scene.nothing_changes():
            await scene.send(scene.eve.act(kind, root["id"], result=f"{scene.eve.uri}/stamp/1"))


async def test_following_and_leaving_again_and_again_ends_where_it_ends(scene: Scene) -> None:
    # H115: each cycle has its one answer, the last word counts, and the group is told of one
    eve = scene.eve
    for _ in range(10):
        follow = eve.follow()
        await eve.send(follow)
        await eve.send(eve.act("Undo", follow))
    await scene.settle()
    assert (await scene.ours.members())["eve@evil.example"] == "left"
    assert scene.evil.kinds() == ["Accept{Follow}"] * 10
    with scene.ours.instance.store.context():
        left = await storage.rows("SELECT inbox FROM subscription WHERE host = 'evil.example'")
        told = await Notification.filter(kind="follow", sender__uri=eve.uri).count()
    assert [row["inbox"] for row in left if "direct" in row["inbox"]] == []
    assert told <= 1
    group = await scene.ours.group()
    assert group.members_count == 3
    await scene.still_serves()


async def test_who_uses_one_id_for_every_follow_can_always_come_and_go(scene: Scene) -> None:
    # H114, H058: Misskey and Pixelfed give every Follow of a group one id, and its Undo too
    eve = scene.eve
    follow = eve.follow()
    undo = eve.act("Undo", follow, id=f"{follow['id']}/undo")
    for _ in range(3):
        await scene.send(follow)
        assert (await scene.ours.members())["eve@evil.example"] == "member"
        await scene.send(undo)
        assert (await scene.ours.members())["eve@evil.example"] == "left"
        await scene.send(undo)
    await scene.still_serves()
