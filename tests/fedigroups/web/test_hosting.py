"""What hosts do on pages, without scripts."""

from __future__ import annotations

import io
import re

import httpx
import pytest
from PIL import Image

import scenery
from federation import clock
from federation.models import Actor
from fedigroups.groups import lookup, membership, roster
from fedigroups.groups.invitation_models import GroupInvitation
from fedigroups.groups.models import Group, Member, Post, Thread
from fedigroups.models import Act
from fedigroups.moderation.models import Decision
from guests import PASSWORD, Guest, House, hidden
from outbox.models import Activity
from servers import Server

pytestmark = pytest.mark.anyio


async def founded(guest: Guest, **more: str) -> None:
    await guest.sign_in()
    typed = {"name": "welders", "title": "Welders", "language": "en", "join_policy": "approval"}
    made = await guest.fill("/groups/new", **typed | more)
    assert made.headers["location"] == "/groups/welders/settings?done=founded", made.text


async def asks(handle: str = "ann@m.example", **profile: object) -> Member:
    """Somebody elsewhere who asks to join."""
    ann = await scenery.person(handle)
    await Actor.filter(id=ann.id).update(inbox="https://m.example/users/ann/inbox", **profile)
    group = await Group.get(name="welders")
    follow = {"id": f"https://m.example/{ann.id}", "type": "Follow", "actor": ann.uri}
    await membership._move(group, ann, "asked", follow=follow)
    return await Member.get(actor_id=ann.id)


async def test_somebody_makes_a_group_in_one_page_and_owns_it(house: House) -> None:
    async with house.guest() as guest:
        await founded(guest, summary="For **everybody** who joins metal.")
        shown = await guest.get("/groups/welders")
        assert "<strong>everybody</strong>" in shown.text
        assert "Welders" in (await guest.get("/hosting")).text
        again = await guest.fill("/groups/new", name="welders", language="en", join_policy="open")
        assert again.headers["location"].startswith("/groups/welders/")
    assert await Group.all().count() == 1
    member = await Member.get().select_related("actor")
    assert (member.actor.username, member.role) == ("olga", "owner")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": "Two words"}, "name", "lower-case letters"),
        ({"name": "new"}, "name", "reserved"),
        ({"name": "olga"}, "name", "taken"),
        ({"name": "welders", "language": "?"}, "language", "en or pt-BR"),
    ],
)
async def test_a_refused_form_keeps_what_was_typed_and_says_beside_the_field_why(
    house: House, typed: dict[str, str], field: str, said: str
) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        sent = {"title": "Metal & more", "summary": "a < b", "language": "en"} | typed
        refused = await guest.fill("/groups/new", join_policy="open", **sent)
    assert refused.status_code == 422
    problem = refused.text.split(f'id="{field}-problem"')[1].split("</p>")[0]
    assert said in problem
    assert 'value="Metal &amp; more"' in refused.text
    assert "a &lt; b</textarea>" in refused.text


async def test_nobody_makes_more_groups_than_one_person_looks_after(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.GROUPS_PER_OWNER", 1)
    async with house.guest() as guest:
        await founded(guest)
        more = await guest.fill("/groups/new", name="bakers", language="en", join_policy="open")
    assert (more.status_code, "at most 1 group" in more.text) == (422, True)


async def test_a_host_sees_where_who_asks_comes_from_lets_in_and_turns_down(house: House) -> None:
    async with house.guest() as guest:
        await founded(guest)
        ann = await asks(summary="<p>I weld ships.</p>", published_at=scenery.START)
        eve = await asks("eve@evil.example", published_at=0)
        shown = await guest.get("/groups/welders/requests")
        for said in ("I weld ships.", "@ann@m.example", "from evil.example", "does not say"):
            assert said in shown.text
        path, form = "/groups/welders/requests", hidden(shown)
        done = await guest.post(path, form | {"member": str(ann.id), "decision": "approve"})
        assert "They are in." in (await guest.get(done.headers["location"])).text
        refuse = form | {"member": str(eve.id), "decision": "refuse"}
        silent = await guest.post(path, refuse)
        assert (silent.status_code, "a reason is needed" in silent.text) == (422, True)
        await guest.post(path, refuse | {"reason": "Not a welder."})
    states = {row.actor_id: (row.state, row.reason) for row in await Member.exclude(role="owner")}
    assert states == {ann.actor_id: ("member", ""), eve.actor_id: ("refused", "Not a welder.")}
    assert {one.kind for one in await Activity.all()} >= {"Accept", "Reject"}


async def test_a_host_finds_a_member_bans_with_a_reason_and_lifts_the_ban(house: House) -> None:
    async with house.guest() as guest:
        await founded(guest)
        ann = await asks()
        await Member.filter(id=ann.id).update(state="member")
        found = await guest.get("/groups/welders/members?q=@ann@m.ex")
        assert f"/groups/welders/members/{ann.id}" in found.text
        assert "Nobody of that name" in (await guest.get("/groups/welders/members?q=bob")).text
        hosts = (await guest.get("/groups/welders/members?state=hosts")).text
        assert ("Hosts (1)" in hosts, "@olga@" in hosts, "ann@m.ex" in hosts) == (True, True, False)
        page = f"/groups/welders/members/{ann.id}"
        silent = await guest.fill(page, act="ban", reason=" ", days="30")
        assert (silent.status_code, 'name="days" type="number" value="30"' in silent.text) == (
            422,
            True,
        )
        await guest.fill(page, act="ban", reason="Spam", days="30")
        assert (await Member.get(id=ann.id)).state == "banned"
        shown = await guest.get(page)
        assert "Reason: Spam" in shown.text
        assert "<span>until " in shown.text
        await guest.post(page, hidden(shown) | {"act": "unban"})
        assert (await Member.get(id=ann.id)).state == "left"
        assert "<span>until " not in (await guest.get(page)).text


async def test_an_owner_hands_roles_out_and_a_moderator_touches_no_other_host(
    house: House,
) -> None:
    await house.settle("tom")
    async with house.guest() as olga, house.guest() as tom:
        await founded(olga)
        group, person = await Group.get(), await lookup.person("tom")
        await scenery.join(group, person)
        toms = await Member.get(actor_id=person.id)
        page = f"/groups/welders/members/{toms.id}"
        await olga.fill(page, act="appoint")
        await tom.sign_in("tom")
        owner = await Member.get(role="owner")
        mine = f"/groups/welders/members/{owner.id}"
        refused = await tom.fill(mine, act="expel", reason="Mine now")
        assert refused.status_code == 403
        appointed = await tom.fill(page, act="transfer")
        assert appointed.status_code == 403
        assert (await tom.get("/groups/welders/settings/handing-over")).status_code == 403
        over = "/groups/welders/settings/handing-over"
        wrong = await olga.fill(over, step="transfer", heir="tom", current="wrong")
        assert wrong.status_code == 422
        await olga.fill(over, step="transfer", heir="@Tom", current=PASSWORD)
    roles = {row.actor_id: row.role for row in await Member.all()}
    assert roles == {person.id: "owner", owner.actor_id: "moderator"}


async def test_a_group_is_handed_to_somebody_of_it_whom_the_owner_chooses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = "/groups/welders/settings/handing-over"
    async with house.guest() as olga:
        await founded(olga)
        assert "Nobody else who has an account here" in (await olga.get(over)).text
        group = await Group.get()
        for name, role in {"ada": "member", "tom": "member", "zoe": "moderator"}.items():
            await house.settle(name)
            await scenery.join(group, await Actor.get(username=name), role)
        await house.settle("ian")
        await scenery.join(group, await scenery.person("ann@m.example"))
        shown = (await olga.get(over)).text
        assert re.findall(r'<option value="(\w+)">', shown) == ["zoe", "ada", "tom"]
        assert 'name="other"' not in shown
        monkeypatch.setattr(roster, "PAGE", 2)
        shown = (await olga.get(over)).text
        assert re.findall(r'<option value="(\w+)">', shown) == ["zoe", "ada"]
        assert 'name="other"' in shown, "of so many one is typed"
        for heir, says in {"": "Choose to whom", "olga": "owns the group already"}.items():
            refused = await olga.fill(over, step="transfer", heir=heir, current=PASSWORD)
            assert (refused.status_code, says in refused.text) == (422, True), heir
        assert not await Decision.exists()
        assert not await Act.exists(what="group transfer")
        await olga.fill(over, step="transfer", heir="", other="@Tom", current=PASSWORD)
    assert (await Member.get(role="owner").select_related("actor")).actor.username == "tom"


async def test_an_invitation_of_another_group_is_not_withdrawn_and_nothing_is_written_down(
    house: House,
) -> None:
    async with house.guest() as olga:
        await founded(olga)
        bakers = {"name": "bakers", "title": "Bakers", "language": "en", "join_policy": "open"}
        await olga.fill("/groups/new", **bakers)
        await olga.fill("/groups/bakers/invitations", way="link", uses="2", days="7")
        theirs = await GroupInvitation.get()
        for number in (str(theirs.id), "7"):
            refused = await olga.fill("/groups/welders/invitations", withdraw=number)
            assert refused.status_code == 404
    assert await GroupInvitation.exists(id=theirs.id)
    assert not await Act.exists(what="group withdraw")


async def test_texts_and_rules_are_changed_and_every_reader_is_told(house: House) -> None:
    async with house.guest() as guest:
        await founded(guest)
        typed = {"title": "Metal", "rules": " Be kind. \n\n Show your welds. ", "language": "it"}
        policies = {"join_policy": "open", "post_policy": "moderators", "description": "Sparks"}
        await guest.fill("/groups/welders/settings", **typed | policies)
        group = await Group.get()
        assert (group.title, group.rules) == ("Metal", "Be kind.\nShow your welds.")
        assert (group.post_policy, group.description) == ("moderators", "Sparks")
        nameless = await guest.fill("/groups/welders/settings", **typed | policies | {"title": " "})
        assert 'id="title-problem"' in nameless.text
    assert await Activity.filter(kind="Update").count() == 2


async def test_a_group_says_in_five_words_what_it_is_about_and_is_found_by_them(
    house: House,
) -> None:
    async def say(guest: Guest, words: str) -> httpx.Response:
        more = {"title": "Welders", "join_policy": "open", "post_policy": "members"}
        return await guest.fill("/groups/welders/settings", topics=words, **more)

    async with house.guest() as guest:
        await founded(guest)
        await say(guest, "a b c d e")
        await say(guest, "tig, #Steel tig")
        for typed, said in (
            ("two words!", "one word of letters and digits"),
            ("a b c d e f", "at most 5 topics"),
        ):
            answer = await say(guest, typed)
            assert (said in answer.text, 'id="topics-problem"' in answer.text) == (True, True)
        assert (await Group.get()).topics == "tig steel"
        document = (
            await guest.client.get(
                "/groups/welders", headers={"Accept": "application/activity+json"}
            )
        ).json()
        assert [tag["name"] for tag in document["tag"]] == ["#tig", "#steel"]
    async with house.guest() as stranger:
        page = await stranger.get("/groups/welders")
        assert '"/groups?topic=steel"' in page.text
        assert "Welders" in (await stranger.get("/groups?topic=steel")).text
        empty = await stranger.get("/groups?topic=bread")
        assert "There is no group like that" in empty.text


async def test_an_icon_is_uploaded_and_taken_away_and_no_picture_is_refused(house: House) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(drawn, "PNG")
    path = "/groups/welders/settings/pictures"
    async with house.guest() as guest:
        await founded(guest)
        form = hidden(await guest.get(path))
        origin = {"Origin": "https://groups.example"}
        files = {"icon": ("a.png", b"no picture", "image/png")}
        refused = await guest.client.post(path, data=form, files=files, headers=origin)
        assert (refused.status_code, 'id="icon-problem"' in refused.text) == (422, True)
        files = {"icon": ("a.png", drawn.getvalue(), "image/png")}
        await guest.client.post(path, data=form, files=files, headers=origin)
        assert (await Group.get()).icon_url.startswith("https://groups.example/media/")
        await guest.post(path, form | {"no_icon": "1"})
        assert (await Group.get()).icon_url == ""


async def test_a_link_lets_in_as_many_as_it_says_and_nobody_who_is_banned(house: House) -> None:
    await house.settle("tom")
    await house.settle("eve")
    async with house.guest() as olga, house.guest() as tom, house.guest() as eve:
        await founded(olga, join_policy="invite")
        group, banned = await Group.get(), await lookup.person("eve")
        await membership.ban(house.instance.wire, group, banned, "Spam")
        made = await olga.fill("/groups/welders/invitations", way="link", uses="1", days="7")
        link = made.text.split('<code class="handle">https://groups.example')[1].split("<")[0]
        await eve.sign_in("eve")
        assert (await eve.fill(link)).status_code == 422
        await tom.sign_in("tom")
        joined = await tom.fill(link)
        assert joined.headers["location"] == "/groups/welders"
        assert "used up" in (await tom.get(link)).text
    states = {row.actor_id: row.state for row in await Member.exclude(role="owner")}
    assert states == {banned.id: "banned", (await lookup.person("tom")).id: "member"}
    assert (await GroupInvitation.get()).uses_left == 0


async def test_a_group_has_so_many_links_and_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.limits.GROUP_INVITATIONS", 1)
    page = "/groups/welders/invitations"
    async with house.guest() as olga:
        await founded(olga)
        assert (await olga.fill(page, way="link", uses="1", days="7")).status_code == 200
        more = await olga.fill(page, way="link", uses="1", days="7")
        assert (more.status_code, "withdraw one first" in more.text) == (422, True)
        await olga.fill(page, withdraw=str((await GroupInvitation.get()).id))
    assert await GroupInvitation.all().count() == 0


async def test_whoever_has_an_account_elsewhere_comes_in_with_their_address(house: House) -> None:
    ann = Server.at(house.network, "m.example", "mastodon").member("ann")
    async with house.guest() as olga, house.guest() as stranger:
        await founded(olga, join_policy="invite")
        made = await olga.fill("/groups/welders/invitations", way="link", uses="2", days="7")
        link = made.text.split('<code class="handle">https://groups.example')[1].split("<")[0]
        no_handle = await stranger.fill(link, handle="ann")
        assert (no_handle.status_code, 'value="ann"' in no_handle.text) == (422, True)
        let_in = await stranger.fill(link, handle="@ann@m.example")
        assert "lets you in as soon as you follow" in let_in.text
        by_hand = await olga.fill(
            "/groups/welders/invitations", way="handle", handle="@ann@m.example"
        )
        assert by_hand.status_code == 422
        assert (await Member.get(state="invited")).actor_id == (await lookup.person(ann.uri)).id
        await house.settle("tom")
        by_name = await olga.fill("/groups/welders/invitations", way="handle", handle="@Tom")
        assert by_name.status_code == 303
    assert await Member.exists(actor__username="tom", state="invited")


async def test_a_closed_group_is_gone_for_everybody_and_its_readers_are_told(house: House) -> None:
    path = "/groups/welders/settings/handing-over"
    async with house.guest() as guest:
        await founded(guest)
        close = {"step": "close", "close_current": PASSWORD}
        other = await guest.fill(path, confirm="bakers", **close)
        assert (other.status_code, (await Group.get()).state) == (422, "open")
        assert (await guest.fill(path, confirm="welders", **close)).status_code == 200
        assert (await guest.get("/groups/welders")).status_code == 410
        document = await guest.get("/groups/welders", Accept="application/activity+json")
        assert (document.status_code, document.json()["type"]) == (410, "Tombstone")
        assert (await guest.get(path)).status_code == 404
        taken = await guest.fill("/groups/new", name="welders", language="en", join_policy="open")
        assert taken.status_code == 422
    farewell = await Activity.get(kind="Delete")
    assert farewell.actor_uri == "https://groups.example/groups/welders"


async def test_health_says_who_was_answered_and_who_waits(house: House) -> None:
    async with house.guest() as guest:
        await founded(guest)
        group, ann = await Group.get(), await scenery.person("ann@m.example", name="Ann")
        bob = await scenery.person("bob@l.example")
        now = clock.now_ms()
        asked = [("Thin sheet", 3, 2), ("Which rod", 2, 0), ("Too late", 5, 30), ("Just now", 0, 0)]
        asked.append(("Too young for a share", 0, 1))
        for number, (title, days, answer_hours) in enumerate(asked):
            thread, root = await scenery.thread(group, ann if number else bob, title)
            at = now - days * clock.DAY
            await Post.filter(id=root.id).update(received_at=at)
            if answer_hours:
                answer = await scenery.post(thread, bob if number else ann, root)
                at += answer_hours * clock.HOUR
                await Post.filter(id=answer.id).update(received_at=at)
            own = await scenery.post(thread, ann if number else bob, root)
            await Post.filter(id=own.id).update(received_at=at)
        shown = (await guest.get("/groups/welders/health")).text
    assert "33 %" in shown
    assert "2 hours" in shown
    waiting = shown.split("Nobody answered yet")[1].split("First threads of newcomers")[0]
    assert [title in waiting for title in ("Which rod", "Just now", "Thin", "late")] == [
        *(True, True, False, False)
    ]
    assert shown.count('<th scope="row">') == 24
    assert await Thread.all().count() == 5
