"""What hosts and staff do on pages stands in the log of acts: every form of theirs, in a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getsource, unwrap

import click
import pytest
from starlette.routing import Route

import doors
import scenery
from federation.models import Peer
from fedigroups import audit, cli
from fedigroups.accounts.models import Account
from fedigroups.groups import founding, lookup
from fedigroups.groups.founding import Profile
from fedigroups.groups.invitation_models import GroupInvitation
from fedigroups.groups.models import Group, Member
from fedigroups.moderation import filing, mail, reporting
from fedigroups.moderation.reporting import Complaint
from fedigroups.web.staff import acted
from guests import PASSWORD, Guest, House, hidden

pytestmark = pytest.mark.anyio

OURS = ("fedigroups.web.hosting.", "fedigroups.web.staff.", "fedigroups.web.moderation.")
OTHERS = {
    "/groups/{name}/mail": "any member",
    "/groups/{name}/invited": "whoever was sent a link",
    "/posts/{id}/report": "any member",
    "/settings/decisions": "whoever appeals",
}
"""Forms of those packages that neither hosts nor staff fill in."""


@dataclass(frozen=True)
class World:
    """What stands in addresses and forms."""

    tom: int
    asking: int
    account: int
    thread: int
    writer: int
    report: int
    invitation: int
    group: int


WRITES_DOWN = re.compile(r"\b(acting|_decided?|_turn|_about_\w+)\(")
"""How a command's source names what ends in `cli.run.acting`."""

Facts = Callable[[World], dict[str, str]]
Line = tuple[Facts, str]
"""What the form says, and how the act is called."""

FORMS: dict[str, list[Line]] = {
    "/groups/new": [
        (lambda w: {"name": "bakers", "language": "en", "join_policy": "open"}, "group create")
    ],
    "/groups/{name}/requests": [
        (lambda w: {"member": str(w.asking), "decision": "approve"}, "group approve")
    ],
    "/groups/{name}/members/{id}": [
        (lambda w: {"act": "appoint"}, "group appoint"),
        (lambda w: {"act": "ban", "reason": "Spam"}, "group ban"),
    ],
    "/groups/{name}/invitations": [
        (lambda w: {"way": "link", "uses": "1", "days": "7"}, "group link"),
        (lambda w: {"withdraw": str(w.invitation)}, "group withdraw"),
    ],
    "/groups/{name}/settings": [
        (
            lambda w: {"title": "Metal", "join_policy": "open", "post_policy": "members"},
            "group set",
        )
    ],
    "/groups/{name}/settings/pictures": [(lambda w: {"no_icon": "1"}, "group set")],
    "/groups/{name}/settings/servers": [(lambda w: {"servers_blocked": "x.example"}, "group set")],
    "/groups/{name}/settings/rules": [
        (lambda w: {"do": "add", "kind": "words", "words": "casino"}, "moderate automatic")
    ],
    "/groups/{name}/pins": [
        (lambda w: {"act": "pin", "thread": str(w.thread)}, "moderate pin"),
        (lambda w: {"act": "up", "thread": str(w.thread)}, "moderate up"),
    ],
    "/groups/{name}/moderation": [
        (lambda w: {"report": str(w.report), "decision": "claim"}, "moderate claim")
    ],
    "/groups/{name}/moderation/mail": [
        (lambda w: {"with": str(w.writer), "text": "We look."}, "moderate mail")
    ],
    "/admin/people/{id}": [(lambda w: {"act": "suspend", "reason": "Spam"}, "user suspend")],
    "/admin/groups/{id}": [
        (lambda w: {"act": "contact", "text": "Hello"}, "group contact"),
        (lambda w: {"act": "suspend", "reason": "Spam"}, "group suspend"),
        (lambda w: {"act": "lift"}, "group lift"),
    ],
    "/admin/announcements": [(lambda w: {"text": "We move."}, "announcement make")],
    "/admin/works": [(lambda w: {}, "mail test")],
    "/admin/texts": [(lambda w: {"about": "Ours."}, "instance texts")],
    "/admin/look": [(lambda w: {"name": "Ours", "colour": "#aa0000"}, "instance look")],
    "/admin/servers": [(lambda w: {"act": "block", "host": "bad.example"}, "peer block")],
    "/admin/servers/{host}": [
        (lambda w: {"act": "limit", "note": "Few moderators"}, "peer limit"),
        (lambda w: {"act": "note", "note": ""}, "peer note"),
    ],
    "/admin/sign-ups": [
        (lambda w: {"what": "eve@spam.example", "days": "7"}, "user block-sign-ups"),
    ],
    "/admin/servers/import": [
        (lambda w: {"step": "block", "text": "worse.example"}, "peer import")
    ],
    "/admin/reports": [(lambda w: {"report": str(w.report), "decision": "claim"}, "reports claim")],
    "/admin/queue": [(lambda w: {"host": "m.example"}, "queue retry")],
    # last, for it closes the group
    "/groups/{name}/settings/handing-over": [
        (
            lambda w: {"step": "close", "close_current": PASSWORD, "confirm": "welders"},
            "group close",
        )
    ],
}
"""Every form of hosts and staff. Whoever adds one says here what it writes down."""


def found(house: House) -> set[str]:
    routes = doors.inside(house.app).routes
    return {
        route.path
        for route in routes
        if isinstance(route, Route)
        and "POST" in (route.methods or ())
        and route.endpoint.__module__.startswith(OURS)
    }


async def furnished(house: House) -> World:
    await house.settle("tom")
    olga, tom = [await lookup.person(name) for name in ("olga", "tom")]
    await Account.filter(actor_id=olga.id).update(role="admin")
    group = (await founding.found(house.instance.wire, "welders", olga, Profile())).group
    toms = await scenery.join(group, tom)
    ann = await scenery.person("ann@m.example")
    asks = await scenery.join(group, ann)
    await Member.filter(id=asks.id).update(state="asked", follow="{}")
    thread, root = await scenery.thread(group, tom, "Thin sheet")
    said = Complaint(person=tom, posts=[root], text="It sells.", for_staff=True)
    await reporting.report(house.instance.wire, ann, said)
    (report,) = await filing.waiting(group.id, olga)
    account = await Account.get(actor_id=tom.id)
    await mail.write(group, tom, "May I?")
    await Peer.create(host="m.example", first_seen_at=1)
    return World(toms.id, asks.id, account.id, thread.id, tom.id, report.id, 0, group.id)


async def test_every_form_of_hosts_and_staff_writes_down_who_did_what(house: House) -> None:
    assert found(house) == set(FORMS) | set(OTHERS)
    world = await furnished(house)
    async with house.guest() as olga:
        await olga.sign_in()
        token = {"form_token": hidden(await olga.get("/settings"))["form_token"]}
        for path, lines in FORMS.items():
            for facts, _ in lines:
                await refused(olga, world, path, facts(world), token)
        assert await audit.newest(1) == []
        for path, lines in FORMS.items():
            for facts, what in lines:
                await check(olga, world, path, token | facts(await now(world)), what)
    assert (await Group.get(name="welders")).state == "closed"


async def now(world: World) -> World:
    """With the link that was made meanwhile."""
    link = await GroupInvitation.first()
    return World(**{**world.__dict__, "invitation": link.id if link else 0})


async def refused(
    olga: Guest, world: World, path: str, form: dict[str, str], token: dict[str, str]
) -> None:
    """Without the token, and from another site, nothing is done."""
    bare = await olga.post(address(world, path), form)
    foreign = await olga.post(address(world, path), form | token, Origin="https://evil.example")
    assert (bare.status_code, foreign.status_code) == (403, 403), path


def address(world: World, path: str) -> str:
    numbers = {
        "/groups/{name}/members/{id}": world.tom,
        "/admin/people/{id}": world.account,
        "/admin/groups/{id}": world.group,
    }
    known = {"{name}": "welders", "{host}": "m.example", "{id}": str(numbers.get(path, 0))}
    for place, value in known.items():
        path = path.replace(place, value)
    return path


async def check(olga: Guest, world: World, path: str, form: dict[str, str], what: str) -> None:
    """It is done and written down; sent twice, it is done or refused in words."""
    before = await audit.newest(100)
    answer = await olga.post(address(world, path), form)
    assert answer.status_code in {200, 303}, (path, answer.status_code, answer.text)
    lines = await audit.newest(100)
    assert len(lines) == len(before) + 1, path
    assert (lines[0].who, lines[0].what) == ("@olga", what), path
    assert acted.act(what) != what, f"fedigroups/web/staff/acted.py has no words for {what}"
    again = await olga.post(address(world, path), form)
    assert again.status_code in {200, 303, 404, 422}, (path, what)


def changing(command: click.Command, path: str = "") -> Iterator[str]:
    """The commands that write down what they did, by the name that stands there."""
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from changing(one, f"{path} {name}".strip())
    elif command.callback and WRITES_DOWN.search(getsource(unwrap(command.callback))):
        yield path


def test_every_command_that_changes_something_is_called_in_words_in_the_log() -> None:
    names = set(changing(cli.main))
    assert {"peer block", "moderate ban", "group remove", "maintenance on"} <= names
    assert [one for one in sorted(names) if acted.act(one) == one] == []


POLICIES = {"join_policy": "open", "post_policy": "members"}
WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("/groups/new", {"name": "Two words", "title": "Metal & more"}, "name", "Metal &amp; more"),
    ("/groups/{name}/members/{id}", {"act": "ban", "reason": " "}, "reason", ""),
    ("/groups/{name}/invitations", {"way": "handle", "handle": "a & b"}, "handle", "a &amp; b"),
    ("/groups/{name}/settings", POLICIES | {"title": " ", "rules": "1 < 2"}, "title", "1 &lt; 2"),
    (
        "/groups/{name}/settings/servers",
        {"servers_allowed": "m.example\nno host"},
        "servers_allowed",
        "m.example\nno host</textarea>",
    ),
    (
        "/groups/{name}/settings/handing-over",
        {"step": "close", "close_current": PASSWORD, "confirm": "bakers"},
        "confirm",
        "bakers",
    ),
    ("/admin/people/{id}", {"act": "suspend", "reason": " "}, "reason", ""),
    ("/admin/groups/{id}", {"act": "contact", "text": " "}, "text", ""),
    (
        "/admin/groups/{id}",
        {"act": "close", "why": "Why.", "confirm": "b & c"},
        "confirm",
        "b &amp; c",
    ),
    ("/admin/servers", {"act": "block", "host": "b@d", "note": "a < b"}, "host", "a &lt; b"),
    ("/admin/sign-ups", {"what": "b@d", "note": "a < b"}, "what", "a &lt; b"),
    ("/admin/servers/import", {"text": " "}, "list", ""),
    (
        "/admin/announcements",
        {"text": "a < b", "ends": "2020-01-01T10:00"},
        "ends",
        "a &lt; b</textarea>",
    ),
    ("/admin/texts", {"about": "a < b", "privacy": "x" * 20_001}, "privacy", "a &lt; b</textarea>"),
    ("/admin/look", {"name": "A & B", "colour": "green"}, "colour", "A &amp; B"),
]
"""What is refused: where, what was typed, beside which field it is said, and what is kept."""
EMPTY = {
    "/groups/{name}/requests": "change who may join in the settings",
    "/groups/{name}/members?q=zebra": "Nobody of that name",
    "/groups/{name}/pins": "Pin what newcomers should read first",
    "/groups/{name}/invitations": "One that you make is listed here",
    "/admin/people?q=zebra": "Try a part of the name",
    "/admin/people?state=pending": "Whoever does is listed here",
    "/admin/groups?state=suspended": "on the page of a group",
    "/admin/servers": "import a list that others keep",
    "/admin/servers?q=zebra": "can be blocked all the same",
    "/admin/sign-ups": "addresses to throw away",
    "/admin/reports": "Reports about a group go to its hosts",
    "/admin/queue": "is tried again by itself",
    "/admin/log": "is written down on this page",
    "/admin/announcements": "stands at the top of every page",
}
"""What a page says of itself when there is nothing on it yet."""


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_pages_of_care_teach_when_empty_and_say_beside_the_field_what_is_wrong(
    house: House,
) -> None:
    await house.settle("tom")
    olga, tom = [await lookup.person(name) for name in ("olga", "tom")]
    await Account.filter(actor_id=olga.id).update(role="admin")
    async with house.guest() as guest:
        await guest.sign_in()
        assert "it takes a minute" in (await guest.get("/hosting")).text
        group = (await founding.found(house.instance.wire, "welders", olga, Profile())).group
        for path, words in EMPTY.items():
            shown = await guest.get(path.replace("{name}", "welders"))
            assert words in shown.text, path
        toms = await scenery.join(group, tom)
        account = await Account.get(actor_id=tom.id)
        world = World(toms.id, 0, account.id, 0, 0, 0, 0, group.id)
        token = {"form_token": hidden(await guest.get("/settings"))["form_token"]}
        for path, typed, field, kept in WRONG:
            answer = await guest.post(address(world, path), token | typed)
            assert answer.status_code == 422, path
            assert f'id="{field}-problem"' in answer.text, path
            assert kept in answer.text, path
    assert await audit.newest(1) == []
