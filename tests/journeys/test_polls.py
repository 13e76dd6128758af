"""Polls: made from an app, voted in here and from elsewhere, counted once, and ended once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import drawn
import entities
from clients import App, signed_in
from entities import check
from federation import clock, limits, storage
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.accounts.people import sign_up
from fedigroups.groups import scheduled, tallying
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

STATUSES = "/api/v1/statuses"
ASKED = {"options": ["MIG", "TIG", "Stick"], "expires_in": 3_600}


class Scene:
    """Our group with Tom's app in it, and readers of a microblog and of a thread server."""

    def __init__(self, world: World, town: Town, tom: App) -> None:
        self.world, self.town, self.tom = world, town, tom
        self.microblog = Server.at(world.network, "m.example", "mastodon")
        self.threads = Server.at(world.network, "l.example", "lemmy")
        self.ann, self.bob = self.microblog.member("ann"), self.threads.member("bob")

    async def send(self, person: Member, *activities: dict[str, Any]) -> str:
        """They deliver activities, one after another; the last one's outcome."""
        for activity in activities:
            assert await person.send(activity) == 202
            await self.world.settle()
        _, state, reason = (await self.town.outcomes())[-1]
        return f"{state}: {reason}"

    async def ask(self, **more: Any) -> Any:
        """Tom's poll, as his app is shown it."""
        said = {"status": "@welders Which one?", "poll": ASKED | more}
        made = check(await self.tom.post(STATUSES, **said), entities.STATUS_SEEN)
        await self.world.settle()
        return made

    def paper(self, person: Member, poll: Any, name: str, **more: Any) -> dict[str, Any]:
        """A vote as Mastodon sends it."""
        number = person.next()
        vote = {
            "id": f"{person.uri}#votes/{number}",
            "type": "Note",
            "name": name,
            "attributedTo": person.uri,
            "to": [poll["account"]["uri"]],
            "inReplyTo": poll["uri"],
        } | more
        return person.act("Create", vote, to=vote["to"])

    async def told(self, sql: str = "", *values: object) -> int:
        """What the worker does about polls, after `sql`, and what it leads to."""

        async def work() -> int:
            if sql:
                await storage.execute(sql, *values)
            return await tallying.tell_due(self.town.wire)

        count: int = await self.town.run(work)
        await self.world.settle()
        return count

    async def tally(self) -> int:
        return await self.told("UPDATE poll SET tally_due_at = 1 WHERE tally_due_at > 0")

    async def end(self) -> int:
        return await self.told("UPDATE poll SET ends_at = ?", clock.now_ms() - 1)

    async def poll(self, made: Any) -> Any:
        """How it stands, to Tom."""
        return check(await self.tom.get(f"/api/v1/polls/{made['id']}"), entities.POLL)

    async def votes(self, made: Any) -> list[Any]:
        return [one["votes_count"] for one in (await self.poll(made))["options"]]


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


@pytest.fixture
async def olga(town: Town) -> AsyncIterator[App]:
    async with signed_in(town, "olga") as app:
        yield app


@pytest.fixture
async def scene(world: World, town: Town) -> AsyncIterator[Scene]:
    async with signed_in(town, "tom") as tom:
        made = Scene(world, town, tom)
        await made.send(made.ann, made.ann.follow())
        await made.send(made.bob, made.bob.follow())
        yield made


async def vote(app: App, made: Any, *choices: int, code: int = 200) -> Any:
    return await app.post(f"/api/v1/polls/{made['id']}/votes", code, choices=list(choices))


# From an app


async def test_a_poll_is_made_and_voted_in_once_by_each(scene: Scene, olga: App) -> None:
    made = await scene.ask()
    assert made["poll"]["voted"] is True  # its own author has no vote
    assert made["poll"]["expired"] is False
    voted = check(await vote(olga, made, 1), entities.POLL)
    assert (voted["voted"], voted["own_votes"], voted["voters_count"]) == (True, [1], 1)
    assert [one["votes_count"] for one in voted["options"]] == [0, 1, 0]
    again = await vote(olga, made, 0, code=422)
    assert "already voted" in again["error"]
    assert await scene.votes(made) == [0, 1, 0]


async def test_what_cannot_be_chosen_is_said_plainly(scene: Scene, olga: App) -> None:
    made = await scene.ask()
    for choices, words in (((3,), "does not exist"), ((0, 1), "one option"), ((), "at least one")):
        assert words in (await vote(olga, made, *choices, code=422))["error"]
    own = await vote(scene.tom, made, 0, code=422)
    assert "your own poll" in own["error"]
    await scene.end()
    assert "has ended" in (await vote(olga, made, 0, code=422))["error"]
    assert await scene.votes(made) == [0, 0, 0]


async def test_of_votes_at_the_same_moment_each_person_has_one(scene: Scene, olga: App) -> None:
    made = await scene.ask()
    await scene.town.run(lambda: sign_up(scene.town.wire, "nora", email="", password=""))
    await scene.town.join("nora", "welders")
    there = f"/api/v1/polls/{made['id']}/votes"
    async with signed_in(scene.town, "nora") as nora:
        answers = await asyncio.gather(
            *(app.http.post(there, json={"choices": [n]}) for n in range(3) for app in (olga, nora))
        )
    assert sorted(one.status_code for one in answers) == [200, 200, 422, 422, 422, 422]
    stands = await scene.poll(made)
    assert (sum(await scene.votes(made)), stands["voters_count"]) == (2, 2)


@pytest.mark.parametrize(
    ("poll", "words"),
    [
        ({"options": ["MIG"], "expires_in": 3_600}, "two options"),
        ({"options": [str(n) for n in range(100)], "expires_in": 3_600}, "at most 20"),
        ({"options": ["MIG", "x" * 101], "expires_in": 3_600}, "at most 100 characters"),
        ({"options": ["MIG", " "], "expires_in": 3_600}, "says something"),
        ({"options": ["MIG", "MIG"], "expires_in": 3_600}, "differ"),
        ({"options": ["MIG", "TIG"]}, "expires_in"),
        ({"options": ["MIG", "TIG"], "expires_in": 299}, "300 seconds at least"),
        ({"options": ["MIG", "TIG"], "expires_in": 2_678_401}, "at most 2678400"),
    ],
)
async def test_a_poll_that_nobody_could_use_is_refused_whole(
    scene: Scene, poll: Any, words: str
) -> None:
    refused = await scene.tom.post(STATUSES, 422, status="@welders Which?", poll=poll)
    assert words in refused["error"]
    found = await scene.tom.get(
        f"/api/v1/accounts/{(await scene.tom.account('tom'))['id']}/statuses"
    )
    assert found == []


async def test_a_poll_may_be_as_large_and_as_long_as_the_limits_say(scene: Scene) -> None:
    options = [f"{n:03}".ljust(limits.POLL_OPTION_CHARS, "x") for n in range(limits.POLL_OPTIONS)]
    for seconds in limits.POLL_SECONDS:
        made = await scene.ask(options=options, expires_in=seconds)
        assert [one["title"] for one in made["poll"]["options"]] == options
    for wrong in (
        {"options": [*options, "one more"]},
        {"options": ["MIG", options[0] + "x"]},
        {"expires_in": limits.POLL_SECONDS[0] - 1},
        {"expires_in": limits.POLL_SECONDS[1] + 1},
    ):
        await scene.tom.post(STATUSES, 422, status="@welders Which?", poll=ASKED | wrong)


async def test_no_poll_has_pictures_beside_it(scene: Scene) -> None:
    file = {"file": ("a.jpg", drawn.photo(80, 60), "image/jpeg")}
    upload = await scene.tom.ask("POST", "/api/v2/media", files=file)
    refused = await scene.tom.post(
        STATUSES, 422, status="@welders Which?", poll=ASKED, media_ids=[upload["id"]]
    )
    assert "not both" in refused["error"]


async def test_a_poll_may_be_scheduled_and_is_open_as_long_as_it_was_to_be(scene: Scene) -> None:
    later = {"status": "@welders Which?", "poll": ASKED, "scheduled_at": "2099-01-01T12:00:00Z"}
    kept = await scene.tom.post(STATUSES, **later)
    assert kept["params"]["poll"]["options"] == ASKED["options"]

    async def work() -> None:
        await storage.execute("UPDATE scheduled_post SET due_at = 0")
        await scheduled.say_due(scene.town.wire)

    await scene.town.run(work)
    (found,) = (await scene.tom.get("/api/v2/search", q="has:poll", type="statuses"))["statuses"]
    ends = datetime.fromisoformat(found["poll"]["expires_at"])
    assert timedelta(minutes=55) < ends - datetime.now(UTC) <= timedelta(hours=1)


async def test_several_may_be_chosen_and_counts_may_be_hidden_until_the_end(
    scene: Scene, olga: App
) -> None:
    made = await scene.ask(multiple=True, hide_totals=True)
    await vote(olga, made, 2)
    voted = await vote(olga, made, 0)
    assert (voted["own_votes"], voted["voters_count"]) == ([2, 0], 1)
    assert "already voted" in (await vote(olga, made, 1, 2, code=422))["error"]
    assert await scene.votes(made) == [None, None, None]
    await scene.tally()
    question = await document(scene, made)
    assert [one["replies"]["totalItems"] for one in question["anyOf"]] == [0, 0, 0]
    await scene.end()
    assert await scene.votes(made) == [1, 0, 1]


async def test_an_edit_keeps_the_poll_and_cannot_change_what_was_asked(
    scene: Scene, olga: App
) -> None:
    made = await scene.ask()
    await vote(olga, made, 1)
    path = f"{STATUSES}/{made['id']}"
    edited = await scene.tom.ask("PUT", path, json={"status": "@welders Which one indoors?"})
    assert [one["votes_count"] for one in edited["poll"]["options"]] == [0, 1, 0]
    other = {"options": ["Oxy", "TIG"], "expires_in": 3_600}
    refused = await scene.tom.ask("PUT", path, 422, json={"status": "Which?", "poll": other})
    assert "not changed" in refused["error"]


async def test_both_are_told_once_that_it_ended(scene: Scene, olga: App) -> None:
    made = await scene.ask()
    await vote(olga, made, 1)
    assert await scene.end() == 1
    assert await scene.told() == 0
    for app in (scene.tom, olga):
        found = await app.get("/api/v1/notifications", **{"types[]": ["poll"]})
        assert [one["status"]["id"] for one in found] == [made["id"]]
        check(found[0], entities.NOTIFICATION)
    assert (await scene.poll(made))["expired"] is True


async def test_polls_are_found_by_a_search(scene: Scene) -> None:
    made = await scene.ask()
    await scene.tom.post(STATUSES, status="@welders Which one is no poll?")
    found = await scene.tom.get("/api/v2/search", q="has:poll which", type="statuses")
    assert [one["id"] for one in found["statuses"]] == [made["id"]]


async def test_what_is_for_members_is_no_poll_for_others(scene: Scene, olga: App) -> None:
    made = await scene.tom.post(
        STATUSES, status="@welders Which?", visibility="private", poll=ASKED
    )
    async with signed_in(scene.town) as stranger:
        await stranger.get(f"/api/v1/polls/{made['id']}", 404)
    await vote(olga, made, 0)
    eve = scene.microblog.member("eve")
    outcome = await scene.send(eve, scene.paper(eve, made, "MIG"))
    assert outcome == "ignored: there is no such poll here"


# To and from other servers


async def document(scene: Scene, made: Any) -> dict[str, Any]:
    """The poll as it is served."""
    path = made["uri"].removeprefix("https://groups.example")
    answer = await scene.tom.http.get(path, headers={"Accept": ACTIVITY_JSON})
    found: dict[str, Any] = answer.json()
    return found


async def test_a_poll_leaves_as_a_question_and_reads_in_words_where_there_are_none(
    scene: Scene,
) -> None:
    made = await scene.ask()
    question = await document(scene, made)
    assert question["type"] == "Question"
    assert [one["name"] for one in question["oneOf"]] == ["MIG", "TIG", "Stick"]
    assert {"endTime", "votersCount"} <= question.keys()
    assert "closed" not in question
    assert "Announce" in scene.microblog.kinds()
    (wrapped,) = scene.threads.came("Announce{Create}")
    words = wrapped["object"]["object"]
    assert words["type"] == "Note"
    assert words["id"] == made["uri"]
    assert "<li>MIG</li>" in words["content"]
    assert "- MIG" in words["source"]["content"]
    assert not {"oneOf", "endTime", "votersCount"} & words.keys()


async def test_votes_of_others_are_counted_once_and_are_no_replies(scene: Scene) -> None:
    made = await scene.ask()
    first = scene.paper(scene.ann, made, "TIG")
    assert await scene.send(scene.ann, first) == "done: voted in a poll"
    again = scene.paper(scene.ann, made, "MIG")
    assert "already voted" in await scene.send(scene.ann, again)
    unknown = scene.paper(scene.bob, made, "Oxy")
    assert "does not exist" in await scene.send(scene.bob, unknown)
    eve = scene.microblog.member("eve")
    forged = scene.paper(eve, made, "MIG", attributedTo=scene.bob.uri.replace("l.", "m."))
    assert (await scene.send(eve, forged)).startswith("ignored: a poll vote")
    assert await scene.votes(made) == [0, 1, 0]
    shown = await scene.tom.get(f"{STATUSES}/{made['id']}")
    assert shown["replies_count"] == 0
    late = scene.paper(scene.bob, made, "MIG")
    with clock.held(clock.now_ms() + clock.HOUR):
        assert await scene.send(scene.bob, late) == "ignored: the poll has ended"


async def test_of_several_each_comes_alone_and_counts_once(scene: Scene) -> None:
    made = await scene.ask(multiple=True)
    for name in ("MIG", "TIG", "TIG"):
        await scene.send(scene.ann, scene.paper(scene.ann, made, name))
    poll = await scene.poll(made)
    assert [one["votes_count"] for one in poll["options"]] == [1, 1, 0]
    assert (poll["votes_count"], poll["voters_count"]) == (2, 1)


async def test_whoever_is_banned_has_no_vote(scene: Scene) -> None:
    made = await scene.ask()
    await scene.told("UPDATE member SET state = 'banned', reason = 'sold rods'")
    outcome = await scene.send(scene.ann, scene.paper(scene.ann, made, "MIG"))
    assert outcome.startswith("ignored: banned")


async def test_readers_are_told_how_it_stands_once_for_many_votes(scene: Scene, olga: App) -> None:
    made = await scene.ask()
    await scene.send(scene.ann, scene.paper(scene.ann, made, "TIG"))
    await vote(olga, made, 1)
    scene.microblog.inbox.clear()
    scene.threads.inbox.clear()
    assert await scene.told() == 0  # it waits for more of them
    assert await scene.tally() == 1
    told = {one["id"]: one for one in scene.microblog.came("Update")}
    (update,) = told.values()
    assert update["actor"] == made["account"]["uri"]
    assert update["object"]["oneOf"][1]["replies"]["totalItems"] == 2
    assert update["object"]["votersCount"] == 2
    assert "updated" not in update["object"]
    assert scene.threads.kinds() == []
    await scene.end()
    (ended,) = {one["id"]: one for one in scene.microblog.came("Update")}.keys() - told.keys()
    (last,) = [one for one in scene.microblog.came("Update") if one["id"] == ended][:1]
    assert last["object"]["closed"] == last["object"]["endTime"]
    (words,) = scene.threads.came("Announce{Update}")
    assert "<li>TIG (2)</li>" in words["object"]["object"]["content"]


async def test_a_poll_of_another_server_is_voted_in_by_messages_and_tells_how_it_stands(
    scene: Scene, olga: App
) -> None:
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 4}}
        for name in ("MIG", "TIG")
    ]
    question = scene.ann.note(
        "Which?",
        type="Question",
        anyOf=options,
        votersCount=6,
        endTime=clock.rfc3339(clock.now_ms() + clock.HOUR),
    )
    assert (await scene.send(scene.ann, scene.ann.create(question))).startswith("done")
    (found,) = (await olga.get("/api/v2/search", q="has:poll", type="statuses"))["statuses"]
    assert found["poll"]["voters_count"] == 6
    assert found["poll"]["multiple"] is True
    scene.microblog.inbox.clear()
    await vote(olga, found, 0, 1)
    await scene.world.settle()
    papers = [one["object"] for one in scene.microblog.came("Create")]
    assert sorted(one["name"] for one in papers) == ["MIG", "TIG"]
    for one in papers:
        assert one["inReplyTo"] == question["id"]
        assert one["to"] == [scene.ann.uri]
        assert "content" not in one
    options[0] = options[0] | {"replies": {"type": "Collection", "totalItems": 9}}
    newer = question | {"anyOf": options, "votersCount": 11}
    outcome = await scene.send(scene.ann, scene.ann.act("Update", newer, to=question["to"]))
    assert outcome.startswith("done")
    shown = await olga.get(f"{STATUSES}/{found['id']}")
    assert [one["votes_count"] for one in shown["poll"]["options"]] == [9, 4]
    assert shown["poll"]["own_votes"] == [0, 1]
    assert shown["edited_at"] is None
    await scene.end()
    told = await olga.get("/api/v1/notifications", **{"types[]": ["poll"]})
    assert [one["status"]["id"] for one in told] == [found["id"]]


async def test_of_a_long_poll_elsewhere_so_many_options_are_shown(scene: Scene, olga: App) -> None:
    most = limits.POLL_OPTIONS_ELSEWHERE
    options: list[dict[str, Any]] = [{"name": f"Rod {number}"} for number in range(most + 1)]
    options[0]["replies"] = options[1]["replies"] = {"totalItems": 2**62}
    question = scene.ann.note("Which?", type="Question", oneOf=options, votersCount=2**62)
    await scene.send(scene.ann, scene.ann.create(question))
    (found,) = (await olga.get("/api/v2/search", q="has:poll", type="statuses"))["statuses"]
    assert len(found["poll"]["options"]) == most
    assert found["poll"]["voters_count"] == 2**31 - 1
    assert found["poll"]["expires_at"] is None
