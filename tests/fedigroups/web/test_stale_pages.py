"""A page that was open for long undoes nothing that was changed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from federation.models import Actor
from fedigroups import about, announcements
from fedigroups.accounts import mailing
from fedigroups.accounts.mail_models import Mailing
from fedigroups.accounts.models import Account
from fedigroups.groups import founding, joining, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.models import Announcement
from fedigroups.moderation import watching
from fedigroups.moderation.automatic import Rule
from fedigroups.moderation.models import AutomaticRule
from guests import Guest, House, hidden

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]


@dataclass(frozen=True)
class Form:
    """A form that edits: its page and fields, the one that is changed, and where that is kept."""

    page: str
    fields: dict[str, str]
    changed: str
    kept: str
    values: tuple[str, str] = ("one.example", "two.example")


GROUP = {
    "title": "Welders",
    "language": "en",
    "join_policy": "open",
    "post_policy": "members",
    "approve": "nobody",
    "newcomer_posts": "3",
}
MAIL = dict.fromkeys(mailing.KINDS, "digest") | {"digest": "daily", "locale": "en"}
FORMS = {
    "group": Form("/groups/welders/settings", GROUP, "title", "group.title"),
    "servers": Form(
        "/groups/welders/settings/servers", {}, "servers_blocked", "group.servers_blocked"
    ),
    "rule": Form("/groups/welders/settings/rules", {"kind": "words"}, "words", "rule.words"),
    "texts": Form("/admin/texts?language=en", {}, "rules", "said.rules"),
    "look": Form("/admin/look", {}, "name", "said.name"),
    "announcement": Form("/admin/announcements", {}, "text", "announcement.text"),
    "profile": Form("/settings/profile", {"name": "Olga"}, "note", "actor.note"),
    "preferences": Form(
        "/settings/preferences",
        {"visibility": "public"},
        "language",
        "account.language",
        ("it", "es"),
    ),
    "mail": Form("/settings/mail", MAIL, "hour", "mailing.hour", ("9", "17")),
    "post": Form("/posts/{post}/edit", {"title": "Rods", "act": "send"}, "text", "post.text"),
}


@pytest.fixture
async def host(house: House):
    """Olga, who runs the server and the welders, in her browser."""
    olga = await Actor.get(username="olga")
    await Account.filter(actor_id=olga.id).update(role="admin")
    wire = house.instance.wire
    await founding.found(wire, "welders", olga, Profile(title="Welders", language="en"))
    group = await Group.get(name="welders").select_related("actor")
    await speaking.write(wire, olga, group, Text("Where?", title="Rods", whole=True))
    await announcements.make("We move.")
    await watching.add(group, Rule("words", words=("cheap",)))
    async with house.guest() as guest:
        await guest.sign_in()
        yield guest


async def stands(guest: Guest) -> dict[str, str]:
    """What is kept, wherever a form keeps it."""
    group, post = await Group.get(name="welders"), await Post.get(title="Rods")
    said = await about.read()
    profile = await guest.get("/settings/profile")
    return {
        "group.title": group.title,
        "group.servers_blocked": group.servers_blocked,
        "rule.words": (await AutomaticRule.get()).words,
        "said.rules": said.texts.get(("rules", "en"), ""),
        "said.name": said.name,
        "announcement.text": (await Announcement.get()).text,
        "actor.note": profile.text.partition('name="note"')[2]
        .partition("</textarea>")[0]
        .partition(">")[2]
        .strip(),
        "mailing.hour": str((await Mailing.get()).hour),
        "account.language": (await Account.get()).language,
        "post.text": post.content.removeprefix("<p>").removesuffix("</p>"),
    }


@pytest.mark.parametrize("name", FORMS)
async def test_what_two_change_is_asked_and_a_second_press_is_meant(host: Guest, name: str) -> None:
    form = FORMS[name]
    page = form.page.format(post=(await Post.get(title="Rods")).id)
    numbers = {
        "rule": (await AutomaticRule.get()).id,
        "announcement": (await Announcement.get()).id,
    }
    more = {"rule": {"do": "save", "rule": str(numbers["rule"])}}.get(name, {})
    if name == "announcement":
        more = {"change": str(numbers["announcement"])}
    old, typed = hidden(await host.get(page)), form.fields | more
    one, two = form.values

    first = await host.fill(page, page, **typed | {form.changed: one})
    assert first.status_code in {200, 303}, first.text
    assert (await stands(host))[form.kept] == one

    late = await host.post(page, old | typed | {form.changed: two})
    assert late.status_code == 422
    assert "meanwhile" in late.text
    assert two in late.text
    assert (await stands(host))[form.kept] == one

    meant = await host.post(page, hidden(late) | typed | {form.changed: two})
    assert meant.status_code in {200, 303}, meant.text
    assert (await stands(host))[form.kept] == two


async def test_a_field_that_was_left_alone_follows_what_somebody_else_made_of_it(
    host: Guest,
) -> None:
    page, typed = "/groups/welders/settings", GROUP
    old = hidden(await host.get(page))
    await host.fill(page, **typed | {"title": "All welders"})
    kept = await host.post(page, old | typed | {"description": "For who joins metal."})
    assert kept.status_code == 303, kept.text
    group = await Group.get(name="welders")
    assert (group.title, group.description) == ("All welders", "For who joins metal.")


async def test_nobody_decides_on_a_page_that_shows_what_is_no_more(
    host: Guest, house: House
) -> None:
    tom = await house.settle("tom")
    person = await Actor.get(id=tom.actor_id)
    group = await Group.get(name="welders").select_related("actor")
    await joining.join(house.instance.wire, person, group.actor)
    member = await Member.get(actor_id=tom.actor_id)
    about_tom = {
        f"/groups/welders/members/{member.id}": {"act": "ban", "reason": "Spam", "days": "7"},
        f"/admin/people/{tom.id}": {"act": "role", "role": "moderator"},
    }
    old = {page: hidden(await host.get(page)) for page in about_tom}
    await membership._move(group, person, "banned", reason="Fraud")
    await Account.filter(id=tom.id).update(role="admin")
    for page, press in about_tom.items():
        late = await host.post(page, old[page] | press)
        assert (late.status_code, "meanwhile" in late.text) == (422, True), page
    assert (await Member.get(id=member.id)).reason == "Fraud"
    assert (await Account.get(id=tom.id)).role == "admin"
