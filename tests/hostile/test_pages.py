"""Every page that takes a form, and every door by whoever is signed in: found in the app itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.routing import Route

import doors
from doors import Known, ask, inside
from doors import addresses as doors_of
from federation import ids, storage
from federation.models import Actor
from fedigroups.accounts import sessions
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import person_named
from fedigroups.app import make_app
from fedigroups.groups import founding, joining, lookup, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.moderation import appeals, reporting
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.moderation.models import Appeal, Decision, Report
from fedigroups.moderation.reporting import Complaint
from guests import ORIGIN, Guest, House, hidden
from trials import Scene
from world import Town

pytestmark = pytest.mark.anyio

SECRET = "sesame"
PROGRAMS = ("/api/", "/oauth/token", "/oauth/revoke")
OPEN = {"/inbox", "/language"}
"""What takes no token: signatures prove the one, the other is a taste."""
KEPT = ("session", "ticket", "sqlite_sequence")
"""What a look at a page may change."""


@dataclass
class Place:
    """The group of the welders, which Olga owns who runs the instance; in it Tom and his poll."""

    house: House
    numbers: dict[str, int]

    def forms(self) -> list[str]:
        """Every address of a page that takes a form."""
        found = [
            re.sub(r":\w+\}", "}", route.path)
            for route in inside(self.house.app).routes
            if isinstance(route, Route) and "POST" in (route.methods or ())
        ]
        pages = [p for p in found if not p.startswith(PROGRAMS) and not p.endswith("/inbox")]
        return [self.filled(page) for page in pages if page not in OPEN]

    def filled(self, path: str) -> str:
        """With ids that there are, so that nothing but the token can be missing."""
        kind = next(kind for kind in self.numbers if path.startswith(kind))
        return path.replace("{name}", "welders").replace("{id}", str(self.numbers[kind]))


@pytest.fixture
async def place(house: House) -> Place:
    wire = house.instance.wire
    await house.settle("tom")
    olga, tom = await person_named(wire, "olga"), await person_named(wire, "tom")
    await Account.filter(actor_id=olga.id).update(role="admin")
    hosted = await founding.found(wire, "welders", olga, Profile(title="Welders"))
    await joining.join(wire, tom, hosted.actor)
    asked = Text("Which one?", poll=Asked(("MIG", "TIG"), 3_600))
    post = await speaking.write(wire, tom, hosted.group, asked)
    numbers = {
        "/posts/": post.id,
        "/threads/": post.thread_id,
        "/people/": tom.id,
        "/groups/{name}/members": (await Member.get(actor_id=tom.id)).id,
        "/admin/groups": hosted.group.id,
        "/admin/people": (await Account.get(actor_id=tom.id)).id,
        "/": 0,
    }
    return Place(house, numbers)


async def everything() -> dict[str, list[Any]]:
    """All rows of all tables, but for those that a look may change."""
    tables = await storage.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = [row["name"] for row in tables if not row["name"].startswith((*KEPT, "search"))]
    return {
        name: sorted(str(dict(row)) for row in await storage.rows(f'SELECT * FROM "{name}"'))
        for name in names
    }


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_form_does_anything_for_another_site_or_without_its_token(place: Place) -> None:
    # H200: each page that takes a form; the token of another visitor, and a browser that says more
    said = {"act": "ban", "decision": "approve", "reason": "x", "text": "x", "choice": "0"}
    said |= {"name": "tom", "host": "h.example", "category": "spam", "heir": "tom", "days": "1"}
    async with place.house.guest() as guest, place.house.guest() as eve:
        await guest.sign_in()
        good = hidden(await guest.get("/settings"))["form_token"]
        theirs = hidden(await eve.get("/login"))["form_token"]
        before = await everything()
        forms = place.forms()
        assert len(forms) > 40
        for path in forms:
            for headers in ({"Origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
                answer = await guest.post(path, said | {"form_token": good}, **headers)
                # who is signed in is sent on from the pages of signing in
                # nor are there pages of somebody else's post
                sent_on = path.startswith("/login") or answer.status_code == 404
                assert answer.status_code == 403 or sent_on, (path, headers)
            for token in ("", theirs, "x" * 5_000):
                answer = await guest.post(path, said | {"form_token": token})
                assert answer.status_code in {303, 400, 403, 404, 409, 410, 422}, (
                    path,
                    answer.text,
                )
        assert await everything() == before


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nothing_is_changed_by_looking(place: Place) -> None:
    # H200: whatever address whoever runs all is made to open, with all that forms say behind it
    said = {"act": "ban", "decision": "approve", "reason": "x", "form_token": "", "step": "block"}
    said |= {"name": "tom", "host": "h.example", "uri": "x", "to": "it", "_method": "POST"}
    async with place.house.guest() as guest:
        await guest.sign_in()
        said["form_token"] = hidden(await guest.get("/settings"))["form_token"]
        before = await everything()
        opened = 0
        for route in doors.routes(place.house.app):
            path = re.sub(r"\{[^}]*\}", "1", place.filled(re.sub(r":\w+\}", "}", route.path)))
            if "/streaming" in path or path in ("/live", "/readyz"):
                continue  # those have no end, and this one is there to write
            for asked in (path, f"{path}?{urlencode(said)}"):
                assert (await guest.get(asked)).status_code < 500, asked
                opened += 1
        assert opened > 300
        assert await everything() == before


FIELDS = """
    about act after appeal boost_replies canned category choice code current days decision
    description handle heir hide_totals host join_policy language list member name note
    option poll_days post post_policy reason report role rule rules session staff state step
    summary text title token typed uses uri warning way withdraw zone
"""
"""What is asked for in any form."""


@pytest.mark.parametrize("kind", ["postgres"])  # the stricter one
async def test_no_word_in_a_form_breaks_a_page(place: Place) -> None:
    # H080, H183, H188, H250: every field that a page has, with what it should not be
    words = (
        "https://nowhere.example/x",
        "a@nowhere.example",
        "9" * 5_000,
        "9223372036854775807",
        "-1",
        "1e400",
        "\ufeff\u202e\U0001f468\u200d",
        "%",
    )
    async with place.house.guest() as guest:
        await guest.sign_in()
        token = {"form_token": hidden(await guest.get("/settings"))["form_token"]}
        spared = ("/logout", "/settings/sessions", "/settings/close", "/login", "/forgot")
        for path in place.forms():
            for word in words:
                if not path.startswith(spared):
                    answer = await guest.post(path, dict.fromkeys(FIELDS.split(), word) | token)
                    assert answer.status_code < 500, (path, word, answer.text)
        assert (await guest.get("/groups/welders")).status_code == 200


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_name_in_an_address_breaks_a_page(place: Place) -> None:
    # H184, H254: longer than anything that is kept, in whichever place of whichever address
    async with place.house.guest() as guest, place.house.guest() as stranger:
        await guest.sign_in()
        for route in doors.routes(place.house.app):
            for word in ("x" * 300, f"a@{'x' * 300}", "9" * 300, "\u0430" * 300):
                path = re.sub(r"\{[^}]*\}", word, route.path)
                if "/streaming" not in path and path != "/live":
                    for who in (guest, stranger):
                        assert (await who.get(path)).status_code < 500, (route.path, word[:9])


LISTS = {
    "a,b\0c\nevil.example": 422,
    "x" * 200_000: 422,
    '"' + "evil.example\n" * 9: 422,
    "evil.example\n" * 20_001: 422,
    "#domain,#severity\nb**d.example,suspend\nevil.example,suspend": 200,
    "evil.example\rso.example": 200,
    "еvil.example\nevil.example": 200,
    "https://evil.example/\nevil.example": 200,
    "evil.example,suspend,,,=cmd|'/C calc'!A0,": 200,
}


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_list_of_blocks_is_read_or_refused_whatever_is_in_it(place: Place) -> None:
    # H250, H235: what cannot be a host is left out, and spoils no other
    async with place.house.guest() as guest:
        await guest.sign_in()
        form = hidden(await guest.get("/admin/servers/import"))
        for text, status in LISTS.items():
            for file in (False, True):
                sent = {"files": {"list": ("../../x.csv", text)}} if file else {}
                answer = await guest.client.post(
                    "/admin/servers/import",
                    data=form if file else form | {"text": text},
                    headers={"Origin": "https://groups.example"},
                    **sent,
                )
                refused = (400, 422)  # 400 for what no form may hold
                assert answer.status_code in ((200,) if status == 200 else refused), text[:40]
                assert ("evil.example" in answer.text) or status != 200


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_no_list_and_nobody_blocks_the_server_itself(place: Place) -> None:
    # H235: by its name, its port, or a domain above it
    async with place.house.guest() as guest:
        await guest.sign_in()
        form = hidden(await guest.get("/admin/servers/import"))
        listed = "groups.example\nGROUPS.example:443\nevil.example\n"
        done = await guest.post("/admin/servers/import", form | {"text": listed, "step": "block"})
        assert done.status_code == 303
        for host in ("groups.example", "example"):
            refused = await guest.post("/admin/servers", form | {"act": "block", "host": host})
            assert refused.status_code == 422, host
    peers = place.house.instance.wire.peers
    asked = [await peers.is_blocked(host) for host in ("groups.example", "evil.example")]
    assert asked == [False, True]


async def test_whoever_is_no_moderator_learns_nothing_at_the_desk(place: Place) -> None:
    # H212, H242: a form is answered alike, whether there is such a post, appeal or report or not
    post_id = place.numbers["/posts/"]
    await Post.filter(id=post_id).update(state="held")
    await place.house.settle("eve")
    async with place.house.guest() as eve:
        await eve.sign_in("eve")
        token = {"form_token": hidden(await eve.get("/settings"))["form_token"]}
        for said in (
            *({"decision": "accept", "post": str(one)} for one in (post_id, post_id + 1)),
            *({"decision": "refuse", "rule": "1"}, {"decision": "uphold", "appeal": "1"}),
            {"decision": "heed", "report": "1"},
        ):
            answer = await eve.post("/groups/welders/moderation", said | token)
            assert answer.status_code == 404, said


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_moderator_decides_nothing_at_their_desk_of_another_group(place: Place) -> None:
    # H212: a post that waits, an appeal and a report of the welders, at the desk of Eve's bakers
    wire, post_id = place.house.instance.wire, place.numbers["/posts/"]
    await place.house.settle("eve")
    olga, tom, eve = [await person_named(wire, name) for name in ("olga", "tom", "eve")]
    await founding.found(wire, "bakers", eve, Profile(title="Bakers"))
    hosted = await lookup.hosted_named("welders")
    warning = await decide(
        wire, Act(kind="warn", hosted=hosted, decider=olga, person=tom, text="Be kind")
    )
    await appeals.lodge(tom, warning, "I was kind")
    post = await Post.get(id=post_id).select_related("author", "thread__group__actor")
    report = await reporting.report(wire, olga, Complaint(person=tom, posts=[post], text="Rude"))
    await Post.filter(id=post_id).update(state="held")
    appeal = await Appeal.get()
    async with place.house.guest() as guest:
        await guest.sign_in("eve")
        before = await everything()
        for said in (
            {"decision": "accept", "post": str(post_id)},
            {"decision": "overturn", "appeal": str(appeal.id), "text": "Kind"},
            {"decision": "heed", "report": str(report), "text": "Seen"},
        ):
            answer = await guest.fill("/groups/bakers/moderation", **said)
            assert answer.status_code in {404, 422}, said
            assert "welders" not in answer.text, said
    assert await everything() == before


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_only_groups_are_joined_from_an_address_that_is_pasted(scene: Scene) -> None:
    # H202's neighbour: `/follow`, to which other servers send people of ours
    town = scene.ours
    path = f"/follow?{urlencode({'uri': 'https://h.example/users/new'})}"
    stranger = await ask(town, path, "text/html")
    assert (stranger.status_code, stranger.headers["location"][:6]) == (303, "/login")
    assert not scene.world.network.requests("GET", "https://h.example/users/new")
    path = f"/follow?{urlencode({'uri': scene.vic.uri})}"
    shown = await ask(town, path, "text/html", **await cookie(town, "tom"))
    assert "There is no group at" in shown.text
    assert await posted(town, "tom", "/follow", {"uri": scene.vic.uri}) == 404


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_group_is_not_given_away_by_whoever_found_a_browser_open(place: Place) -> None:
    # H197, H210: it takes the password, on whichever page
    number = place.numbers["/groups/{name}/members"]
    async with place.house.guest() as thief:
        await thief.sign_in()
        answer = await thief.fill(f"/groups/welders/members/{number}", act="transfer")
        assert answer.status_code == 403
    owner = await Member.get(role="owner").select_related("actor")
    assert owner.actor.username == "olga"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nobody_decides_about_their_own_appeal(place: Place) -> None:
    # H242: a moderator against whom another one decided
    wire = place.house.instance.wire
    hosted = await lookup.hosted_named("welders")
    olga, tom = await lookup.person("olga"), await lookup.person("tom")
    await Member.filter(actor_id=tom.id).update(role="moderator")
    act = Act(kind="warn", hosted=hosted, decider=olga, person=tom, text="Be kind")
    decision = await decide(wire, act)
    await appeals.lodge(tom, decision, "I was kind")
    appeal = await Appeal.get()
    async with place.house.guest() as guest:
        await guest.sign_in("tom")
        answer = await guest.fill(
            "/groups/welders/moderation", decision="overturn", appeal=str(appeal.id), text="So am I"
        )
        assert answer.status_code == 422
    assert (await Appeal.get()).state == "open"
    assert await Decision.all().count() == 1


# Every door, by whoever is signed in in a browser


async def cookie(town: Town, name: str) -> dict[str, str]:
    async def begin() -> str:
        return await sessions.begin(await Account.get(actor__username=name))

    return {"Cookie": f"__Host-fedigroups={await town.run(begin)}"}


async def walked(town: Town, name: str, known: Known) -> AsyncIterator[tuple[str, str]]:
    """What each page, document and feed says to somebody in their browser."""
    headers = await cookie(town, name)
    for path in doors_of(make_app(town.instance), known):
        if not path.startswith(("/api/", "/live", "/static/", "/media/")):
            yield path, (await ask(town, path, "text/html", **headers)).text


def around(post: Post, **more: Any) -> Known:
    return Known(threads=(post.thread_id,), posts=(post.id,), people=("tom", "olga"), **more)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("who", "state"),
    [("member", "live"), ("left", "live"), ("banned", "live"), ("member", "held")],
)
async def test_a_browser_shows_what_whoever_is_signed_in_may_see(
    scene: Scene, who: str, state: str
) -> None:
    # H221, H222: a members-only and a held post, on each page that somebody who is signed in meets
    town = scene.ours
    post = await town.write("olga", f"The word is {SECRET}.", f"On {SECRET}")
    hides = {"state": state, "visibility": "members" if state == "live" else "public"}

    async def hide() -> None:
        await Post.filter(id=post.id).update(**hides)
        await Member.filter(actor__username="tom").update(state=who)

    await town.run(hide)
    told = set()
    async for path, text in walked(town, "tom", around(post)):
        if SECRET not in path and SECRET in text:
            told.add(path)
    if (who, state) == ("member", "live"):
        assert f"/groups/welders/threads/{post.thread_id}" in told, "or else nothing was looked for"
    else:
        assert told == set()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("state", ["live", "held", "removed"])
async def test_an_address_that_is_pasted_tells_nobody_of_what_is_hidden(
    scene: Scene, state: str
) -> None:
    # H221: `/follow` leads to a post that is known here, for whoever may read it
    town = scene.ours
    post = await town.write("olga", f"The word is {SECRET}.")
    await town.run(lambda: Member.filter(actor__username="tom").update(state="left"))
    headers = await cookie(town, "tom")

    async def pasted(uri: str) -> tuple[int, str, str]:
        path = f"/follow?{urlencode({'uri': uri})}"
        answer = await ask(town, path, "text/html", **headers)
        words = answer.text.replace(uri.rpartition("/")[2], "")
        return answer.status_code, answer.headers.get("location", ""), words

    assert (await pasted(post.uri))[:2] == (302, f"/posts/{post.id}")
    hides = {"state": state, "visibility": "members" if state == "live" else "public"}
    await town.run(lambda: Post.filter(id=post.id).update(**hides))
    assert await pasted(post.uri) == await pasted(town.wire.uris.post("olga", ids.new()))
    assert (await pasted("x" * 3_000))[0] == 400


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_answers_members_alone_is_for_members_alone(place: Place) -> None:
    # H221: by the page, which does not ask who may read an answer
    number = place.numbers["/posts/"]
    await Post.filter(id=number).update(visibility="members")
    async with place.house.guest() as guest:
        await guest.sign_in()
        sent = await guest.fill(f"/posts/{number}/reply", text=f"The word is {SECRET}.", act="send")
        assert sent.status_code == 303
    assert (await Post.get(parent_id=number)).visibility == "members"


async def reported(scene: Scene, post: Post) -> Report:
    """Vic's report of Olga's post, with words that nobody but the staff may read."""
    flag = scene.vic.act("Flag", [post.uri], content=f"{SECRET} says Vic")
    assert await scene.send(flag, scene.vic) == 202
    found: Report = await scene.ours.run(Report.get)
    return found


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("who", ["tom", "olga"])
async def test_who_is_reported_learns_neither_that_nor_by_whom(scene: Scene, who: str) -> None:
    # H233, H242: Olga owns the group and runs the instance, and the report is about her
    town = scene.ours
    await town.run(lambda: Account.filter(actor__username="olga").update(role="admin"))
    post = await town.write("olga", "Buy rods!")
    report = await reported(scene, post)
    assert (report.group_id > 0, report.for_staff) == (True, True)
    there = around(post)
    texts = [(path, text) async for path, text in walked(town, who, there)]
    assert "/admin/reports" in {path for path, _ in texts}
    for path, text in texts:
        assert f"{SECRET} says" not in text, path
        assert str(report.id) not in text, path
        waiting = re.search(r"Something waits for you|moderation#reports", text)
        assert waiting is None, path
    for number, page in (
        (report.id, "/groups/welders/moderation"),
        (report.id, "/admin/reports"),
    ):
        said = await posted(town, who, page, {"report": str(number), "decision": "claim"})
        assert said == 404, page


async def posted(town: Town, name: str, path: str, said: dict[str, str]) -> int:
    """The status of a form with a token that is good."""
    transport = httpx.ASGITransport(make_app(town.instance), raise_app_exceptions=False)
    headers = await cookie(town, name)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as http:
        guest = Guest(http)
        token = hidden(await guest.get("/settings"))["form_token"]
        return (await guest.post(path, said | {"form_token": token})).status_code


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_who_voted_is_at_no_door(scene: Scene) -> None:
    # H242's family: how a poll stands is told, and never by whose vote
    town = scene.ours
    tom = await town.person("tom")

    async def make() -> Post:
        await Group.filter(name="welders").update(post_policy="anyone")  # so that strangers vote
        group = await lookup.any_group("welders")
        asked = Text("Which one?", poll=Asked(("MIG", "TIG"), 3_600))
        return await speaking.write(town.wire, tom, group, asked)

    poll: Post = await town.run(make)
    ursula = scene.home.member("ursula")
    vote = {
        "id": f"{ursula.uri}#votes/1",
        "type": "Note",
        "name": "MIG",
        "attributedTo": ursula.uri,
        "inReplyTo": poll.uri,
        "to": [tom.uri],
    }
    assert await scene.send(ursula.act("Create", vote, to=[tom.uri]), ursula) == 202
    assert await scene.why() == ("done", "voted in a poll")
    people = await town.run(lambda: Actor.filter(username__in=["tom", "olga"]).values_list("id"))
    there = around(poll, accounts=tuple(id for (id,) in people))
    for who in ("tom", "olga"):
        async for path, text in walked(town, who, there):
            assert "ursula" not in text, (who, path)
    for path in doors_of(make_app(town.instance), there):
        answer = (
            ""
            if "/streaming" in path or path == "/live"
            else (await ask(town, path, "application/activity+json")).text
        )
        assert "ursula" not in answer, path
    await scene.settle()
    for delivery in scene.evil.inbox:
        assert b"ursula" not in delivery.body
