"""Whom a text may name: nobody learns from it of somebody hidden."""

from __future__ import annotations

import pytest

from federation.models import Actor, Peer
from fedigroups.groups import naming
from fedigroups.personal import stances
from fedigroups.store import Store
from scenery import group, join, person, post, thread

pytestmark = pytest.mark.anyio


async def named(text: str, reader: Actor) -> list[str]:
    return [one.handle for one in await naming.beginning_with(text, reader.id)]


async def test_names_are_offered_of_those_who_may_be_known_the_nearest_first(
    database: Store,
) -> None:
    welders, olga = await group(), await person("olga@groups.example", name="Olga")
    people = {
        handle: await person(handle, name=handle.title())
        for handle in (
            *("annika@groups.example", "ann@m.example", "anna@spam.example", "anne@l.example"),
            *("ansel@h.example", "anton@h.example", "another@groups.example"),
        )
    }
    for member in (olga, people["ann@m.example"], people["anna@spam.example"]):
        await join(welders, member)
    await Peer.create(host="spam.example", blocked=True, first_seen_at=1)
    await stances.judge(olga.id, people["anne@l.example"].id, "blocked", True)
    await Actor.filter(username__in=["ansel", "anton", "ann"]).update(discoverable=False)
    await Actor.filter(username="another").update(state="pending")
    await Actor.filter(username="welders").update(name="Ancient welders")
    talk, root = await thread(welders, people["ann@m.example"])
    hidden = {"visibility": "members"}
    await post(talk, people["anton@h.example"], root, **hidden)

    near = ["ann@m.example"]
    assert await named("@an", olga) == [*near, "annika@groups.example", "welders@groups.example"]
    assert await named("an", people["annika@groups.example"]) == [
        *("welders@groups.example", "anne@l.example")
    ]
    assert await named("ansel", olga) == ["ansel@h.example"]  # the whole name
    assert await named("anni@groups", olga) == ["annika@groups.example"]
    for nothing in ("", "a", "@", "zz", "a%", "_n", "anto"):
        assert await named(nothing, olga) == [], nothing
