"""Reports as people write them on a page and moderators answer them at the desk."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from fedigroups.accounts.models import Account
from fedigroups.accounts.people import person_named
from fedigroups.groups import founding, joining, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.moderation.models import Report
from guests import Guest, House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

DESK, OWN, STAFF = "/groups/welders/moderation", "/settings/decisions", "/admin/reports"


@dataclass
class Room:
    """The group of the welders, with a post of Tom's, which Eva reports."""

    house: House
    post: Post

    async def report(self, guest: Guest, **said: str) -> int:
        """What somebody is answered who reports the post."""
        answer = await guest.fill(f"/posts/{self.post.id}/report", **said)
        return answer.status_code


@pytest.fixture
async def room(house: House) -> Room:
    wire = house.instance.wire
    await house.settle("tom")
    await house.settle("eva")
    olga, tom = await person_named(wire, "olga"), await person_named(wire, "tom")
    profile = Profile(title="Welders", rules="Be kind.\nNo ads.")
    hosted = await founding.found(wire, "welders", olga, profile)
    await joining.join(wire, tom, hosted.actor)
    post = await speaking.write(wire, tom, hosted.group, Text("Buy *sesame* rods", "Rods"))
    return Room(house, post)


async def test_a_report_reaches_the_desk_and_its_outcome_who_reported_and_nobody_else(
    room: Room,
) -> None:
    async with room.house.guest() as eva, room.house.guest() as olga, room.house.guest() as tom:
        await eva.sign_in("eva")
        await olga.sign_in()
        await tom.sign_in("tom")
        said = {"category": "violation", "rule": "2", "text": "It <sells> 100%."}
        assert await room.report(eva, **said) == 303
        assert "Something waits for you in" in (await olga.get("/notifications")).text
        shown = (await olga.get(DESK)).text
        assert "It &lt;sells&gt; 100%." in shown
        assert "2. No ads." in shown
        assert f'href="/posts/{room.post.id}"' in shown
        assert "eva@groups.example" in shown
        for page in ("/notifications", OWN, f"/posts/{room.post.id}", DESK):
            assert "sells" not in (await tom.get(page)).text
        number = re.findall(r'name="report" value="(\d+)"', shown)[0]
        act = {"report": number}
        assert (await olga.fill(DESK, **act, decision="claim")).status_code == 303
        assert (await olga.fill(DESK, **act, decision="note", text="A spammer?")).status_code == 303
        shown = (await olga.get(DESK)).text
        assert "looks into it" in shown
        assert "A spammer?" in shown
        refused = await olga.fill(DESK, **act, decision="heed")
        assert refused.status_code == 422
        assert "Say what becomes of it: whoever reported it reads that." in refused.text
        answer = await olga.fill(DESK, **act, decision="heed", text="Gone: 100%.")
        assert answer.status_code == 303
        assert "Nobody reports anything." in (await olga.get(DESK)).text
        assert "Something waits" not in (await olga.get("/notifications")).text
        told = (await eva.get(OWN)).text
        assert "Gone: 100%." in told
        assert "A spammer?" not in told
        assert "Something was done about it." in told
        assert "Gone" not in (await tom.get(OWN)).text
        assert "Gone" not in (await tom.get("/groups/welders/ledger")).text


async def test_whom_a_report_is_about_does_not_see_it_at_their_own_desk_and_the_staff_does(
    room: Room,
) -> None:
    await Member.filter(actor_id=room.post.author_id).update(role="moderator")
    await Account.filter(actor__username="olga").update(role="admin")
    async with room.house.guest() as eva, room.house.guest() as olga, room.house.guest() as tom:
        await eva.sign_in("eva")
        await olga.sign_in()
        await tom.sign_in("tom")
        assert await room.report(eva, category="spam", text="It sells.") == 303
        assert await room.report(eva, category="spam", text="It sells.") == 303
        assert await Report.all().count() == 1
        desk = (await tom.get(DESK)).text
        assert "Nobody reports anything." in desk
        assert "Something waits" not in (await tom.get("/notifications")).text
        number = str((await Report.get()).id)
        sent = {"report": number, "decision": "set_aside", "text": "No."}
        assert (await tom.fill(DESK, **sent)).status_code == 404
        assert "It sells." in (await olga.get(STAFF)).text
        assert (await eva.get(STAFF)).status_code == 404
        assert (await olga.fill(STAFF, **sent)).status_code == 303
        assert (await Report.get()).state == "set_aside"


async def test_nobody_reports_what_they_wrote_or_may_not_read(room: Room) -> None:
    async with room.house.guest() as tom, room.house.guest() as eva:
        await tom.sign_in("tom")
        await eva.sign_in("eva")
        refused = await tom.fill(f"/posts/{room.post.id}/report", category="spam", text="<Mine>")
        assert refused.status_code == 422
        assert "&lt;Mine&gt;</textarea>" in refused.text
        assert '<option value="spam" selected>' in refused.text
        await Post.filter(id=room.post.id).update(visibility="members")
        assert (await eva.get(f"/posts/{room.post.id}/report")).status_code == 404
        assert await Report.all().count() == 0
