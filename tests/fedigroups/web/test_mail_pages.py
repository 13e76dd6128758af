"""A member writes to the moderators of a group on a page, and is answered by the group."""

from __future__ import annotations

import pytest

from fedigroups.accounts.people import person_named
from fedigroups.groups import founding, joining
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member
from guests import House

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

OWN, DESK = "/groups/welders/mail", "/groups/welders/moderation/mail"


async def test_they_read_each_other_and_nobody_else_reads_them(house: House) -> None:
    wire = house.instance.wire
    await house.settle("tom")
    await house.settle("eva")
    olga, tom, eva = [await person_named(wire, name) for name in ("olga", "tom", "eva")]
    hosted = await founding.found(wire, "welders", olga, Profile(title="Welders"))
    bakers = await founding.found(wire, "bakers", eva, Profile(title="Bakers"))
    for one in (hosted, bakers):
        await joining.join(wire, tom, one.actor)
    async with house.guest() as member, house.guest() as host, house.guest() as other:
        await member.sign_in("tom")
        await host.sign_in()
        await other.sign_in("eva")
        link = f'<a href="{OWN}">Write to the moderators</a>'
        assert link in (await member.get("/groups/welders")).text
        for nobody in (host, other):
            assert link not in (await nobody.get("/groups/welders")).text
        assert (await member.fill(OWN, text="The <sesame>?")).status_code == 303
        assert (await member.fill(OWN, text=" ")).status_code == 422
        assert "1 message" in (await host.get("/notifications")).text
        listed = (await host.get(DESK)).text
        assert "Waits for an answer" in listed
        thread = f"{DESK}?with={tom.id}"
        assert "The &lt;sesame&gt;?" in (await host.get(thread)).text
        sent = {"with": str(tom.id), "text": "It is gone."}
        assert (await host.fill(thread, **sent)).status_code == 303
        assert "1 message" not in (await host.get("/notifications")).text
        assert "wrote to you" in (await member.get("/notifications")).text
        read = (await member.get(OWN)).text
        assert "It is gone." in read
        assert "olga" not in read
        assert "wrote to you" not in (await member.get("/notifications")).text
        assert (await member.get(DESK)).status_code == 404
        assert (await other.get(OWN)).status_code == 404
        assert (await other.get(thread)).status_code == 404
        assert (await other.get(f"/groups/bakers/moderation/mail?with={tom.id}")).status_code == 404
        await Member.filter(actor_id=tom.id, group_id=hosted.group.id).update(state="banned")
        assert link in (await member.get("/groups/welders")).text
        assert (await member.fill(OWN, text="Why am I banned?")).status_code == 303
        assert "Why am I banned?" in (await host.get(thread)).text
        for page in ("/groups/bakers/mail", "/groups/bakers/moderation/mail"):
            assert "sesame" not in (await other.get(page)).text
