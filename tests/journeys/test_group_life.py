"""The main job: people elsewhere join, post, are answered, edit, delete and leave."""

from __future__ import annotations

import pytest

from servers import GROUP, Server
from world import World

pytestmark = pytest.mark.anyio


async def test_a_note_mentioning_the_group_goes_by_id_to_microblogs_and_wrapped_to_threads(
    world: World,
) -> None:
    await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    threads = Server.at(world.network, "l.example", "lemmy")
    ann, bob = microblog.member("ann"), threads.member("bob")
    for person in (ann, bob):
        assert await person.send(person.follow()) == 202
    await world.settle()
    note = ann.note("Which rod for thin sheet?")
    assert await ann.send(ann.create(note)) == 202
    await world.settle()
    assert microblog.kinds() == ["Accept{Follow}", "Announce"]
    assert threads.kinds() == ["Accept{Follow}", "Announce{Create}"]
    assert microblog.came("Announce")[0]["object"] == note["id"]
    assert threads.came("Announce{Create}")[0]["object"] == ann.create(note)


async def test_two_instances_of_ours_hold_a_conversation(world: World) -> None:
    ours, second = await world.town(), await world.town("second.example")
    assert await second.join("mia", "@welders@groups.example") == "asked"
    await world.settle()
    assert (await ours.members())["mia@second.example"] == "member"
    asked = await second.write("mia", "Which rod?", "Thin sheet", "@welders@groups.example")
    await world.settle()
    answered = await ours.reply("olga", asked.uri, "1.6 mm.")
    await world.settle()
    there = await second.post(answered.uri)
    assert there is not None
    assert there.content == "<p>1.6 mm.</p>"
    assert there.parent_id == asked.id
    assert GROUP in (await ours.post(asked.uri)).document
