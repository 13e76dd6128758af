"""Reports over servers: who is told what, and by whom."""

from __future__ import annotations

import json

import pytest

from federation import limits
from fedigroups.groups import lookup
from fedigroups.groups.models import Post
from fedigroups.moderation import reporting
from fedigroups.moderation.models import Report
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
