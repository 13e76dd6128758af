"""Reports and votes, in every shape: taken from whom they are, and shown to whom they concern."""

from __future__ import annotations

from typing import Any

import pytest

from clients import signed_in
from federation import limits, storage
from fedigroups.groups import lookup, speaking
from fedigroups.groups.models import Post
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.moderation.models import Report
from fedigroups.notify.models import Notification
from servers import GROUP
from trials import Scene
from world import Town

pytestmark = pytest.mark.anyio

OLGA = "https://groups.example/users/olga"
NOTHING: tuple[Any, ...] = (
    *(None, 7, "", "x", {}, [], [[]], [None], [{}], {"id": None}, {"type": "Note"}, True),
    *("https://h.example/users/vic", "https://evil.example/users/eve", "javascript:alert(1)"),
    *(["https://x.example/" + "x" * 3_000], "\x00"),
)
"""What is none of ours, or nothing at all."""
SOMETHING: tuple[Any, ...] = (
    *(OLGA, [OLGA], {"id": OLGA, "type": "Person"}, [OLGA, OLGA], GROUP, [GROUP, OLGA]),
    "https://groups.example/nowhere",
    [OLGA, *(f"https://x.example/{number}" for number in range(5_000))],
)


async def reports(town: Town) -> list[Report]:
    found: list[Report] = await town.run(lambda: Report.all().order_by("id"))
    return found


@pytest.mark.parametrize("kind", ["postgres"])  # the stricter one
async def test_a_flag_in_whatever_shape_is_kept_for_the_staff_or_is_nothing(scene: Scene) -> None:
    # H083, H084, H079, H233: it is told to nobody else, and does nothing to whom it names
    town, eve = scene.ours, scene.eve
    for number, about in enumerate(NOTHING):
        flag = eve.act("Flag", about, id=f"{eve.uri}/flag/{number}", content="spam")
        async with scene.nothing_changes():
            assert await scene.send(flag) in {202, 400}
        assert await reports(town) == []
    for number, about in enumerate(SOMETHING):
        content: Any = ("x" * 100_000, {"a": 1}, None, ["x"], 7, "<script>alert(1)</script>", "", 0)
        flag = eve.act("Flag", about, id=f"{eve.uri}/flag/a{number}", content=content[number])
        async with scene.nothing_changes(but=("report",)):
            assert await scene.send(flag) == 202
    kept = await reports(town)
    assert 0 < len(kept) <= len(SOMETHING)
    assert all(len(one.text) <= limits.REPORT_CHARS for one in kept)
    assert all(len(one.objects) < 100_000 for one in kept)
    await scene.still_serves()


async def test_nobody_reports_in_anothers_name_or_from_where_we_hear_nothing(scene: Scene) -> None:
    # H044, H045, H235, H100: forged, told by a group as another's, and from a blocked host
    town, eve, vic = scene.ours, scene.eve, scene.vic
    flag = eve.act("Flag", [OLGA], content="spam")
    async with scene.nothing_changes(but=("actor", "key"), asks=("evil.example", "h.example")):
        assert await scene.send(flag | {"actor": vic.uri}) in {400, 401, 403}
        den = scene.evil.member("den", "Group")
        announced = vic.act("Flag", [OLGA], content="spam", id=f"{vic.uri}/flag/7")
        assert await scene.send(den.act("Announce", announced), den) == 202
        await town.run(lambda: town.wire.peers.block("evil.example", "spam"))
        assert await scene.send(flag) == 403
    assert await reports(town) == []
    assert await town.run(lambda: Notification.filter(kind="report").count()) == 0


async def asked(town: Town, **more: Any) -> Post:
    """A poll of Tom's."""

    async def work() -> Post:
        tom, group = await lookup.person("tom"), await lookup.any_group("welders")
        return await speaking.write(
            town.wire, tom, group, Text("Which one?", poll=Asked(("MIG", "TIG"), 3_600, **more))
        )

    made: Post = await town.run(work)
    return made


async def counts(town: Town, poll: Post) -> str:
    rows = await town.run(
        lambda: storage.rows("SELECT counts FROM poll WHERE post_id = ?", poll.id)
    )
    return str(rows[0]["counts"])


async def test_a_vote_counts_for_whoever_signed_it_and_once(scene: Scene) -> None:
    # H116, H044, H045, H228: forged, of a stranger, twice, for what is no option, in no poll
    town, vic, eve = scene.ours, scene.vic, scene.eve
    poll, note = await asked(town), await scene.post()
    vote = {"type": "Note", "name": "MIG", "inReplyTo": poll.uri, "attributedTo": eve.uri}
    tries: list[dict[str, Any]] = [
        vote | {"attributedTo": vic.uri},
        vote | {"attributedTo": [eve.uri, vic.uri], "name": "6013"},
        vote | {"attributedTo": f"{eve.home.host}"},
        vote | {"name": "mig "},
        vote | {"name": "x" * 100_000},
        vote | {"name": "\u202eMIG"},
        vote | {"inReplyTo": note["id"]},
        vote | {"inReplyTo": f"{poll.uri}?x"},
        vote | {"inReplyTo": {"id": f"{GROUP}/nowhere"}},
        vote,  # she is no member yet
    ]
    for number, one in enumerate(tries):
        paper = one | {
            "id": f"{eve.uri}#votes/{number}",
            "to": ["https://groups.example/users/tom"],
        }
        before = await counts(town, poll)
        await scene.send(eve.act("Create", paper, id=f"{eve.uri}/vote/{number}", to=paper["to"]))
        assert await counts(town, poll) == before, one
    await scene.send(eve.follow())
    for number in range(3):
        paper = vote | {
            "id": f"{eve.uri}#good/{number}",
            "to": ["https://groups.example/users/tom"],
        }
        await scene.send(eve.act("Create", paper, id=f"{eve.uri}/good/{number}", to=paper["to"]))
    assert await counts(town, poll) == "[1, 0]"
    assert [row for row in await town.outcomes() if row[1] == "failed"] == []


async def test_nobody_elsewhere_says_how_a_poll_of_ours_stands(scene: Scene) -> None:
    # H015, H090: an Update of the Question, by a stranger and by a voter
    town = scene.ours
    poll = await asked(town)
    await scene.settle()
    before = (await town.post(poll.uri)).document  # type: ignore[union-attr]
    options = [{"type": "Note", "name": "MIG", "replies": {"totalItems": 99}}]
    for who in (scene.eve, scene.vic):
        question = {"id": poll.uri, "type": "Question", "attributedTo": who.uri, "oneOf": options}
        for one in (question, question | {"attributedTo": "https://groups.example/users/tom"}):
            async with scene.nothing_changes():
                await scene.send(who.act("Update", one), who)
    assert await counts(town, poll) == "[0, 0]"
    assert (await town.post(poll.uri)).document == before  # type: ignore[union-attr]


POISON: tuple[Any, ...] = (
    *("9" * 5_000, "9" * 19, "9" * 20, "-1", "1e9", "٣", "²", "x", "", True, -1, 2**70, 1.5),
    *([], {}, [[]], [{}], {"a": "b"}, ["1", ["2"]], ["0"] * 500, "x" * 20_000),
)


@pytest.mark.parametrize("kind", ["postgres"])  # the stricter one
async def test_whatever_an_app_says_in_a_report_or_a_vote_is_taken_or_refused(
    scene: Scene,
) -> None:
    # H080, H083, H084, H184: where the account, the post and the poll are there
    town = scene.ours
    poll = await asked(town)
    good = (200, 400, 404, 413, 422)
    async with signed_in(town, "olga") as app:
        tom = await app.account("tom")
        for poison in POISON:
            for name in ("status_ids", "rule_ids", "comment", "category", "forward", "staff"):
                said = {"account_id": tom["id"], name: poison}
                answer = await app.http.post("/api/v1/reports", json=said)
                assert answer.status_code in good, (name, poison, answer.text)
            for path in ("/api/v1/statuses", "/api/v1/accounts"):
                answer = await app.http.get(path, params={"id[]": str(poison)[:6_000]})
                assert answer.status_code in good, (path, poison)
            said = {"status": "@welders Rods?", "media_ids": poison}
            assert (await app.http.post("/api/v1/statuses", json=said)).status_code in good
            asked_for = {"options": poison, "expires_in": poison, "multiple": poison}
            for part in ({"options": poison}, {"options": ["a", "b"]} | asked_for, asked_for):
                said = {"status": "@welders Rods?", "poll": {"expires_in": 300} | part}
                assert (await app.http.post("/api/v1/statuses", json=said)).status_code in good
            if poison not in (True, ["0"] * 500, ["1", ["2"]]):  # those are choices
                votes = f"/api/v1/polls/{poll.id}/votes"
                answer = await app.http.post(votes, json={"choices": poison})
                assert answer.status_code in good[1:], (poison, answer.text)
    assert await counts(town, poll) == "[0, 0]"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_report_and_a_vote_take_the_scope_and_the_sight_of_what_they_are_about(
    scene: Scene,
) -> None:
    # H211, H212: a token that reads; somebody who may not see the post; an app that is nobody
    town = scene.ours
    poll = await asked(town)
    votes, said = f"/api/v1/polls/{poll.id}/votes", {"choices": [0]}
    async with signed_in(town, "olga", scopes=("read",)) as app:
        await app.post(votes, 403, **said)
        await app.post("/api/v1/reports", 403, account_id="1")
    async with signed_in(town) as stranger:
        await stranger.post(votes, 401, **said)
        await stranger.post("/api/v1/reports", 401, account_id="1")
    await town.run(lambda: Post.filter(id=poll.id).update(state="held"))
    async with signed_in(town, "olga", scopes=("write",)) as app:
        await town.run(lambda: storage.execute("UPDATE member SET state = 'left', role = 'member'"))
        await app.post(votes, 404, **said)
        owner = await town.person("tom")
        about = {"account_id": str(owner.id), "status_ids": [str(poll.id)]}
        await app.post("/api/v1/reports", 404, **about)
    assert await counts(town, poll) == "[0, 0]"
    assert await reports(town) == []
