"""The pages of moderation: the desk of who moderates, decisions about oneself, and the ledger."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from federation import storage
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.accounts.people import person_named
from fedigroups.groups import founding, joining, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.moderation.models import Decision
from fedigroups.web import words
from guests import Guest, House, hidden

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

DESK, LEDGER = "/groups/welders/moderation", "/groups/welders/ledger"


@dataclass
class Room:
    """The group of the welders, where every post waits, and one of Tom's that does."""

    house: House
    post: Post

    async def decide(self, guest: Guest, **said: str) -> int:
        """What the desk answers to who decides on it."""
        answer = await guest.fill(DESK, **said)
        return answer.status_code


@pytest.fixture
async def room(house: House) -> Room:
    wire = house.instance.wire
    await house.settle("tom")
    olga, tom = await person_named(wire, "olga"), await person_named(wire, "tom")
    rules = "Be kind.\nNo <ads>."
    profile = Profile(title="Welders", rules=rules, approve="everyone")
    hosted = await founding.found(wire, "welders", olga, profile)
    await joining.join(wire, tom, hosted.actor)
    post = await speaking.write(wire, tom, hosted.group, Text("Buy *sesame* rods", "Rods"))
    return Room(house, post)


async def test_moderators_alone_have_a_desk(room: Room) -> None:
    async with room.house.guest() as stranger, room.house.guest() as tom:
        assert (await stranger.get(DESK)).headers["location"].startswith("/login")
        await tom.sign_in("tom")
        assert (await tom.get(DESK)).status_code == 404
    async with room.house.guest() as olga:
        await olga.sign_in()
        shown = await olga.get(DESK)
        assert "<em>sesame</em>" in shown.text
        assert "No &lt;ads&gt;." in shown.text
        assert (await olga.get("/groups/nobody/moderation")).status_code == 404


async def test_a_post_is_refused_on_the_desk_and_its_author_reads_why_and_appeals(
    room: Room,
) -> None:
    async with room.house.guest() as olga, room.house.guest() as tom:
        await olga.sign_in()
        await tom.sign_in("tom")
        number = str(room.post.id)
        said = {"post": number, "decision": "refuse"}
        refused = await olga.fill(DESK, **said, text="It is an <ad>.")
        assert refused.status_code == 422
        assert "It is an &lt;ad&gt;.</textarea>" in refused.text
        assert "Choose the rule that it is about." in refused.text
        assert await room.decide(olga, **said, rule="2", text="It <sells>.") == 303
        assert "Nothing waits." in (await olga.get(DESK)).text
        shown = (await tom.get("/settings/decisions")).text
        assert "It &lt;sells&gt;." in shown
        assert "rule 2 of the group: No &lt;ads&gt;." in shown
        assert f'href="/posts/{room.post.id}/edit"' in shown
        edited = await tom.fill(f"/posts/{room.post.id}/edit", title="Rods", text="Which rods?")
        assert edited.headers["location"] == "/settings/decisions"
        assert "Which rods?" in (await olga.get(DESK)).text
        (decision,) = await Decision.filter(kind="refuse")
        await tom.fill("/settings/decisions", decision=str(decision.id), text="I do not.")
        assert "I do not." in (await olga.get(DESK)).text
        number = re.findall(r'name="appeal" value="(\d+)"', (await olga.get(DESK)).text)[0]
        answer = {"appeal": number, "decision": "overturn", "text": "You are right."}
        assert await room.decide(olga, **answer) == 303
        assert (await Post.get(id=room.post.id)).state == "live"
        assert "The decision was taken back." in (await tom.get("/settings/decisions")).text


async def test_nobody_appeals_against_what_was_decided_about_another(room: Room) -> None:
    async with room.house.guest() as olga:
        await olga.sign_in()
        await room.decide(
            olga, post=str(room.post.id), decision="refuse", rule="2", text="It sells."
        )
        (decision,) = await Decision.filter(kind="refuse")
        assert (await olga.get("/settings/decisions")).text.count("It sells.") == 0
        sent = {"decision": str(decision.id), "text": "No."}
        shown = await olga.get("/settings/password")
        token = re.findall(r'name="form_token" value="([^"]+)"', shown.text)[0]
        refused = await olga.post("/settings/decisions", sent | {"form_token": token})
        assert refused.status_code == 422


async def test_the_ledger_tells_everybody_how_strict_and_fast_it_is_and_names_nobody_refused(
    room: Room,
) -> None:
    async with room.house.guest() as olga, room.house.guest() as reader:
        await olga.sign_in()
        number = str(room.post.id)
        await room.decide(olga, post=number, decision="refuse", rule="2", text="It <sells>.")
        shown = (await reader.get(LEDGER)).text
        assert "It &lt;sells&gt;." in shown
        assert "Rule 2: No &lt;ads&gt;." in shown
        assert "Rule 2: No &lt;ads&gt;. (1)" in shown
        told = (await reader.get(f"{LEDGER}.json")).json()
        assert told["figures"]["refused"] == told["figures"]["received"] == 1
        assert [one["kind"] for one in told["decisions"]] == ["refuse"]
        assert (told["decisions"][0]["person"], told["decisions"][0]["post"]) == (None, None)
        listed = await reader.get(LEDGER, Accept=ACTIVITY_JSON)
        document = listed.json()
        assert listed.headers["content-type"] == ACTIVITY_JSON
        assert document["type"] == "OrderedCollection"
        assert document["orderedItems"][0]["type"] == "Reject"
        feed = (await reader.get(f"{LEDGER}/feed.atom")).text
        for text in (shown, json.dumps(told), json.dumps(document), feed):
            assert "tom@" not in text
            assert "sesame" not in text
            assert room.post.uri not in text
        await room.decide(olga, post=number, decision="accept")
        told = (await reader.get(f"{LEDGER}.json")).json()
        assert told["decisions"][0]["person"] == "tom@groups.example"
        assert told["decisions"][0]["post"] == room.post.uri
        await storage.execute("UPDATE post SET state = 'deleted' WHERE id = ?", room.post.id)
        assert room.post.uri not in (await reader.get(f"{LEDGER}.json")).text


async def test_whoever_is_muted_reads_of_it_among_notifications_and_until_when(room: Room) -> None:
    toms = await Member.get(actor_id=room.post.author_id)
    async with room.house.guest() as olga, room.house.guest() as tom:
        await olga.sign_in()
        await tom.sign_in("tom")
        page = f"/groups/welders/members/{toms.id}"
        await olga.fill(page, act="mute", reason="Too loud", days="2")
        until = words.exact((await Member.get(id=toms.id)).muted_until)
        shown = (await tom.get("/notifications")).text
        assert "The hosts of <bdi>Welders</bdi> decided something about you" in shown
        assert '<span class="bell-number">2</span>' in shown
        for path in ("/groups/welders", "/groups/welders/new"):
            assert f"write nothing until {until}:" in (await tom.get(path)).text, path
        await tom.post("/notifications", hidden(await tom.get("/notifications")))
        assert "decided something" not in (await tom.get("/notifications")).text


async def test_the_desk_says_that_a_decision_was_taken(room: Room) -> None:
    async with room.house.guest() as olga:
        await olga.sign_in()
        done = await olga.fill(DESK, post=str(room.post.id), decision="accept")
        assert "It is decided" in (await olga.get(done.headers["location"])).text


async def test_hosts_remove_a_post_and_lock_its_thread_on_the_page_of_the_post(room: Room) -> None:
    page = f"/posts/{room.post.id}"
    async with room.house.guest() as olga, room.house.guest() as tom:
        await olga.sign_in()
        await tom.sign_in("tom")
        here = {"post": str(room.post.id)}
        assert await room.decide(olga, **here, decision="accept") == 303
        assert "As a host of the group" not in (await tom.get(page)).text
        assert "Remove the post" in (await olga.get(page)).text
        assert await room.decide(olga, **here, decision="lock", text="Enough.") == 303
        assert "Open the thread again" in (await olga.get(page)).text
        assert await room.decide(olga, **here, decision="unlock") == 303
        assert await room.decide(olga, **here, decision="remove") == 422
        assert await room.decide(olga, **here, decision="remove", rule="2", text="An ad.") == 303
        assert (await Post.get(id=room.post.id)).state == "removed"
        assert "An ad." in (await tom.get("/settings/decisions")).text
        assert "Show it again" in (await olga.get(page)).text
        assert await room.decide(olga, **here, decision="restore") == 303
    assert (await Post.get(id=room.post.id)).state == "live"
    async with room.house.guest() as tom:
        await tom.sign_in("tom")
        sent = hidden(await tom.get(page)) | here | {"decision": "lock", "text": "Mine."}
        assert (await tom.post(DESK, sent)).status_code == 404
