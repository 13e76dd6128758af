"""The life of a member in the browser, without scripts."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from io import BytesIO

import httpx
import pytest
from PIL import Image

import scenery
from federation import ids, storage
from federation.models import Actor
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.models import Account
from fedigroups.groups import closing, deleting, founding
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post, Tagged, Thread
from fedigroups.groups.poll_models import Poll
from fedigroups.media.models import Media
from fedigroups.notify import telling
from fedigroups.personal import hosts
from fedigroups.personal.models import Draft
from guests import Guest, House, hidden
from outbox.models import Activity

pytestmark = pytest.mark.anyio
sqlite = pytest.mark.parametrize("kind", ["sqlite"])
"""For what does not depend on the database."""
UNLISTED = {"visibility": "unlisted"}


@dataclass
class Club:
    """The welders, whom Olga looks after; Tom is signed in and a member."""

    house: House
    group: Group
    tom: Actor
    guest: Guest

    async def write(self, title: str = "MIG or TIG?", text: str = "For thin sheet.") -> Post:
        await self.sent("/groups/welders/new", title=title, text=text)
        return await Post.filter(author_id=self.tom.id).order_by("-id").first()

    async def sent(self, path: str, **fields: str) -> httpx.Response:
        """Fill in the form of a page, and press its first button."""
        shown = await self.guest.get(path)
        assert shown.status_code == 200, shown.text
        return await self.guest.post(path, hidden(shown) | {"act": "send"} | fields)

    async def press(self, path: str, act: str, **fields: str) -> httpx.Response:
        """Press a button whose form is on the feed's page, as on every other."""
        token = hidden(await self.guest.get("/feed"))["form_token"]
        return await self.guest.post(path, {"form_token": token, "act": act} | fields)

    async def text(self, path: str) -> str:
        """The words of a page."""
        shown = await self.guest.get(path)
        assert shown.status_code == 200, shown.text
        return " ".join(re.sub(r"<[^>]+>", " ", shown.text).split())


@pytest.fixture
async def club(house: House):
    olga = await Actor.get(username="olga")
    await founding.found(house.instance.wire, "welders", olga, Profile(title="Welders"))
    await house.settle("tom")
    tom = await Actor.get(username="tom")
    async with house.guest() as guest:
        await guest.sign_in("tom")
        club = Club(house, await Group.get(name="welders"), tom, guest)
        assert (await club.press("/groups/welders/membership", "join")).status_code == 303
        yield club


async def test_a_newcomer_is_taught_by_an_empty_feed_joins_and_leaves(house: House) -> None:
    olga = await Actor.get(username="olga")
    await founding.found(house.instance.wire, "welders", olga, Profile(title="Welders"))
    await house.settle("tom")
    async with house.guest() as guest:
        answer = await guest.sign_in("tom")
        assert answer.headers["location"] == "/feed"
        assert "Join a group, and its threads are here" in (await guest.get("/feed")).text
        page = await guest.get("/groups/welders")
        assert ">Join</button>" in page.text
        sent = hidden(page) | {"act": "join"}
        assert (await guest.post("/groups/welders/membership", sent)).status_code == 303
        assert "You are a member." in (await guest.get("/groups/welders")).text
        assert 'href="/groups/welders"' in (await guest.get("/feed")).text
        await guest.post("/groups/welders/membership", sent | {"act": "leave"})
        assert (await Member.get(actor__username="tom")).state == "left"


async def test_only_what_is_unread_is_shown_and_the_browser_remembers_it(club: Club) -> None:
    mine, other = await club.write("Mine"), await club.write("Theirs")
    seen, unseen = "bdi>Mine</bdi", "bdi>Theirs</bdi"
    await Post.filter(id=other.id).update(author_id=(await Actor.get(username="olga")).id)
    await club.guest.get(f"/groups/welders/threads/{mine.thread_id}")
    for page in ("/feed", "/groups/welders"):
        shown = (await club.guest.get(f"{page}?show=unread")).text
        assert (seen in shown, unseen in shown) == (False, True), page
        assert seen not in (await club.guest.get(page)).text
    await club.guest.get("/groups/welders?sort=new")
    shown = (await club.guest.get("/groups/welders")).text
    assert '?sort=new" aria-current="true"' in shown
    assert '?show=unread" aria-current="true"' in shown
    await club.guest.get(f"/groups/welders/threads/{other.thread_id}")
    assert "You have read all of it" in (await club.guest.get("/feed")).text
    thread, olga = await Thread.get(id=mine.thread_id), await Actor.get(username="olga")
    await scenery.post(thread, olga, mine, state="held", visibility="public")
    assert "You have read all of it" in (await club.guest.get("/feed")).text  # and not what waits
    await club.press("/logout", "")
    assert (await club.guest.get("/groups/welders")).text.count(seen) == 1


async def test_a_member_writes_is_answered_and_told(club: Club) -> None:
    post = await club.write()
    thread = f"/groups/welders/threads/{post.thread_id}"
    async with club.house.guest() as guest:
        await guest.sign_in()
        olga = Club(club.house, club.group, await Actor.get(username="olga"), guest)
        answered = await olga.sent(f"/posts/{post.id}/reply", text="TIG, of **course**.")
        assert answered.headers["location"].startswith(f"{thread}#post-")
        await olga.press(f"/posts/{post.id}/like", "like")
        await olga.press(f"/posts/{post.id}/like", "like")
    notices = await club.text("/notifications")
    assert "olga answered or mentioned you TIG, of course. in Welders" in notices
    assert "olga likes your post MIG or TIG? in Welders" in notices
    assert "likes your post" not in await club.text("/notifications?show=replies")
    shown = await club.text("/feed")
    assert "Notifications 2 new" in shown
    assert "MIG or TIG? For thin sheet." in shown
    newest = re.search(
        r'name="newest" value="(\d+)"', (await club.guest.get("/notifications")).text
    )
    await club.press("/notifications", "read", newest=newest[1])
    assert "new Your menu" not in await club.text("/feed")


async def test_what_is_new_since_the_last_visit_is_marked_and_one_press_away(club: Club) -> None:
    post = await club.write()
    page = f"/groups/welders/threads/{post.thread_id}"
    assert "New since you were here" not in await club.text(page)
    ann = await scenery.person("ann@m.example", name="Ann")
    reply = await scenery.post(await Thread.get(id=post.thread_id), ann, post)
    assert "1 new" in await club.text("/groups/welders")
    assert "1 new" in await club.text("/feed")
    again = await club.guest.get(page)
    assert f'href="#post-{reply.id}">To the first new one' in again.text
    assert "New since you were here" in again.text
    assert "New since you were here" not in await club.text(page)


async def test_a_thread_is_followed_or_muted(club: Club) -> None:
    post = await club.write()
    ann = await scenery.person("ann@m.example", name="Ann")
    async with club.house.guest() as guest:
        await guest.sign_in()
        olga = Club(club.house, club.group, await Actor.get(username="olga"), guest)
        shown = await olga.text(f"/groups/welders/threads/{post.thread_id}")
        assert "Follow this thread" in shown
        await olga.press(f"/threads/{post.thread_id}/hear", "follow")
        reply = await club.sent(f"/posts/{post.id}/reply", text="I mean 1 mm.")
        assert reply.status_code == 303
        assert "tom wrote something new I mean 1 mm." in await olga.text("/notifications")
        await olga.press(f"/threads/{post.thread_id}/hear", "mute")
        await club.sent(f"/posts/{post.id}/reply", text="Or less.")
        assert "Or less." not in await olga.text("/notifications")
    assert ann.id


async def test_what_was_saved_is_found_again_unless_it_is_gone(club: Club) -> None:
    post = await club.write()
    await club.press(f"/posts/{post.id}/save", "save")
    assert "MIG or TIG?" in await club.text("/saved")
    await club.sent(f"/posts/{post.id}/delete", act="now")
    assert "Nothing saved yet" in await club.text("/saved")


async def test_a_post_that_is_deleted_can_be_kept_for_some_seconds_and_nobody_is_told(
    club: Club,
) -> None:
    wire, post = club.house.instance.wire, await club.write()
    page = f"/posts/{post.id}/delete"

    async def told() -> int:
        return await Activity.filter(kind="Delete", object_uri=post.uri).count()

    for _ in range(2):  # a second press does not put it off
        assert (await club.sent(page)).headers["location"] == page
    assert "Your post is about to go" in await club.text(page)
    await deleting.delete_due(wire)
    assert ((await Post.get(id=post.id)).state, await told()) == ("live", 0)
    await club.sent(page, act="keep")
    assert "Delete your post?" in await club.text(page)
    await storage.execute("UPDATE deletion SET due_at = 0")
    assert await deleting.delete_due(wire) == 0
    await club.sent(page)
    await storage.execute("UPDATE deletion SET due_at = 0")
    await asyncio.gather(deleting.delete_due(wire), deleting.delete_due(wire))
    assert ((await Post.get(id=post.id)).state, await told()) == ("deleted", 1)
    assert await deleting.delete_due(wire) == 0
    assert (await club.guest.get(page)).status_code == 404


@sqlite
async def test_whoever_leaves_leaves_nothing_that_they_wanted_gone(club: Club) -> None:
    gone, stays = await club.write("First"), await club.write("Second")
    await club.sent(f"/posts/{gone.id}/delete")
    await closing.close(
        club.house.instance.wire, await Account.get(actor_id=club.tom.id), posts=False
    )
    states = [(await Post.get(id=one.id)).state for one in (gone, stays)]
    assert states == ["deleted", "live"]


@sqlite
async def test_an_edit_begins_with_what_was_written_and_keeps_what_was_before(club: Club) -> None:
    post = await club.write(text="For **thin** sheet.")
    form = await club.guest.get(f"/posts/{post.id}/edit")
    assert "For **thin** sheet.</textarea>" in form.text
    await club.sent(f"/posts/{post.id}/edit", title="MIG, TIG?", text="For 1 mm.")
    assert "MIG, TIG?" in await club.text(f"/groups/welders/threads/{post.thread_id}")
    history = await club.text(f"/posts/{post.id}/history")
    assert "For 1 mm." in history
    assert "For thin sheet." in history


@sqlite
async def test_a_form_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed(
    club: Club,
) -> None:
    refused = await club.sent("/groups/welders/new", title="", text="My <b>words</b>")
    assert refused.status_code == 422
    assert 'id="title-problem" role="alert">A thread needs a title' in refused.text
    assert "My &lt;b&gt;words&lt;/b&gt;</textarea>" in refused.text
    assert await Post.all().count() == 0
    assert "My &lt;b&gt;words" in (await club.guest.get("/groups/welders/new")).text, "a draft"


@sqlite
async def test_a_form_that_is_sent_twice_makes_one_post(club: Club) -> None:
    shown = hidden(await club.guest.get("/groups/welders/new"))
    typed = shown | {"act": "send", "title": "Once", "text": "Only."}
    first = await club.guest.post("/groups/welders/new", typed)
    second = await club.guest.post("/groups/welders/new", typed)
    assert first.headers["location"] == second.headers["location"]
    assert await Post.all().count() == 1


@sqlite
async def test_words_are_not_lost_when_the_session_is_and_nothing_is_sent(club: Club) -> None:
    shown = hidden(await club.guest.get("/groups/welders/new"))
    await Session.all().delete()
    typed = shown | {"act": "send", "title": "Long", "text": "An hour's work."}
    lost = await club.guest.post("/groups/welders/new", typed)
    assert lost.status_code == 401
    assert "An hour&#39;s work.</textarea>" in lost.text
    await club.guest.sign_in("tom")
    stale = await club.guest.post("/groups/welders/new", hidden(lost) | typed)
    assert (stale.status_code, "press again" in stale.text) == (409, True)
    assert await Post.all().count() == 0
    sent = await club.guest.post("/groups/welders/new", typed | hidden(stale))
    assert sent.status_code == 303


@sqlite
async def test_a_draft_is_kept_offered_and_thrown_away(club: Club) -> None:
    await club.sent("/groups/welders/new", act="keep", title="Rods", text="Where do")
    shown = await club.guest.get("/groups/welders/new")
    assert "Where do</textarea>" in shown.text
    assert "Your draft, kept" in shown.text
    await club.sent("/groups/welders/new", act="throw")
    assert await Draft.all().count() == 0
    poll = {"poll": "MIG\nTIG", "poll_hours": "72", "poll_multiple": "1"}
    await club.sent("/groups/welders/new", act="keep", **poll)
    shown = await club.guest.get("/groups/welders/new")
    assert "MIG\nTIG</textarea>" in shown.text
    assert '<option value="72" selected>' in shown.text
    assert 'name="poll_multiple" value="1" checked' in shown.text
    assert 'name="poll_hidden" value="1" checked' not in shown.text
    await club.sent("/groups/welders/new", act="keep", title="Rods", text="Where do")
    await club.write("Rods", "Where do I get them?")
    assert await Draft.all().count() == 0


@sqlite
async def test_whoever_writes_chooses_a_group_and_finds_what_they_began(club: Club) -> None:
    assert (await club.guest.get("/new")).headers["location"] == "/groups/welders/new"
    olga = await Actor.get(username="olga")
    for name in ("bakers", "closed"):
        profile = Profile(title=name, post_policy="moderators" if name == "closed" else "members")
        await founding.found(club.house.instance.wire, name, olga, profile)
        await club.press(f"/groups/{name}/membership", "join")
    post = await club.write()
    await club.sent(f"/posts/{post.id}/reply", act="keep", text="And with argon?")
    shown = (await club.guest.get("/new")).text
    assert 'href="/groups/bakers/new"' in shown
    assert 'href="/groups/closed/new"' not in shown
    assert f'<a href="/posts/{post.id}/reply"><bdi>And with argon?' in shown
    await club.press("/new", "", throw=f"post:{post.id}")
    assert await Draft.all().count() == 0


@sqlite
async def test_a_post_is_passed_on_to_another_group_where_everybody_reads_it(club: Club) -> None:
    post = await club.write()
    share, form = f"/new?about={post.id}", f"/groups/welders/new?about={post.id}"
    assert f'href="{share}"' in (await club.guest.get(f"/posts/{post.id}")).text
    assert (await club.guest.get(share)).headers["location"] == form
    shown = (await club.guest.get(form)).text
    assert 'value="MIG or TIG?"' in shown
    assert f"&gt; For thin sheet.\n\ntom: {post.uri}\n</textarea>" in shown
    await Post.filter(id=post.id).update(visibility="members")
    assert share not in (await club.guest.get(f"/posts/{post.id}")).text
    assert "thin sheet" not in (await club.guest.get(form)).text


@sqlite
async def test_a_preview_shows_what_will_be_read_and_sends_nothing(club: Club) -> None:
    shown = await club.sent("/groups/welders/new", act="preview", title="T", text="**bold** <i>x")
    assert "<strong>bold</strong> &lt;i&gt;x" in shown.text
    assert await Post.all().count() == 0


@sqlite
async def test_a_picture_goes_with_its_words(club: Club) -> None:
    fields = hidden(await club.guest.get("/groups/welders/new"))
    fields |= {"act": "preview", "title": "My seam", "text": "Look.", "words0": "A blue seam"}
    shown = await club.guest.client.post(
        "/groups/welders/new", data=fields, files={"file0": ("seam.png", seam(), "image/png")}
    )
    assert "A blue seam</textarea>" in shown.text
    again = hidden(shown) | {"act": "send", "title": "My seam", "text": "Look."}
    number = again["picture"]
    sent = await club.guest.post("/groups/welders/new", again | {f"alt{number}": "An even seam"})
    thread = await club.guest.get(sent.headers["location"])
    assert 'alt="An even seam"' in thread.text
    assert (await Media.get()).state == "held"


@sqlite
async def test_what_is_no_picture_is_refused_and_nothing_typed_is_lost(club: Club) -> None:
    fields = hidden(await club.guest.get("/groups/welders/new"))
    fields |= {"act": "send", "title": "My seam", "text": "Look."}
    shown = await club.guest.client.post(
        "/groups/welders/new", data=fields, files={"file0": ("seam.png", b"<svg>", "image/png")}
    )
    assert shown.status_code == 422
    assert 'id="file0-problem"' in shown.text
    assert "Look.</textarea>" in shown.text


def seam() -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 48), (70, 140, 160)).save(out, "PNG")
    return out.getvalue()


@sqlite
async def test_who_is_blocked_is_folded_and_can_be_let_back(club: Club) -> None:
    post = await club.write()
    eve = await scenery.person("eve@evil.example", name="Eve")
    reply = await scenery.post(await Thread.get(id=post.thread_id), eve, post)
    await club.press(f"/people/{eve.id}/stance", "block")
    assert "@eve@evil.example" in await club.text("/settings/blocks")
    thread = await club.text(f"/groups/welders/threads/{post.thread_id}")
    assert "By somebody whom you mute or block" in thread
    await club.press(f"/people/{eve.id}/stance", "unblock")
    assert "Nobody" in await club.text("/settings/blocks")
    assert reply.id
    await scenery.thread(club.group, eve, "Fine seams")
    assert "Fine seams" in await club.text("/feed")
    await hosts.block(club.tom.id, eve.host)
    assert "Fine seams" not in await club.text("/feed")


@sqlite
async def test_who_lives_on_a_server_that_is_blocked_is_folded_and_it_can_be_let_back(
    club: Club,
) -> None:
    post = await club.write()
    eve = await scenery.person("eve@evil.example", name="Eve")
    await scenery.post(await Thread.get(id=post.thread_id), eve, post)
    page, fold = f"/groups/welders/threads/{post.thread_id}", "or whose server you block"
    assert "Block everybody of evil.example" in await club.text("/@eve@evil.example")
    assert fold not in await club.text(page)
    await club.press("/settings/blocks", "block", host="evil.example")
    assert fold in await club.text(page)
    assert fold in await club.text("/@eve@evil.example")
    assert "evil.example" in await club.text("/settings/blocks")
    await club.press("/settings/blocks", "unblock", host="evil.example")
    assert fold not in await club.text(page)
    assert "Nobody" in await club.text("/settings/blocks")


async def test_lists_leave_out_the_threads_of_whom_the_reader_mutes_or_blocks(club: Club) -> None:
    eve = await scenery.person("eve@evil.example", name="Eve")
    for title, pinned_at in {"Fine seams": 0, "Fine rods": 1_700_000_000_000}.items():
        thread, _root = await scenery.thread(club.group, eve, title)
        await Thread.filter(id=thread.id).update(pinned_at=pinned_at)
    await club.write("MIG or TIG?", "For thin sheet.")
    lists = ("/", "/groups/welders", "/groups/welders?show=unread", "/groups/welders?sort=top")

    async def meets(guest: Guest) -> list[int]:
        shown = [(await guest.get(page)).text for page in lists]
        assert all("MIG or TIG?" in one for one in shown)
        return [("Fine seams" in one) + ("Fine rods" in one) for one in shown]

    await club.guest.get("/groups/welders?show=all")
    assert await meets(club.guest) == [2, 2, 2, 2]
    for judgement in ("mute", "block"):
        await club.press(f"/people/{eve.id}/stance", judgement)
        assert await meets(club.guest) == [0, 0, 0, 0], judgement
        await club.press(f"/people/{eve.id}/stance", f"un{judgement}")
    await hosts.block(club.tom.id, eve.host)
    assert await meets(club.guest) == [0, 0, 0, 0]
    async with club.house.guest() as stranger:
        assert await meets(stranger) == [2, 2, 2, 2]


@sqlite
async def test_who_is_muted_can_be_blocked_where_the_mutes_stand(club: Club) -> None:
    eve = await scenery.person("eve@evil.example", name="Eve")
    await club.press(f"/people/{eve.id}/stance", "mute")
    assert "Eve Muted @eve@evil.example Mute no more Block" in await club.text("/settings/blocks")
    await club.press(f"/people/{eve.id}/stance", "block")
    assert "Eve Blocked @eve@evil.example Block no more" in await club.text("/settings/blocks")


async def test_what_somebody_unwanted_wrote_makes_no_thread_new(club: Club) -> None:
    post = await club.write()
    thread = await Thread.get(id=post.thread_id)
    eve = await scenery.person("eve@evil.example", name="Eve")
    page, news = f"/groups/welders/threads/{thread.id}", "1 new"
    await club.guest.get(page)
    await scenery.post(thread, eve, post)
    for path in ("/feed?show=unread", "/groups/welders?show=unread"):
        assert news in await club.text(path), path
    await club.press(f"/people/{eve.id}/stance", "mute")
    for path in ("/feed?show=unread", "/groups/welders?show=unread"):
        assert "You have read all of it" in await club.text(path), path
        assert news not in await club.text(path.replace("unread", "all")), path


async def test_a_tag_leads_to_no_thread_of_whom_the_reader_mutes(club: Club) -> None:
    eve = await scenery.person("eve@evil.example", name="Eve")
    _thread, root = await scenery.thread(club.group, eve, "Fine seams")
    await Tagged.create(id=ids.new(), post_id=root.id, name="thin")
    assert "Fine seams" in await club.text("/tags/thin")
    await club.press(f"/people/{eve.id}/stance", "mute")
    assert "Fine seams" not in await club.text("/tags/thin")


async def test_somebody_from_another_server_has_a_page_here_with_what_each_may_read(
    club: Club,
) -> None:
    post = await club.write()
    thread = await Thread.get(id=post.thread_id)
    ann = await scenery.person("ann@m.example", name="Ann", summary="<p>I braze.</p>")
    said = {"Aloud": {}, "Among members": {"visibility": "members"}, "By link": UNLISTED}
    said |= {"Waiting": {"state": "held"}, "Taken away": {"state": "removed"}}
    for words, columns in said.items():
        await scenery.post(thread, ann, post, content=f"<p>{words}</p>", **columns)
    page = "/@ann@m.example"
    site = '<a href="https://ann.example" onclick="steal()">ann.example</a><script>steal()</script>'
    stated = [{"name": "<Site>", "value": site}, {"name": "", "value": "nothing"}, 7]
    facts = [one | {"type": "PropertyValue"} if isinstance(one, dict) else one for one in stated]
    await Actor.filter(id=ann.id).update(document=json.dumps({"attachment": facts}))

    async def met(guest: Guest) -> set[str]:
        shown = await guest.get(page)
        assert shown.status_code == 200, shown.text
        assert 'name="robots" content="noindex"' in shown.text
        assert "I braze." in shown.text
        assert "&lt;Site&gt;</dt>" in shown.text
        assert 'href="https://ann.example" rel="nofollow' in shown.text
        assert "steal()" not in shown.text
        assert shown.text.count('<dt dir="auto">') == 1
        assert f'href="{ann.page_url}" rel="nofollow noopener noreferrer ugc"' in shown.text
        return {words for words in said if words in shown.text}

    async with club.house.guest() as stranger:
        assert await met(stranger) == {"Aloud"}
        link = f'class="who-name" href="{page}"'
        assert link in (await stranger.get(f"/groups/welders/threads/{thread.id}")).text
    assert await met(club.guest) == {"Aloud", "Among members"}
    await Member.filter(actor_id=club.tom.id).update(state="left")
    assert await met(club.guest) == {"Aloud"}
    await club.press(f"/people/{ann.id}/stance", "block")
    assert "By somebody whom you mute or block" in await club.text(page)


@sqlite
async def test_whoever_is_blocked_or_suspended_elsewhere_has_no_page_here(club: Club) -> None:
    for handle, state, status in (
        ("ann@m.example", "live", 200),
        ("bob@m.example", "suspended", 404),
        ("vic@m.example", "gone", 410),
        ("eve@spam.evil.example", "live", 404),
    ):
        await scenery.person(handle, state=state)
        await club.house.instance.wire.peers.block("evil.example")
        assert (await club.guest.get(f"/@{handle}")).status_code == status


@sqlite
@pytest.mark.parametrize("what", ["held", "removed", "members"])
async def test_nobody_acts_on_a_post_that_they_may_not_read(club: Club, what: str) -> None:
    """Hidden is the same as non-existent, at every door that leads to a post."""
    post = await club.write()
    columns = {"visibility": what} if what == "members" else {"state": what}
    await Post.filter(id=post.id).update(author_id=(await Actor.get(username="olga")).id, **columns)
    await Member.filter(actor_id=club.tom.id).update(state="left")
    for tail in ("", "/reply", "/edit", "/delete", "/history"):
        for id in (post.id, 1):
            assert (await club.guest.get(f"/posts/{id}{tail}")).status_code == 404
    for tail in ("like", "save"):
        answer = await club.press(f"/posts/{post.id}/{tail}", tail)
        assert answer.status_code == 404
    assert (await club.press(f"/threads/{post.thread_id}/hear", "follow")).status_code == 404


@sqlite
async def test_nobody_edits_or_deletes_what_somebody_else_wrote(club: Club) -> None:
    post = await club.write()
    async with club.house.guest() as guest:
        await guest.sign_in()
        for tail in ("edit", "delete"):
            assert (await guest.get(f"/posts/{post.id}/{tail}")).status_code == 404
            token = hidden(await guest.get("/feed"))
            answer = await guest.post(f"/posts/{post.id}/{tail}", token | {"act": "send"})
            assert answer.status_code == 404
    assert (await Post.get(id=post.id)).state == "live"


@sqlite
async def test_an_act_that_another_site_sends_does_nothing(club: Club) -> None:
    post = await club.write()
    token = hidden(await club.guest.get("/feed"))["form_token"]
    for path in (f"/posts/{post.id}/like", f"/posts/{post.id}/delete", "/groups/welders/new"):
        sent = {"form_token": token, "act": "like", "title": "x", "text": "y"}
        foreign = await club.guest.client.post(
            path, data=sent, headers={"Origin": "https://evil.example"}
        )
        assert foreign.status_code == 403
        bare = await club.guest.post(path, sent | {"form_token": "x"})
        assert bare.status_code in {403, 409}
    assert (await Post.get(id=post.id)).likes_count == 0


@sqlite
async def test_htmx_is_given_the_piece_that_changed(club: Club) -> None:
    post = await club.write()
    token = hidden(await club.guest.get("/feed"))["form_token"]
    answer = await club.guest.post(
        f"/posts/{post.id}/like", {"form_token": token, "act": "like"}, **{"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div class="acts"')
    assert 'aria-pressed="true"' in answer.text


@sqlite
async def test_members_make_a_poll_and_vote_in_it_on_pages(club: Club) -> None:
    poll = {"title": "Which one?", "text": "For thin sheet."}
    refused = await club.sent("/groups/welders/new", **poll, poll="MIG\n")
    assert refused.status_code == 422
    assert "A poll has two options at least." in refused.text
    assert ">MIG\n</textarea>" in refused.text
    made = await club.sent("/groups/welders/new", **poll, poll="MIG\n<b>TIG</b>\n\n")
    link = made.headers["location"]
    assert "0 people voted" in await club.text(link)
    assert "<bdi>&lt;b&gt;TIG&lt;/b&gt;</bdi>" in (await club.guest.get(link)).text
    post = await Post.get(author_id=club.tom.id)
    async with club.house.guest() as olga:
        stranger = (await olga.get(link)).text
        assert "0 votes" in stranger
        assert f"/posts/{post.id}/vote" not in stranger
        await club.house.settle("ann")
        await olga.sign_in("ann")
        for path in (link, f"/posts/{post.id}"):
            outside = (await olga.get(path)).text
            assert f"/posts/{post.id}/vote" not in outside
            assert "Only members vote in polls of this group: join it first." in outside
        await olga.post("/logout", hidden(await olga.get("/settings")))
        await olga.sign_in("olga")
        page = await olga.get(link)
        sent = hidden(page) | {"choice": "1"}
        assert (await olga.post(f"/posts/{post.id}/vote", sent)).status_code == 303
        after = (await olga.get(link)).text
        assert "Your choice" in after
        assert "1 person voted" in after
        assert f"/posts/{post.id}/vote" not in after
        again = await olga.post(f"/posts/{post.id}/vote", sent)
        assert "You have already voted in this poll." in again.text


@sqlite
async def test_custom_emoji_are_pictures_in_polls_notifications_and_names_of_groups(
    club: Club,
) -> None:
    fox = {"type": "Emoji", "name": ":fox:", "icon": {"url": "https://m.example/fox.png"}}
    bears = json.dumps({"tag": [fox]})
    group = await scenery.group("foxes", "Foxes :fox:", hosted=False)
    await Actor.filter(id=group.actor_id).update(
        document=bears, local=False, host="m.example", uri="https://m.example/c/foxes"
    )
    await scenery.join(group, club.tom)
    ann = await scenery.person("ann@m.example")
    thread, asked = await scenery.thread(group, ann, "Which?", kind="Question", document=bears)
    await Poll.create(
        id=1, post_id=asked.id, options='["A :fox:", "A <hen>"]', counts="[1, 0]", ends_at=1
    )
    said = "<p>A :fox: it is</p>"
    answer = await scenery.post(thread, ann, asked, content=said, document=bears)
    await telling.mentioned(answer.id, ann.id, thread.id, [club.tom.uri], 0)

    where = f"/groups/foxes@m.example/threads/{thread.id}"
    many = {where: 3, "/notifications": 2, "/feed": 2, "/groups/foxes@m.example": 1}
    for path, count in many.items():
        shown = (await club.guest.get(path)).text
        assert shown.count('alt=":fox:"') == count, path
        assert "<hen>" not in shown
