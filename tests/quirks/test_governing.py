"""What moderators elsewhere do in a group here, and what others claim to do."""

from __future__ import annotations

from typing import Any

import pytest

from federation import clock
from federation.vocabulary import PUBLIC
from fedigroups.groups import lookup, membership
from fedigroups.groups.models import Member, Post, Thread
from fedigroups.moderation import expiring
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.kinds import KINDS
from servers import GROUP

pytestmark = pytest.mark.anyio

MODERATORS, FEATURED = f"{GROUP}/moderators", f"{GROUP}/featured"


async def cast(stage):
    """Ann of a microblog, Bob of a thread server who moderates, and Pat who reads."""
    microblog, threads = stage.microblog(), stage.threads()
    other = stage.threads("q.example", "piefed")
    ann, bob, pat = microblog.member("ann"), threads.member("bob"), other.member("pat")
    await stage.join(ann, bob, pat)

    async def work() -> None:
        hosted = await lookup.hosted_named("welders")
        await membership.appoint(hosted.group, await lookup.person(bob.handle), "moderator")

    await stage.ours.run(work)
    note = ann.note("Which rod?")
    await stage.say(ann, note)
    stage.forget()
    return microblog, other, ann, bob, pat, note


def acts(by, about, note: dict[str, Any], person) -> dict[str, dict[str, Any]]:
    """Every act of a moderator, as the thread family writes it."""
    more = {"to": [PUBLIC], "cc": [GROUP], "audience": GROUP, "summary": "Ads."}
    block = by.act("Block", person.uri, target=GROUP, removeData=False, **more)
    lock = by.act("Lock", note["id"], **more)
    delete = by.act("Delete", note["id"], **more)
    made = {
        "lock": lock,
        "unlock": by.act("Undo", lock, **more),
        "pin": by.act("Add", note["id"], target=FEATURED, **more),
        "unpin": by.act("Remove", note["id"], target=FEATURED, **more),
        "appoint": by.act("Add", person.uri, target=MODERATORS, **more),
        "dismiss": by.act("Remove", person.uri, target=MODERATORS, **more),
        "remove": delete,
        "restore": by.act("Undo", delete, **more),
        "take out": by.act("Remove", note["id"], target=f"{GROUP}/outbox", **more),
        "ban": block,
        "unban": by.act("Undo", block, **more),
    }
    return {name: made[name] for name in about}


async def state(stage, note, person) -> tuple[Any, ...]:
    """All that these acts can change."""

    async def look() -> tuple[Any, ...]:
        thread = await Thread.all().first()
        member = await Member.get(actor__uri=person.uri)
        post = await stage.ours.post(note["id"])
        assert thread is not None
        return thread.locked, bool(thread.pinned_at), member.role, member.state, post.state

    found: tuple[Any, ...] = await stage.ours.run(look)
    return found


STORY: tuple[tuple[str, int, Any], ...] = (
    ("lock", 0, True),
    ("unlock", 0, False),
    ("pin", 1, True),
    ("unpin", 1, False),
    ("appoint", 2, "moderator"),
    ("dismiss", 2, "member"),
    ("remove", 4, "removed"),
    ("restore", 4, "live"),
    ("take out", 4, "removed"),
    ("ban", 3, "banned"),
    ("unban", 3, "left"),
)
"""Each act, what of the state it changes, and into what."""


# quirk 66
async def test_a_moderator_elsewhere_governs_and_all_threads_are_told_as_it_came(stage) -> None:
    microblog, other, ann, bob, _, note = await cast(stage)
    for name, place, value in STORY:
        stage.forget()
        (activity,) = acts(bob, [name], note, ann).values()
        await stage.send(bob, activity)
        assert (await state(stage, note, ann))[place] == value, name
        came = [one.document["object"] for one in other.inbox if one.kind == "Announce"]
        assert came == [activity], name
        assert set(microblog.kinds()) <= {"Create", "Undo{Announce}", "Announce", "Reject{Follow}"}
        reasons = [one["object"]["content"] for one in microblog.came("Create")]
        assert any("Ads." in text for text in reasons), name


@pytest.mark.parametrize("who", ["member", "stranger"])
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nobody_else_governs_whatever_they_send(stage, who) -> None:
    _, other, ann, bob, pat, note = await cast(stage)
    if who == "stranger":
        pat = stage.microblog("e.example").member("eve")
    for name in ("lock", "pin", "remove", "ban"):
        await stage.send(bob, *acts(bob, [name], note, ann).values())
    before = await state(stage, note, ann)
    for name, activity in acts(pat, [one for one, _, _ in STORY], note, ann).items():
        stage.forget()
        await stage.send(pat, activity)
        assert await state(stage, note, ann) == before, name
        assert other.kinds() == [], name
        assert (await stage.last()).startswith("ignored"), name


async def test_nobody_takes_back_what_a_moderator_did_by_quoting_it(stage) -> None:
    _, _, ann, bob, pat, note = await cast(stage)
    (lock,) = acts(bob, ["lock"], note, ann).values()
    await stage.send(bob, lock)
    await stage.send(pat, pat.act("Undo", lock))
    assert (await state(stage, note, ann))[0] is True


async def test_a_moderator_of_one_group_is_none_of_another(stage) -> None:
    _, _, ann, bob, _, note = await cast(stage)
    elsewhere = "https://groups.example/groups/smiths"
    for kind in ("Add", "Remove"):
        await stage.send(bob, bob.act(kind, ann.uri, target=f"{elsewhere}/moderators"))
        await stage.send(bob, bob.act(kind, note["id"], target=f"{elsewhere}/featured"))
    assert await state(stage, note, ann) == (False, False, "member", "member", "live")


@pytest.mark.parametrize("field", ["endTime", "expires"])
async def test_a_ban_for_a_time_is_one_in_either_spelling(stage, field) -> None:
    _, _, ann, bob, _, note = await cast(stage)
    (block,) = acts(bob, ["ban"], note, ann).values()
    until = clock.now_ms() // 1_000 * 1_000 + clock.DAY
    await stage.send(bob, block | {field: clock.rfc3339(until), "removeData": True})

    async def look() -> int:
        return (await Member.get(actor__uri=ann.uri)).banned_until

    assert await stage.ours.run(look) == until
    assert (await stage.ours.post(note["id"])).state == "removed"
    wire, ends = stage.ours.wire, []
    for at in (until - clock.SECOND, until + clock.SECOND, until + clock.MINUTE):
        with clock.held(at):
            ends.append(await stage.ours.run(lambda: expiring.lift(wire)))
    assert ends == [0, 1, 0]
    assert (await stage.ours.members())[ann.handle] == "left"


# 63 to 66
# quirks 63, 65
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_moderators_here_do_is_told_to_threads_in_the_forms_that_they_read(
    stage,
) -> None:
    microblog, other, ann, _, _, note = await cast(stage)
    until = clock.now_ms() + clock.DAY

    async def take(verb: str, **more: Any) -> dict[str, Any]:
        stage.forget()

        async def work() -> None:
            post = await Post.get(uri=note["id"]).select_related("author", "thread__group__actor")
            about = {"post": post} if KINDS[verb].subject == "post" else {"person": post.author}
            hosted, olga = await lookup.hosted_named("welders"), await lookup.person("olga")
            said = {"text": "Ads.", "rule": 1 if KINDS[verb].needs_rule else 0} | about | more
            await decide(stage.ours.wire, Act(kind=verb, hosted=hosted, decider=olga, **said))

        await stage.ours.run(work)
        await stage.settle()
        assert not {"Block", "Lock", "Add", "Remove"} & set(microblog.kinds())
        (told,) = [one.document["object"] for one in other.inbox if one.kind == "Announce"]
        return told

    locked = await take("lock")
    assert (locked["type"], locked["object"]) == ("Lock", note["id"])
    unlocked = await take("unlock")
    assert (unlocked["type"], unlocked["object"]["type"]) == ("Undo", "Lock")
    assert unlocked["object"]["object"] == note["id"]
    for verb, kind, target in (
        ("pin", "Add", FEATURED),
        ("unpin", "Remove", FEATURED),
        ("appoint", "Add", MODERATORS),
        ("dismiss", "Remove", MODERATORS),
    ):
        told = await take(verb)
        assert (told["type"], told["target"]) == (kind, target)
        assert told["object"] == (ann.uri if target == MODERATORS else note["id"])
    published = await stage.document(GROUP)
    assert published["featured"] == FEATURED
    assert MODERATORS in {published.get("moderators"), published["attributedTo"]}
    for_a_day = await take("ban", until=until)
    assert (for_a_day["type"], for_a_day["object"], for_a_day["target"]) == (
        "Block",
        ann.uri,
        GROUP,
    )
    assert for_a_day["endTime"] == for_a_day["expires"] == clock.rfc3339(until)
    assert for_a_day["removeData"] is False
    await take("unban")
    for_good = await take("ban")
    assert not {"endTime", "expires"} & for_good.keys()


# Lemmy 1.0 locks single comments, warns people, and says that a report was dealt with
@pytest.mark.parametrize("verb", ["Lock", "Undo", "Warn", "Resolve"])
async def test_an_act_of_lemmy_about_a_reply_moves_neither_its_thread_nor_anybody(
    stage, verb
) -> None:
    microblog, other, ann, bob, _, note = await cast(stage)
    reply = ann.note("1.6 mm.", reply_to=note["id"], group="")
    await stage.say(ann, reply)
    before = await state(stage, note, ann)
    stage.forget()
    more = {"to": [PUBLIC], "cc": [GROUP], "audience": GROUP, "summary": "Off topic."}
    lock, flag = bob.act("Lock", reply["id"], **more), bob.act("Flag", reply["id"], **more)
    said = {
        "Lock": lock,
        "Undo": bob.act("Undo", lock, **more),
        "Warn": bob.act("Warn", reply["id"], **more | {"to": [ann.uri]}),
        "Resolve": bob.act("Resolve", flag, **more | {"to": [GROUP]}),
    }
    assert await stage.send(bob, said[verb]) == 202
    assert await state(stage, note, ann) == before
    assert (await stage.last()).startswith("ignored")
    assert (microblog.kinds(notes=False), other.kinds()) == ([], [])
