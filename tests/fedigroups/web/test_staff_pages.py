"""What staff say, announce and do about groups on pages, without scripts; and pins of hosts."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from PIL import Image

import scenery
from federation import clock
from federation.models import Peer
from fedigroups import announcements, rounds
from fedigroups.accounts.models import Account
from fedigroups.groups import founding, lookup, membership, pinning, policies
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Thread
from fedigroups.moderation.models import Decision
from fedigroups.web import colours
from fedigroups.web.hosting import servers as hosts_servers
from fedigroups.web.staff import overview, servers
from guests import Guest, House, hidden

pytestmark = pytest.mark.anyio

ORIGIN = {"Origin": "https://groups.example"}
SQLITE = pytest.mark.parametrize("kind", ["sqlite"])
"""For what has no SQL of its own."""


@pytest.fixture
async def olga(house: House) -> AsyncIterator[Guest]:
    """Olga, who runs the instance and owns the group."""
    person = await lookup.person("olga")
    await Account.filter(actor_id=person.id).update(role="admin")
    await founding.found(house.instance.wire, "welders", person, Profile(title="Welders"))
    async with house.guest() as guest:
        await guest.sign_in()
        yield guest


async def test_texts_stand_on_the_pages_about_the_server_in_the_language_of_who_reads(
    house: House, olga: Guest
) -> None:
    said = {"about": "For **metal**.", "rules": "Be kind.\n\nNo ads.", "contact": "<b>Ask</b>"}
    await olga.fill("/admin/texts", **said)
    await olga.fill("/admin/texts?language=it", "/admin/texts?language=it", about="Per il metallo.")
    async with house.guest() as reader:
        shown = (await reader.get("/about")).text
        assert "<strong>metal</strong>" in shown
        assert "<b>Ask" not in shown
        assert [shown.count(rule) for rule in ("Be kind.", "No ads.")] == [1, 1]
        italian = (await reader.get("/about", **{"Accept-Language": "it"})).text
        assert "Per il metallo." in italian
        assert "Be kind." in italian
        about = (await reader.get("/api/v2/instance")).json()
        assert about["description"] == "For metal."
        assert [one["text"] for one in about["rules"]] == ["Be kind.", "No ads."]
    long = await olga.fill("/admin/texts", about="Kept?", privacy="x" * 20_001)
    assert (long.status_code, 'id="privacy-problem"' in long.text) == (422, True)
    assert "Kept?</textarea>" in long.text
    assert "metal" in (await olga.get("/about")).text


@SQLITE
async def test_a_server_is_given_its_name_its_colour_and_an_icon_that_is_a_picture(
    house: House, olga: Guest
) -> None:
    form = hidden(await olga.get("/admin/look")) | {"name": "Metal", "colour": "#FF0000"}
    for field, sent, files in (
        ("colour", {"colour": "red;} body {"}, None),
        ("name", {"name": "x" * 61}, None),
        ("icon", {}, {"icon": ("a.png", b"<svg onload=alert(1)>", "image/png")}),
    ):
        refused = await olga.client.post(
            "/admin/look", data=form | sent, files=files or {}, headers=ORIGIN
        )
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True), field
    drawn = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(drawn, "PNG")
    files = {"icon": ("a.png", drawn.getvalue(), "image/png")}
    await olga.client.post("/admin/look", data=form, files=files, headers=ORIGIN)
    async with house.guest() as reader:
        shown = (await reader.get("/")).text
        assert '<span class="brand-name">Metal</span>' in shown
        assert '<img class="logo" src="https://groups.example/media/' in shown
        sheet = await reader.get("/look.css?ff0000")
        assert "--accent: light-dark(#" in sheet.text
        assert (await reader.get("/look.css?red")).status_code == 404
        assert (await reader.get("/api/v2/instance")).json()["title"] == "Metal"
    await olga.post("/admin/look", form | {"no_icon": "1", "colour": "", "name": ""})
    assert "media/" not in (await olga.get("/admin/look")).text.split("<main")[0]


@pytest.mark.parametrize("chosen", ["ffffff", "000000", "ffff00", "0f6b5c", "8080ff"])
def test_any_colour_is_made_one_that_can_be_read_by_day_and_by_night(chosen: str) -> None:
    colour = (int(chosen[:2], 16), int(chosen[2:4], 16), int(chosen[4:], 16))
    for ground, towards in ((colours.LIGHT, colours.BLACK), (colours.DARK, colours.WHITE)):
        made = colours.readable(colour, ground, towards)
        assert colours.contrast(made, ground) >= 4.5


async def test_staff_see_what_runs_by_itself_and_that_letters_arrive(
    house: House, olga: Guest
) -> None:
    assert "Nothing ran yet" in (await olga.get("/admin/works")).text
    await rounds.ran("expiring")
    await rounds.failed("mailer", OSError("no route"))
    await rounds.failed("mailer", OSError("<refused>"))
    sent = await olga.fill("/admin/works")
    assert sent.headers["location"] == "/admin/works?done=letter"
    letter = (await house.letters("olga@mail.example"))[-1]
    assert "https://groups.example/admin/works" in letter.text
    shown = (await olga.get("/admin/works")).text
    for said in ("letters wait to be sent.", "Bans and mutes that end", "&lt;refused&gt;"):
        assert said in shown
    assert "no route" not in shown
    await Account.all().update(role="moderator")
    assert (await olga.get("/admin/works")).status_code == 403


async def test_an_announcement_is_shown_in_its_time_until_whoever_reads_it_puts_it_away(
    house: House, olga: Guest
) -> None:
    page = "/admin/announcements"
    for _twice in range(2):
        await olga.fill(page, text="We **move** on Friday.")
    await olga.fill(page, text="Much later.", begins="2999-01-01T10:00")
    for field, sent in {
        "text": {"text": " "},
        "ends": {"text": "Kept?", "ends": "2020-01-01T10:00"},
    }.items():
        refused = await olga.fill(page, **sent)
        assert (refused.status_code, f'id="{field}-problem"' in refused.text) == (422, True)
    assert "Kept?</textarea>" in refused.text
    async with house.guest() as reader:
        shown = await reader.get("/groups")
        assert "We <strong>move</strong>" in shown.text
        assert "Much later." not in shown.text
        (one, _later) = await announcements.standing()
        press = f"/announcements/{one.id}/dismiss"
        foreign = await reader.client.post(press, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        await reader.post(press, {}, Referer="https://groups.example/groups")
        assert "We <strong>move" not in (await reader.get("/groups")).text
        assert "We <strong>move" in (await olga.get("/groups")).text
        assert (await olga.post(press, {})).status_code == 403
        await olga.post(press, {"form_token": hidden(await olga.get("/settings"))["form_token"]})
        assert "We <strong>move" not in (await olga.get("/groups")).text
    async with house.program() as app, house.guest() as stranger:
        await app.register()
        app.token = (await app.exchange(await house.code(olga, app))).json()["access_token"]
        assert (await app.get("/api/v1/announcements")).json() == []
        listed = (await app.get("/api/v1/announcements?with_dismissed=true")).json()
        assert [(each["id"], each["read"]) for each in listed] == [(str(one.id), True)]
        refused = await olga.fill(page, change=str(one.id), text=" ")
        assert (refused.status_code, f'id="text-{one.id}-problem"' in refused.text) == (422, True)
        begins = one.begins_at
        await stranger.post(press, {}, Referer="https://groups.example/groups")
        assert "We <strong>move" not in (await stranger.get("/groups")).text
        await olga.fill(page, change=str(one.id), text="We **move** on Sunday.")
        for who in (olga, stranger):
            assert "on Sunday." in (await who.get("/groups")).text  # though they put it away
        (one, _later) = await announcements.standing()
        assert one.begins_at == begins
        await olga.fill(page, end=str(one.id))
        assert (await olga.fill(page, change=str(one.id), text="Again")).status_code == 422
        assert (await app.get("/api/v1/announcements?with_dismissed=true")).json() == []
        assert "We <strong>move" not in (await stranger.get("/groups")).text
        assert (await stranger.get("/api/v1/announcements")).status_code == 401


@SQLITE
async def test_an_app_puts_an_announcement_away(house: House, olga: Guest) -> None:
    one, later = (
        await announcements.make("Now"),
        await announcements.make("Later", clock.now_ms() + clock.HOUR),
    )
    async with house.program() as app:
        await app.register()
        app.token = (await app.exchange(await house.code(olga, app))).json()["access_token"]
        bearer = {"Authorization": f"Bearer {app.token}"}
        assert len((await app.get("/api/v1/announcements")).json()) == 1
        for id, status in ((one.id, 200), (later.id, 404), (1, 404)):
            path = f"/api/v1/announcements/{id}/dismiss"
            assert (await app.client.post(path, headers=bearer)).status_code == status
        assert (await app.get("/api/v1/announcements")).json() == []


async def test_a_suspended_group_is_shown_to_nobody_until_it_is_lifted_and_its_owner_is_told(
    house: House, olga: Guest
) -> None:
    group = await Group.get()
    page = f"/admin/groups/{group.id}"
    assert page in (await olga.get("/admin/groups?q=weld")).text
    assert "Try a part of the name" in (await olga.get("/admin/groups?q=zebra")).text
    silent = await olga.fill(page, act="suspend", reason=" ")
    assert (silent.status_code, 'id="reason-problem"' in silent.text) == (422, True)
    await olga.fill(page, act="suspend", reason="It sells.")
    async with house.guest() as reader:
        assert (await reader.get("/groups/welders")).status_code == 403
        assert (await reader.get("/groups/welders/feed.atom")).status_code == 403
        assert 'href="/groups/welders"' not in (await reader.get("/groups")).text
        known = await reader.get("/groups/welders", Accept="application/activity+json")
        assert (known.status_code, known.json()["suspended"]) == (200, True)
        assert (await olga.get("/groups/welders/settings")).status_code == 404
        assert 'Why it is suspended</dt><dd dir="auto">It sells.' in (await olga.get(page)).text
        stale = await olga.fill(page, act="suspend", reason="It sells.")
        assert stale.status_code == 422
        await olga.fill(page, act="lift")
        assert (await reader.get("/groups/welders")).status_code == 200
    await olga.fill(page, act="contact", text="Please write rules.")
    letters = [letter.text for letter in await house.letters("olga@mail.example")][-3:]
    for said, letter in zip(("It sells.", "again", "Please write rules."), letters, strict=True):
        assert said in letter


@SQLITE
async def test_closing_a_group_and_giving_roles_are_for_who_runs_the_server(
    house: House, olga: Guest
) -> None:
    await house.settle("ann", role="moderator")
    tom = await house.settle("tom")
    group, page = await Group.get(), f"/admin/people/{tom.id}"
    async with house.guest() as ann:
        await ann.sign_in("ann")
        close = {"act": "close", "confirm": "welders", "why": "It sells."}
        refused = await ann.fill(f"/admin/groups/{group.id}", **close)
        assert (refused.status_code, (await Group.get()).state) == (422, "open")
        assert (await ann.fill(page, act="role", role="admin")).status_code == 422
    assert (await olga.fill(page, act="role", role="king")).status_code == 422
    await olga.fill(page, act="role", role="moderator")
    assert (await Account.get(id=tom.id)).role == "moderator"
    await olga.fill(page, act="suspend", reason="Spam, a lot of it. " * 250)
    assert "Spam, a lot of it" in (await olga.get(page)).text
    wrong = await olga.fill(f"/admin/groups/{group.id}", **close | {"confirm": "bakers"})
    assert (wrong.status_code, 'id="confirm-problem"' in wrong.text) == (422, True)
    silent = await olga.fill(f"/admin/groups/{group.id}", **close | {"why": " "})
    assert (silent.status_code, 'id="why-problem"' in silent.text) == (422, True)
    assert (await Group.get()).state == "open"
    await olga.fill(f"/admin/groups/{group.id}", **close)
    assert (await Group.get()).state == "closed"
    assert "It sells." in (await house.letters("olga@mail.example"))[-1].text


@SQLITE
async def test_a_long_list_of_blocks_is_worked_off_in_steps_that_say_how_far_it_is(
    olga: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "AT_ONCE", 2)
    page, listed = "/admin/servers/import", "\n".join(f"{one}.bad.example" for one in "abcde")
    shown = await olga.post(page, hidden(await olga.get(page)) | {"text": listed})
    for done in (2, 4):
        shown = await olga.post(page, hidden(shown) | {"step": "block"})
        assert f'<progress class="progress" value="{done}" max="5"' in shown.text
        assert await Peer.filter(blocked=True).count() == done
    last = await olga.post(page, hidden(shown) | {"step": "block"})
    assert last.headers["location"] == "/admin/servers?done=import"
    assert await Peer.filter(blocked=True).count() == 5


async def test_the_page_of_a_server_says_how_it_fares_and_why_it_stands_as_it_does(
    house: House, olga: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("a.example", "b.example"):
        await olga.fill("/admin/servers", act="limit", host=host, note="Few <moderators>")
    page = "/admin/servers/b.example"
    old = hidden(await olga.get(page))
    assert "Few &lt;moderators&gt;</textarea>" in (await olga.get(page)).text
    assert (await olga.fill(page, act="block", note="Spam, daily")).status_code == 303
    late = await olga.post(page, old | {"act": "unlimit", "note": "Mine"})
    assert (late.status_code, 'id="note-problem"' in late.text) == (422, True)
    assert "Mine</textarea>" in late.text
    assert (await olga.fill(page, act="nonsense", note="")).status_code == 422
    stands = await Peer.get(host="b.example")
    assert (stands.blocked, stands.limited, stands.note) == (True, True, "Spam, daily")
    await olga.fill(page, act="note", note="")
    assert (await Peer.get(host="b.example")).note == ""
    assert (await olga.get("/admin/servers/nowhere.example")).status_code == 404
    monkeypatch.setattr(servers, "SHOWN", 1)
    monkeypatch.setattr(overview, "ACTS", 1)
    last = {"/admin/servers": ">b.example<", "/admin/log": ">Blocked a server<"}
    for first, later in last.items():
        following = re.search(r'rel="next" href="([^"]+)"', (await olga.get(first)).text)
        assert following, first
        further = await olga.get(first + unescape(following[1]))
        assert (later in further.text, ">a.example<" in further.text) == (True, False), first


async def test_hosts_pin_threads_put_them_in_order_and_unpin_them(
    house: House, olga: Guest
) -> None:
    group, page = await Group.get(), "/groups/welders/pins"
    assert "Nothing is pinned" in (await olga.get(page)).text
    threads = [(await scenery.thread(group, await lookup.person("olga"), one))[0] for one in "abc"]
    here = f"/groups/welders/threads/{threads[0].id}"
    for thread in threads:
        where = f"/groups/welders/threads/{thread.id}"
        pinned = await olga.fill(where, page, act="pin", thread=str(thread.id), back=where)
        assert pinned.headers["location"] == where
    assert "Unpin this thread" in (await olga.get(here)).text
    stale = await olga.fill(page, act="pin", thread=str(threads[0].id))
    assert (stale.status_code, "pinned already" in stale.text) == (422, True)
    await olga.fill(page, act="up", thread=str(threads[0].id))
    await olga.fill(page, act="down", thread=str(threads[2].id))
    order = [one.title for one in await pinning.pinned(group.id)]
    assert order == ["a", "c", "b"]
    titles = (await olga.get("/groups/welders")).text.split('id="threads"')[1]
    assert titles.index(">a<") < titles.index(">c<") < titles.index(">b<")
    await olga.fill(page, act="unpin", thread=str(threads[1].id))
    assert await Thread.filter(pinned_at__gt=0).count() == 2
    other = await scenery.group("bakers", "Bakers")
    foreign, _ = await scenery.thread(other, await lookup.person("olga"), "Not theirs")
    refused = await olga.fill(page, act="pin", thread=str(foreign.id))
    assert (refused.status_code, (await Thread.get(id=foreign.id)).pinned_at) == (422, 0)


@SQLITE
async def test_a_host_says_in_the_settings_whose_posts_wait(olga: Guest) -> None:
    policies = {"title": "Welders", "join_policy": "open", "post_policy": "members"}
    page = "/groups/welders/settings"
    await olga.fill(page, **policies, approve="newcomers", newcomer_posts="5")
    group = await Group.get()
    assert (group.approve, group.newcomer_posts) == ("newcomers", 5)
    for typed in ("0", "many"):
        refused = await olga.fill(page, **policies, approve="links", newcomer_posts=typed)
        assert (refused.status_code, 'id="newcomer_posts-problem"' in refused.text) == (422, True)
        assert f'value="{typed}"' in refused.text
    assert (await Group.get()).approve == "newcomers"


async def test_a_group_takes_nobody_from_servers_that_its_hosts_keep_out(
    house: House, olga: Guest
) -> None:
    page, wire = "/groups/welders/settings/servers", house.instance.wire
    await Group.filter(name="welders").update(post_policy="anyone")
    await house.settle("tom")
    tom = await lookup.person("tom")
    ann, bob, eve = [
        await scenery.person(one)
        for one in ("ann@m.example", "bob@l.example", "eve@a.evil.example")
    ]
    for lists, taken in (
        ({"servers_blocked": "evil.example, x.example"}, [tom, ann, bob]),
        ({"servers_allowed": "M.example\nevil.example"}, [tom, ann, eve]),
        ({"servers_allowed": "m.example", "servers_blocked": "m.example"}, [tom]),
        ({}, [tom, ann, bob, eve]),
    ):
        done = await olga.fill(page, **lists)
        assert done.status_code == 303, done.text
        group = await Group.get(name="welders").select_related("actor")
        for person in (tom, ann, bob, eve):
            member = await membership.standing(group, person)
            refused = [
                policies.refusal_to_join(group, member),
                policies.refusal_to_post(group, member),
                policies.refusal_to_react(group, member),
            ]
            assert (refused == [""] * 3) == (person in taken), (lists, person.handle)
            assert all(refused) or not any(refused)
    await olga.fill(page, servers_blocked="l.example")
    group = await Group.get(name="welders").select_related("actor")
    follow = {"id": "https://l.example/1", "type": "Follow", "actor": bob.uri}
    assert (await membership.ask(wire, group, group.actor, bob, follow))[0] == "refused"
    assert not await Member.exists(actor_id=bob.id)


async def test_members_from_servers_that_are_not_taken_any_more_go_with_a_reason_in_steps(
    house: House, olga: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, group = "/groups/welders/settings/servers", await Group.get(name="welders")
    handles = ("ann@m.example", "bob@l.example", "ben@l.example", "mo@l.example", "bea@l.example")
    ann, bob, ben, mo, bea = [await scenery.person(one) for one in handles]
    for person in (ann, bob, ben, mo, bea):
        await scenery.join(group, person)
    await Member.filter(actor_id=mo.id).update(role="moderator")
    assert "from a server" not in (await olga.get(page)).text
    await olga.fill(page, servers_blocked="l.example")
    assert "3 members are from servers that you do not take" in (await olga.get(page)).text
    monkeypatch.setattr(hosts_servers, "AT_ONCE", 2)
    refused = await olga.fill(page, do="remove", reason=" ")
    assert (refused.status_code, 'id="reason-problem"' in refused.text) == (422, True)
    shown = await olga.fill(page, do="remove", reason="<Spam> comes from there.")
    assert "1 person is still to be removed." in shown.text
    assert 'value="&lt;Spam&gt; comes from there."' in shown.text
    done = await olga.fill(page, do="remove", reason="Spam comes from there.", removed="2")
    assert done.headers["location"].endswith("done=shut_out")
    told = {one.person_id: one.text for one in await Decision.filter(kind="expel")}
    assert set(told) == {bob.id, ben.id, bea.id}
    assert all("comes from there." in text for text in told.values())
    stay = await Member.filter(group_id=group.id, state="member").values_list("actor_id", flat=True)
    assert {ann.id, mo.id} <= set(stay)
    assert not {bob.id, ben.id, bea.id} & set(stay)
