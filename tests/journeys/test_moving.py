"""People move from and to us, and take their groups along; whoever knows them is told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from federation import clock, limits
from federation.errors import Malformed
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups.accounts import looks, people
from fedigroups.accounts.mail import opened
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.app import reception_of
from fedigroups.groups import aliases, founding, joining, lookup, moving, profiles, speaking
from fedigroups.groups.models import Member as Membership
from fedigroups.groups.speaking import Text
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from neighbour import rsa
from servers import Member, Server
from world import Town, World

pytestmark = pytest.mark.anyio

TOM = "https://groups.example/users/tom"


async def home(world: World) -> Server:
    """Ann's microblog, which reads the group."""
    server = Server.at(world.network, "m.example", "mastodon")
    ann = server.member("ann")
    assert await ann.send(ann.follow()) == 202
    await world.settle()
    server.inbox.clear()
    return server


def another_tom(server: Server, **more: Any) -> Member:
    """An account elsewhere that says that Tom's is its own, in Mastodon's shape."""
    return server.member("tom2", **{"alsoKnownAs": [TOM], "movedTo": None, **more})


async def move(town: Town, name: str, to: str) -> None:
    async def work() -> None:
        account = await people.account_named(name)
        await moving.move(reception_of(town.instance), account, to)

    await town.run(work)


async def back(town: Town, name: str, *, rested: bool = False) -> None:
    async def work() -> None:
        account = await people.account_named(name)
        await moving.take_back(reception_of(town.instance), account, rested=rested)

    await town.run(work)


async def name_other(town: Town, name: str, other: str) -> None:
    async def work() -> None:
        person = await people.person_named(town.wire, name)
        await aliases.add(town.wire, person, other)

    await town.run(work)


async def served(world: World, url: str) -> dict[str, Any]:
    request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON})
    response = await world.network.handle_async_request(request)
    await response.aread()
    document: dict[str, Any] = response.json()
    return document


async def later(world: World) -> None:
    """A minute and more goes by, and what is due then is told."""
    with clock.held(clock.now_ms() + limits.PROFILE_TOLD_SECONDS * clock.SECOND):
        for town in world.towns.values():
            with town.instance.store.context():
                await profiles.tell_due(town.wire)
    await world.settle()


async def test_who_moves_away_is_known_by_the_new_name_in_groups_here(world: World) -> None:
    town, server = await world.town(), await home(world)
    new = another_tom(server)
    await move(town, "tom", "@tom2@m.example")
    await world.settle()
    [said] = server.came("Move")
    assert (said["actor"], said["object"], said["target"]) == (TOM, TOM, new.uri)
    assert said["to"] == [f"{TOM}/followers"]
    assert (await served(world, TOM))["movedTo"] == new.uri
    await new.send(new.follow())
    await world.settle()
    members = await town.members()
    assert (members["tom@groups.example"], members["tom2@m.example"]) == ("left", "member")


async def test_who_moves_between_two_of_ours_keeps_groups_on_both(world: World) -> None:
    town, second = await world.town(), await world.town("second.example")
    await second.join("mia", "welders@groups.example")
    await world.settle()
    await town.change(join_policy="invite")
    await name_other(await world.town("third.example"), "rosa", "mia@second.example")
    await move(second, "mia", "rosa@third.example")
    await world.settle()
    assert ("Move", "done", "mia@second.example moved") in await town.outcomes()
    await world.towns["third.example"].join("rosa", "welders@groups.example")
    await world.settle()
    members = await town.members()
    assert members["mia@second.example"] == "left"
    assert members["rosa@third.example"] == "member"


async def test_who_comes_here_from_elsewhere_is_let_in_and_a_ban_comes_along(world: World) -> None:
    town, server = await world.town(), await home(world)
    old, banned = server.member("old"), server.member("bad")
    for one in (old, banned):
        await one.send(one.follow())
    await world.settle()
    await town.change(join_policy="invite")
    await ban(town, "bad@m.example")

    async def sign_up() -> None:
        for name in ("eva", "ivo"):
            await people.sign_up(town.wire, name, email="", password="")

    await town.run(sign_up)
    for one, name in ((old, "eva"), (banned, "ivo")):
        await name_other(town, name, one.uri)
        new = f"https://groups.example/users/{name}"
        assert (await served(world, new))["alsoKnownAs"] == [one.uri]
        server.serve_person(one.name, rsa(one.name), movedTo=new)
        await one.send(one.act("Move", one.uri, target=new))
    await world.settle()
    assert await town.join("eva", "welders") == "member"
    assert await town.join("ivo", "welders") == "refused"
    members = await town.members()
    assert (members["old@m.example"], members["eva@groups.example"]) == ("left", "member")
    assert (members["bad@m.example"], members["ivo@groups.example"]) == ("banned", "banned")


async def test_who_is_banned_after_moving_is_banned_under_both_names(world: World) -> None:
    town, server = await world.town(), await home(world)
    old = server.member("old")
    await old.send(old.follow())
    new = server.member("new", alsoKnownAs=[old.uri])
    server.serve_person("old", rsa("old"), movedTo=new.uri)
    await old.send(old.act("Move", old.uri, target=new.uri))
    await new.send(new.follow())
    await world.settle()
    assert (await town.members())["new@m.example"] == "member"
    await ban(town, "old@m.example")
    await world.settle()
    members = await town.members()
    assert (members["old@m.example"], members["new@m.example"]) == ("banned", "banned")
    assert server.kinds().count("Create") == 2  # each name is told why


async def ban(town: Town, handle: str) -> None:
    async def work() -> None:
        hosted, person = await lookup.hosted_named("welders"), await lookup.person(handle)
        await decide(town.wire, Act(kind="ban", hosted=hosted, person=person, text="spam"))

    await town.run(work)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nobody_moves_to_whoever_does_not_say_so_or_to_nowhere(world: World) -> None:
    town, server = await world.town(), await home(world)
    server.member("stranger")
    server.member("gone", alsoKnownAs=[TOM], movedTo="https://m.example/users/ann")
    refused = {
        "stranger@m.example": "does not say that tom@groups.example is yours",
        "gone@m.example": "has itself moved",
        "tom@groups.example": "this account itself",
        "welders@groups.example": "not an account of a person",
        "olga@groups.example": "does not say",
        "": "handle",
    }
    for to, why in refused.items():
        with pytest.raises(Malformed, match=why):
            await move(town, "tom", to)
    await name_other(town, "tom", "olga@groups.example")
    with pytest.raises(Malformed, match="own welders"):
        await move(town, "olga", "tom@groups.example")
    await world.settle()
    assert server.came("Move") == []
    assert "movedTo" not in await served(world, TOM)


async def test_who_has_moved_reads_on_and_does_nothing_else_until_it_is_taken_back(
    world: World,
) -> None:
    town, server = await world.town(), await home(world)
    another_tom(server)
    post = await town.write("tom", "Which rods?", "Rods")
    await town.run(lambda: Membership.filter(actor__uri=TOM).update(role="moderator"))
    await move(town, "tom", "tom2@m.example")

    async def tries() -> None:
        tom, olga = [await people.person_named(town.wire, name) for name in ("tom", "olga")]
        hosted = await lookup.hosted_named("welders")
        act = Act(kind="ban", hosted=hosted, person=olga, text="x", decider=tom)
        for refused in (
            speaking.write(town.wire, tom, hosted.group, Text("More", "More")),
            speaking.answer(town.wire, tom, post, Text("More")),
            speaking.edit(town.wire, tom, post, Text("Other")),
            speaking.like(town.wire, tom, post),
            joining.join(town.wire, tom, hosted.actor),
            founding.check_room(tom),
            decide(town.wire, act),
        ):
            with pytest.raises(Malformed):
                await refused
        await speaking.delete(town.wire, tom, post)

    await town.run(tries)
    with pytest.raises(Malformed, match="once in 30 days"):
        await move(town, "tom", "tom2@m.example")
    await back(town, "tom")
    server.inbox.clear()
    await later(world)
    [said] = server.came("Update")
    assert (said["object"]["id"], "movedTo" in said["object"]) == (TOM, False)
    assert await town.write("tom", "Here again", "Again")
    with pytest.raises(Malformed, match="once in 30 days"):
        await move(town, "tom", "tom2@m.example")
    with clock.held(clock.now_ms() + moving.REST_MS):
        await move(town, "tom", "tom2@m.example")
    await back(town, "tom", rested=True)
    await move(town, "tom", "tom2@m.example")


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_whoever_moves_is_written_to(world: World) -> None:
    town, server = await world.town(), await home(world)
    another_tom(server)
    await town.run(lambda: Account.filter(actor__uri=TOM).update(email="tom@mail.example"))
    await move(town, "tom", "tom2@m.example")
    await back(town, "tom")

    async def letters() -> list[str]:
        seal = reception_of(town.instance).seal
        return [opened(seal, row).subject for row in await Mail.all().order_by("id")]

    assert await town.run(letters) == [
        "Your account at groups.example has moved",
        "Your account at groups.example is in use again",
    ]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_an_account_that_lives_again_is_no_older_self_of_another(world: World) -> None:
    town, server = await world.town(), await home(world)
    old = server.member("old")
    new = server.member("new", alsoKnownAs=[old.uri])
    await old.send(old.follow())
    server.serve_person("old", rsa("old"), movedTo=new.uri)
    await old.send(old.act("Move", old.uri, target=new.uri))
    await world.settle()
    document = server.serve_person("old", rsa("old"))
    await old.send(old.act("Update", document))
    await world.settle()
    await new.send(new.follow())
    await world.settle()
    members = await town.members()
    assert (members["old@m.example"], members["new@m.example"]) == ("member", "member")


async def test_a_profile_that_changes_often_is_told_of_once(world: World) -> None:
    town, server = await world.town(), await home(world)
    second = await world.town("second.example")
    await second.join("mia", "welders@groups.example")
    await town.join("tom", "welders")
    await world.settle()
    server.inbox.clear()

    async def change() -> None:
        tom = await people.person_named(town.wire, "tom")
        for name in ("T", "To", "Tom the welder"):
            await looks.change(tom, name=name)
        assert await profiles.tell_due(town.wire) == 0

    await town.run(change)
    await later(world)
    [said] = server.came("Update")
    assert (said["actor"], said["object"]["name"]) == (TOM, "Tom the welder")
    assert said["object"]["publicKey"]["owner"] == TOM
    assert (await served(world, said["id"]))["status"] == 404
    assert await town.run(lambda: profiles.tell_due(town.wire)) == 0

    async def mia() -> None:
        await looks.change(await people.person_named(second.wire, "mia"), name="Mia the turner")

    await second.run(mia)
    await later(world)
    known = await town.run(lambda: Actor.get(uri="https://second.example/users/mia"))
    assert known.name == "Mia the turner"


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_an_account_names_so_many_others_and_no_more(world: World) -> None:
    town, server = await world.town(), Server.at(world.network, "m.example", "mastodon")
    for number in range(limits.PROFILE_ALIASES + 1):
        server.member(f"ann{number}")
    for number in range(limits.PROFILE_ALIASES):
        await name_other(town, "tom", f"ann{number}@m.example")
    await name_other(town, "tom", "ann0@m.example")
    with pytest.raises(Malformed, match="names at most"):
        await name_other(town, "tom", f"ann{limits.PROFILE_ALIASES}@m.example")
    with pytest.raises(Malformed, match="itself"):
        await name_other(town, "tom", TOM)

    async def remove() -> int:
        tom = await people.person_named(town.wire, "tom")
        await aliases.remove(tom, "https://m.example/users/ann0")
        return len(await aliases.of(tom))

    assert await town.run(remove) == limits.PROFILE_ALIASES - 1
