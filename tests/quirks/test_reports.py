"""Reports over servers: who is told what, and by whom."""

from __future__ import annotations

import json

import pytest

from federation import limits
from federation.models import Actor
from federation.vocabulary import PUBLIC
from fedigroups.groups import founding, joining, lookup, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Post
from fedigroups.groups.speaking import Text
from fedigroups.moderation import reporting
from fedigroups.moderation.models import ModMail, Report
from fedigroups.moderation.reporting import Complaint
from servers import GROUP

pytestmark = pytest.mark.anyio

MODERATION = "https://groups.example/moderation"


async def test_a_reporter_elsewhere_is_written_to_and_the_reported_and_readers_are_not(
    stage,
) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    stage.forget()
    flag = bob.act("Flag", note["id"], to=GROUP, summary="It <sells>.")
    assert await stage.send(bob, flag) == 202
    assert (microblog.kinds(), threads.kinds()) == ([], [])

    async def settle() -> None:
        olga, report = await lookup.person("olga"), await Report.get()
        await reporting.settle(stage.ours.wire, olga, report, "heed", "Thank you: it was removed.")

    await stage.ours.run(settle)
    await stage.settle()
    assert microblog.kinds() == []
    (told,) = threads.came("Create")
    assert told["to"] == [bob.uri]
    assert "Thank you: it was removed." in told["object"]["content"]


async def test_the_authors_server_is_told_by_ours_and_not_who_reported(stage) -> None:
    microblog = stage.microblog()
    ann = microblog.member("ann")
    await stage.join(ann)
    note = ann.note("Buy rods!")
    await stage.say(ann, note)
    stage.forget()

    async def report() -> None:
        post = await Post.get(uri=note["id"]).select_related("author", "thread__group__actor")
        tom = await lookup.person("tom")
        said = Complaint(person=post.author, posts=[post], text="It sells.", forward=True)
        assert await reporting.report(stage.ours.wire, tom, said)

    await stage.ours.run(report)
    await stage.settle()
    (flag,) = microblog.came("Flag")
    assert (flag["actor"], flag["to"]) == (MODERATION, [ann.uri])
    assert flag["object"] == [ann.uri, note["id"]]
    assert flag["content"] == flag["summary"] == "It sells."
    assert "tom" not in json.dumps(flag)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_same_report_is_kept_once_and_a_flood_of_them_is_not(stage, monkeypatch) -> None:
    monkeypatch.setattr(limits, "REPORTS_A_DAY", 2)
    threads = stage.threads()
    bob = threads.member("bob")
    await stage.join(bob)
    notes = [bob.note(f"Rod {number}") for number in range(3)]
    for note in notes:
        await stage.say(bob, note)
    vic = stage.server("v.example", "lemmy").member("vic")
    for note in (notes[0], *notes):
        await stage.send(vic, vic.act("Flag", note["id"], to=GROUP, summary="No."))

    async def kept() -> int:
        return await Report.all().count()

    assert await stage.ours.run(kept) == 2


async def appoint(stage, *people) -> None:
    """Make members moderators."""

    async def work() -> None:
        group = (await lookup.hosted_named("welders")).group
        for one in people:
            await membership.appoint(group, await lookup.person(one.uri), "moderator")

    await stage.ours.run(work)
    stage.forget()


async def test_moderators_elsewhere_hear_of_a_report_and_no_reader_nor_whom_it_is_about_does(
    stage,
) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    readers = [stage.microblog("n.example"), stage.threads("k.example", "piefed")]
    ann, bob, ben = microblog.member("ann"), threads.member("bob"), threads.member("ben")
    cia, dan = readers[0].member("cia"), readers[1].member("dan")
    await stage.join(ann, bob, ben, cia, dan, *(one.member("eli") for one in readers))
    note = dan.note("Buy rods!")
    await stage.say(dan, note)
    await appoint(stage, ann, bob, ben, dan)
    await stage.send(cia, cia.act("Flag", note["id"], to=GROUP, content="It <sells>."))
    (flag,) = threads.came("Flag")  # one for both, at the inbox of their server
    assert (flag["actor"], flag["to"], flag["object"]) == (MODERATION, [GROUP], note["id"])
    assert (flag["audience"], flag["summary"]) == (GROUP, "It <sells>.")
    (told,) = microblog.came("Create")
    assert (told["to"], told["cc"], told["object"]["inReplyTo"]) == ([ann.uri], [], note["id"])
    assert "It &lt;sells&gt;." in told["object"]["content"]
    assert cia.uri not in json.dumps([flag, told])
    assert [one.kinds() for one in readers] == [[], []]
    for uri in (flag["id"], told["id"], told["object"]["id"]):
        assert (await stage.read(uri)).status_code == 404

    stage.forget()
    await stage.send(cia, cia.act("Flag", note["id"], to=GROUP, content="Again."))
    assert (microblog.kinds(), threads.kinds()) == ([], [])

    reply = ann.note("Remove it.", reply_to=told["object"]["id"], to=[GROUP], cc=[])
    await stage.say(ann, reply)

    async def mails() -> list[str]:
        return [one.text for one in await ModMail.all()]

    assert await stage.ours.run(mails) == ["Remove it."]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_moderators_elsewhere_hear_nothing_of_their_own_report_nor_of_what_stays_here(
    stage,
) -> None:
    microblog, threads = stage.microblog(), stage.threads()
    ann, bob = microblog.member("ann"), threads.member("bob")
    await stage.join(ann, bob)
    await appoint(stage, ann, bob)

    async def write() -> Post:
        tom, group = await lookup.person("tom"), (await lookup.hosted_named("welders")).group
        said = Text("For us.", visibility="members")
        return await speaking.write(stage.ours.wire, tom, group, said)

    post = await stage.ours.run(write)
    await stage.settle()
    stage.forget()
    await report_by(stage, "olga", post.uri)
    assert (microblog.kinds(), threads.kinds()) == ([], [])
    other = await stage.ours.write("tom", "For all.")
    await stage.settle()
    stage.forget()
    await stage.send(bob, bob.act("Flag", other.uri, to=GROUP, summary="No."))
    assert (microblog.kinds(), threads.kinds()) == (["Create"], [])
    stage.forget()
    tom = (await stage.ours.person("tom")).uri
    await stage.send(ann, ann.act("Flag", [tom, GROUP], to=GROUP, content="Rude."))
    assert [one["object"]["type"] for one in threads.came("Create")] == ["ChatMessage"]
    assert threads.kinds() == ["Create"]  # Lemmy reads no Flag of a person


async def report_by(stage, name: str, uri: str, **more) -> int:
    """Somebody here reports a post; the id of the report."""

    async def work() -> int:
        post = await Post.get(uri=uri).select_related("author", "thread__group__actor")
        said = Complaint(person=post.author, posts=[post], text="It sells.", **more)
        return await reporting.report(stage.ours.wire, await lookup.person(name), said)

    made: int = await stage.ours.run(work)
    await stage.settle()
    return made


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_report_that_a_group_elsewhere_announces_is_that_groups_word(stage) -> None:
    home = stage.server("h.example", "lemmy")
    bakers, vic = home.member("bakers", kind="Group"), home.member("vic")
    stranger = stage.server("s.example", "lemmy").member("strangers", kind="Group")

    async def join() -> None:
        tom, actor = await lookup.person("tom"), await stage.ours.wire.directory.actor(bakers.uri)
        await joining.join(stage.ours.wire, tom, actor)

    await stage.ours.run(join)
    await stage.settle()
    (follow,) = home.came("Follow")
    await bakers.send(bakers.act("Accept", follow), to="https://groups.example/inbox")
    page = vic.page("Bread", "Buy bread!", group=bakers.uri)
    wrapped = bakers.act("Announce", vic.create(page), to=[PUBLIC], cc=[])
    await stage.send(bakers, wrapped, to="https://groups.example/inbox")
    assert await stage.ours.post(page["id"]) is not None

    async def kept() -> list[tuple[str, bool, str, int]]:
        rows = []
        for one in await Report.all().order_by("id"):
            reporter = await Actor.get(id=one.reporter_id)
            rows.append((reporter.uri, one.for_staff, one.text, one.group_id))
        return rows

    async def told(by, about: str, number: int) -> list[tuple[str, bool, str, int]]:
        flag = vic.act("Flag", about, to=by.uri, summary=f"No {number}.")
        wrapped = by.act("Announce", flag, to=[PUBLIC], cc=[])
        await stage.send(by, wrapped, to="https://groups.example/inbox")
        found: list[tuple[str, bool, str, int]] = await stage.ours.run(kept)
        return found

    own = (await stage.ours.write("tom", "Rods!")).uri
    group = (await stage.ours.group()).id
    assert await told(stranger, own, 1) == []
    assert await told(stranger, page["id"], 2) == []
    first = (bakers.uri, True, "No 3.", 0)
    assert await told(bakers, page["id"], 3) == [first]
    assert await told(bakers, own, 4) == [first, (bakers.uri, False, "No 4.", group)]
    assert await told(bakers, "https://h.example/users/vic", 5) == [
        *(first, (bakers.uri, False, "No 4.", group))
    ]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_report_stands_before_the_group_of_its_post_or_the_one_that_it_names(stage) -> None:
    ann = stage.microblog().member("ann")

    async def write() -> tuple[str, str]:
        tom = await lookup.person("tom")
        smiths = await founding.found(stage.ours.wire, "smiths", tom, Profile(title="Smiths"))
        made = await speaking.write(stage.ours.wire, tom, smiths.group, Text("Iron!"))
        return made.uri, tom.uri

    iron, tom = await stage.ours.run(write)
    about = (
        *(([tom], GROUP, ["welders"]), ([tom, GROUP], tom, ["welders"])),
        *(([tom], tom, [""]), ([iron], GROUP, ["smiths"]), ([tom, iron], GROUP, ["smiths"])),
    )
    for objects, to, places in about:
        await stage.send(ann, ann.act("Flag", objects, to=to, content="No."))

        async def taken() -> list[str]:
            named = {one.id: one.name for one in await Group.all()}
            found = [named.get(one.group_id, "") for one in await Report.all()]
            await Report.all().delete()
            return found

        assert await stage.ours.run(taken) == places, objects
