"""Of two acts at once the second meets what the first left, and neither undoes the other."""

from __future__ import annotations

import re

import pytest

import scenery
from federation.documents import read_object
from federation.models import Actor
from fedigroups.accounts.people import sign_up
from fedigroups.groups import closing, joining, membership, threads
from fedigroups.groups.evidence import Arrival
from fedigroups.groups.models import Member, Post
from fedigroups.moderation import submissions
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from racing import Do, at_once
from village import Here

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("kind", ["postgres"]),  # SQLite lets one write after the other
]


def act(here: Here, kind: str, by: Actor | None, about: Actor | Post) -> Do:
    """A decision that `by` takes."""
    person, post = (about, None) if isinstance(about, Actor) else (None, about)
    taken = Act(
        kind=kind, hosted=here.hosted, decider=by, text="So it is.", person=person, post=post
    )
    return lambda: decide(here.wire, taken)


async def somebody(here: Here, name: str, role: str = "member") -> Actor:
    actor = await here.remote(f"{name}@m.example")
    await here.join(actor, "microblog")
    await Member.filter(actor_id=actor.id).update(role=role)
    return actor


async def owners(here: Here) -> list[int]:
    return [one.actor_id for one in await Member.filter(role="owner", state="member")]


@pytest.mark.parametrize("what", ["leaves", "closes the account", "is dismissed", "is banned"])
async def test_whoever_is_given_a_group_keeps_it(here: Here, what: str) -> None:
    olga, mo = await somebody(here, "olga", "owner"), await somebody(here, "mo", "moderator")
    account = await sign_up(here.wire, "bob", email="", password="")
    bob = await account.actor
    await scenery.join(here.group, bob, "moderator")
    second: dict[str, Do] = {
        "leaves": lambda: joining.leave(here.wire, bob, here.group),
        "closes the account": lambda: closing.close(here.wire, account, posts=False),
        "is dismissed": act(here, "dismiss", mo, bob),
        "is banned": act(here, "ban", mo, bob),
    }
    refused = await at_once(act(here, "transfer", olga, bob), second[what])
    assert re.search("owns? welders", refused)
    assert await owners(here) == [bob.id]


async def test_of_two_admins_who_go_one_stays(here: Here) -> None:
    ada = await sign_up(here.wire, "ada", email="", password="", admin=True)
    olga = await sign_up(here.wire, "olga", email="", password="", admin=True)
    refused = await at_once(
        lambda: closing.close(here.wire, ada, posts=False),
        lambda: closing.close(here.wire, olga, posts=False),
    )
    assert "olga is the last admin here" in refused


async def test_a_group_is_given_away_once(here: Here) -> None:
    olga = await somebody(here, "olga", "owner")
    ann, bob = await somebody(here, "ann"), await somebody(here, "bob")
    refused = await at_once(act(here, "transfer", olga, ann), act(here, "transfer", olga, bob))
    assert "only an owner" in refused
    assert await owners(here) == [ann.id]


async def test_whoever_leaves_while_they_are_banned_is_banned(here: Here) -> None:
    mo, bob = await somebody(here, "mo", "moderator"), await somebody(here, "bob")
    await at_once(act(here, "ban", mo, bob), lambda: membership.leave(here.group, bob))
    assert await here.standing(bob) == ("banned", "member")
    assert await here.members_count() == 1


@pytest.mark.parametrize(
    ("kind_of", "state"), [("accept", "held"), ("remove", "live"), ("restore", "removed")]
)
async def test_what_its_author_deletes_meanwhile_no_moderator_decides_about(
    here: Here, kind_of: str, state: str
) -> None:
    mo, ann = await somebody(here, "mo", "moderator"), await somebody(here, "ann")
    note = {
        "id": f"{ann.uri}/1",
        "type": "Note",
        "attributedTo": ann.uri,
        "content": "<p>Which rod?</p>",
    }
    arrival = Arrival(read_object(note), ann)
    await threads.store(here.group, arrival, None, "public", held=state == "held")
    if state == "removed":
        await threads.end(await _post(), "removed", "advertising")
    if state == "held":
        await submissions.put(here.group, await _post(), None, "newcomer")
    mine, theirs = await _post(), await _post()
    refused = await at_once(lambda: threads.end(mine, "deleted"), act(here, kind_of, mo, theirs))
    assert refused
    left = await _post()
    assert (left.state, left.content, left.thread.posts_count) == ("deleted", "", 0)


async def _post() -> Post:
    return await Post.all().select_related("author", "thread__group__actor").get()
