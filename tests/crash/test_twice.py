"""F21: the same activity comes to every inbox at once, through every web: it has one effect."""

from __future__ import annotations

import asyncio

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import GROUP, ORIGIN

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

DOORS = (
    f"{GROUP}/inbox",
    f"{ORIGIN}/inbox",
    f"{ORIGIN}/users/olga/inbox",
    f"{ORIGIN}/actor/inbox",
    f"{ORIGIN}/moderation/inbox",
)


@pytest.mark.parametrize("kind", [pytest.param("sqlite", marks=pytest.mark.long), "postgres"])
async def test_an_activity_that_comes_to_every_door_at_once_has_one_effect(
    kind: str, make_trial: MakeTrial
) -> None:
    trial = await make_trial(kind, Crowd(5))
    await trial.enroll()
    trial.fleet.start()
    ann, bob = trial.person(0), trial.person(1, "bob")
    await trial.join(ann, bob)
    create = ann.create("Which rod?")
    like = bob.act("Like", create["object"]["id"])
    for person, activity in ((ann, create), (bob, like)):
        statuses = await asyncio.gather(
            *(
                person.send(activity, web, to=door)
                for web in trial.fleet.webs
                for door in (*DOORS, *DOORS)
            )
        )
        assert set(statuses) == {202}
        trial.audit.note(activity)
        await trial.idle()
    await trial.settle()
    found = await trial.fleet.rows("SELECT uri, likes_count FROM post")
    assert found == [{"uri": create["object"]["id"], "likes_count": 1}]
    seen = await trial.fleet.rows("SELECT activity_uri FROM receipt ORDER BY id")
    assert [row["activity_uri"] for row in seen][-2:] == [create["id"], like["id"]]
    assert len(seen) == 4
