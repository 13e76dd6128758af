"""Reports are kept once, for those who may look into them, and closed once, with an answer."""

from __future__ import annotations

from typing import Any

import pytest

import scenery
from federation import limits, storage
from federation.errors import Malformed, NotHere
from federation.models import Actor
from federation.vocabulary import PUBLIC
from fedigroups.groups import joining, lookup
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import filing, reporting
from fedigroups.moderation.filing import Filed
from fedigroups.moderation.models import Report
from fedigroups.moderation.reporting import Complaint
from fedigroups.notify.models import Notification
from fedigroups.store import Store
from servers import Member, Server
from world import Town, World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

HERE, INBOX = "@groups.example", "https://groups.example/inbox"


async def kept(reporter: Actor, group: Group | None = None, **said: Any) -> Report | None:
    """The report that is kept of what is said, if any."""
    values: dict[str, Any] = {
        "activity_uri": f"https://m.example/flag/{await Report.all().count()}",
        "objects": ["https://m.example/1"],
        "group_id": group.id if group else 0,
    }
    async with storage.transaction():
        number = await filing.file(Filed(reporter=reporter, **values | said))
    return await Report.get(id=number) if number else None


async def desk(group: Group) -> tuple[Actor, Actor]:
    """Olga, who owns the group, and Tom, who moderates it; both live here."""
    olga, tom = await scenery.person(f"olga{HERE}"), await scenery.person(f"tom{HERE}")
    await scenery.join(group, olga, "owner")
    await scenery.join(group, tom, "moderator")
    return olga, tom


async def told() -> dict[str, int]:
    """How many reports wait for each, by what they are notified of."""
    found: dict[str, int] = {}
    for one in await Notification.filter(kind="report").select_related("actor"):
        found[one.actor.username] = found.get(one.actor.username, 0) + 1
    return found


async def test_the_same_is_kept_once_while_it_is_open_and_again_once_it_was_answered(
    database: Store,
) -> None:
    group, ann = await scenery.group(), await scenery.person("ann@m.example")
    vic = await scenery.person("vic@h.example")
    first = await kept(ann, group, activity_uri="https://m.example/flag")
    assert first is not None
    assert await kept(ann, group) is None
    assert await kept(vic, group) is not None
    assert await kept(ann, group, objects=["https://m.example/2"]) is not None
    await filing.close(first, "set_aside", "It stays.")
    assert await kept(ann, group, activity_uri="https://m.example/flag") is None
    assert await kept(ann, group) is not None


async def test_a_report_is_cut_and_has_a_category_and_rules_that_are_known(database: Store) -> None:
    ann = await scenery.person("ann@m.example")
    text = "x" * (limits.REPORT_CHARS + 1)
    found = await kept(ann, text=f" {text}", category="rude", rules=[2, 1, 2])
    assert found is not None
    assert (found.text, found.category, found.rules) == (text[:-1], "other", "1,2")
    spam = await kept(ann, category="spam", objects=["https://m.example/3"])
    assert spam is not None
    assert spam.category == "spam"


async def test_the_staff_sees_what_no_group_does_what_it_is_for_and_what_is_about_moderators(
    database: Store,
) -> None:
    group, ann = await scenery.group(), await scenery.person("ann@m.example")
    olga, tom = await desk(group)
    for about, marked, sees in (
        *((ann, False, False), (ann, True, True), (tom, False, True), (olga, False, True)),
    ):
        where = [f"https://m.example/{about.username}/{marked}"]
        found = await kept(ann, group, person_id=about.id, for_staff=marked, objects=where)
        assert found is not None
        assert found.for_staff is sees, about.username
    alone = await kept(ann, objects=["https://m.example/alone"])
    assert alone is not None
    assert alone.for_staff
    assert [one.id for one in await filing.for_staff()][-1] == alone.id
    assert len(await filing.waiting(group.id)) == 4
    assert len(await filing.waiting(group.id, tom)) == 3
    assert len(await filing.for_staff(tom)) == 3


async def test_moderators_are_told_but_not_of_themselves_and_no_more_once_it_is_answered(
    database: Store,
) -> None:
    group, ann = await scenery.group(), await scenery.person("ann@m.example")
    _, tom = await desk(group)
    about_tom = await kept(ann, group, person_id=tom.id)
    assert about_tom is not None
    assert await told() == {"olga": 1}
    about_ann = await kept(ann, group, person_id=ann.id)
    assert about_ann is not None
    assert await told() == {"olga": 2, "tom": 1}
    await filing.close(about_ann, "heeded", "Thank you.")
    assert await told() == {"olga": 1}
    with pytest.raises(Malformed, match="answered meanwhile"):
        await filing.close(about_ann, "set_aside", "No.")
    assert (await Report.get(id=about_ann.id)).state == "heeded"
    await filing.reopen(about_ann)
    assert await told() == {"olga": 2, "tom": 1}
    with pytest.raises(Malformed, match="is open"):
        await filing.reopen(about_ann)


async def test_who_looks_into_a_report_is_one_of_its_moderators_or_of_the_staff(
    database: Store,
) -> None:
    group, ann = await scenery.group(), await scenery.person("ann@m.example")
    other = await scenery.group("coopers")
    olga, tom = await desk(group)
    eva = await scenery.person(f"eva{HERE}")
    await scenery.join(group, eva)
    cooper = await scenery.person(f"cooper{HERE}")
    await scenery.join(other, cooper, "owner")
    about_tom = await kept(ann, group, person_id=tom.id)
    plain = await kept(ann, group, objects=["https://m.example/9"])
    assert about_tom is not None
    assert plain is not None
    for found, viewer, staff, sees in (
        *((plain, olga, False, True), (plain, tom, False, True), (plain, eva, False, False)),
        *((plain, cooper, False, False), (plain, eva, True, False)),
        *((about_tom, olga, False, True), (about_tom, tom, False, False)),
        *(
            (about_tom, tom, True, False),
            (about_tom, eva, True, True),
            (about_tom, eva, False, False),
        ),
    ):
        if sees:
            assert (await reporting.open_report(found.id, viewer, staff=staff)).id == found.id
            continue
        with pytest.raises(NotHere):
            await reporting.open_report(found.id, viewer, staff=staff)
    everything = {
        viewer.username: [one.id for one in await filing.before_staff(viewer).order_by("id")]
        for viewer in (tom, eva, cooper)
    }
    both = [about_tom.id, plain.id]
    assert everything == {"tom": both[1:], "eva": both[:1], "cooper": both[:1]}


async def test_one_who_looks_into_it_answers_with_words_and_nobody_beside_them(
    world: World,
) -> None:
    ours = await world.town()
    ann = Server.at(world.network, "m.example", "mastodon").member("ann")
    post = await ours.write("tom", "Buy rods!")

    async def report() -> Report:
        return await Report.get()

    assert await ann.send(ann.act("Flag", post.uri, content="It sells.")) == 202
    await world.settle()
    found = await ours.run(report)
    olga, tom = await ours.person("olga"), await ours.person("tom")

    async def settle(kind: str, text: str) -> None:
        await reporting.settle(ours.wire, olga, await Report.get(), kind, text)

    with pytest.raises(Malformed, match="in words"):
        await ours.run(lambda: settle("heed", " "))
    with pytest.raises(Malformed, match="choose"):
        await ours.run(lambda: settle("remove", "No."))
    with pytest.raises(Malformed, match="says something"):
        await ours.run(lambda: filing.note(found, olga, " "))
    await ours.run(lambda: filing.claim(found, tom))
    with pytest.raises(Malformed, match="another moderator"):
        await ours.run(lambda: settle("heed", "Gone."))
    await ours.run(lambda: filing.let_go(found))
    await ours.run(lambda: settle("heed", "Gone."))
    assert (await ours.run(report)).state == "heeded"


async def test_what_concerns_no_group_is_answered_by_a_letter_of_the_server(world: World) -> None:
    ours = await world.town()
    home = Server.at(world.network, "m.example", "mastodon")
    ann = home.member("ann")
    tom = await ours.person("tom")
    await ann.send(ann.act("Flag", [tom.uri], content="Rude."), to=INBOX)
    await world.settle()

    async def settle() -> None:
        olga, found = await lookup.person("olga"), await Report.get()
        assert (found.group_id, found.for_staff) == (0, True)
        await reporting.settle(ours.wire, olga, found, "set_aside", "We <looked>.")

    await ours.run(settle)
    await world.settle()
    (told_ann,) = home.came("Create")
    assert (told_ann["to"], told_ann["cc"]) == ([ann.uri], [])
    assert "We &lt;looked&gt;." in told_ann["object"]["content"]


async def test_a_report_leaves_the_house_only_where_that_is_wished_once_and_to_the_right_two(
    world: World,
) -> None:
    ours = await world.town()
    home = Server.at(world.network, "h.example", "lemmy")
    bakers, vic = await _joined(world, ours, home)
    page = vic.page("Bread", "Buy bread!", group=bakers.uri)
    wrapped = bakers.act("Announce", vic.create(page), to=[PUBLIC], cc=[])
    await bakers.send(wrapped, to=INBOX)
    await world.settle()
    home.inbox.clear()

    async def report(*, forward: bool) -> int:
        post = await Post.get(uri=page["id"]).select_related("author", "thread__group__actor")
        said = Complaint(person=post.author, posts=[post], text="It sells.", forward=forward)
        return await reporting.report(ours.wire, await lookup.person("tom"), said)

    assert await ours.run(lambda: report(forward=False))
    assert not await ours.run(lambda: report(forward=True))  # the same, which is open still
    await world.settle()
    assert home.came("Flag") == []

    async def forward() -> None:
        found = await Report.get()
        assert (found.group_id, found.for_staff) == (0, True)
        await reporting.forward(ours.wire, found)

    await ours.run(forward)
    with pytest.raises(Malformed, match="already"):
        await ours.run(forward)
    await world.settle()
    flags = {str(one["to"]): one["object"] for one in home.came("Flag")}
    assert flags == {f"['{vic.uri}']": [vic.uri, page["id"]], f"['{bakers.uri}']": page["id"]}
    assert all("tom" not in str(one) for one in home.came("Flag"))
    for one in home.came("Flag"):
        assert (await vic.read(one["id"])).status_code == 404


async def _joined(world: World, ours: Town, home: Server) -> tuple[Member, Member]:
    """A group elsewhere that Tom is in, and one of its members."""
    bakers, vic = home.member("bakers", kind="Group"), home.member("vic")

    async def join() -> None:
        actor = await ours.wire.directory.actor(bakers.uri)
        await joining.join(ours.wire, await lookup.person("tom"), actor)

    await ours.run(join)
    await world.settle()
    (follow,) = home.came("Follow")
    await bakers.send(bakers.act("Accept", follow), to=INBOX)
    await world.settle()
    return bakers, vic
