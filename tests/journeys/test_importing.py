"""Somebody brings along in files what they were elsewhere."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from federation import clock, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts import people
from fedigroups.groups import importing, takeout
from fedigroups.groups.importing import Importer
from fedigroups.personal import hosts, import_files, imports, keeping, listings, stances
from fedigroups.personal.import_models import Import
from fedigroups.personal.models import BlockedHost, Bookmark, Stance
from servers import Server
from world import Town, World

pytestmark = pytest.mark.anyio


async def bring(town: Town, name: str, format: str, content: bytes, *, over: bool = False) -> None:
    """Take the file and do all that it says."""

    async def work() -> None:
        person = await people.person_named(town.wire, name)
        lines = import_files.parse(format, content, town.host)
        await imports.keep(person.id, lines, overwrites=over)
        await imports.start(person.id)
        importer = Importer(town.wire)
        while await importer.step():
            pass

    await town.run(work)


async def outcomes(town: Town, name: str = "tom") -> dict[str, tuple[str, str]]:
    """By subject: what became of it, and why."""

    async def work() -> dict[str, tuple[str, str]]:
        person = await people.person_named(town.wire, name)
        rows = await storage.rows(
            "SELECT r.subject, r.outcome, r.reason FROM import_row r JOIN import_batch b"
            " ON b.id = r.batch_id WHERE b.actor_id = ?",
            person.id,
        )
        return {row["subject"]: (row["outcome"], row["reason"]) for row in rows}

    found: dict[str, tuple[str, str]] = await town.run(work)
    return found


async def test_follows_become_memberships_and_people_are_named(world: World) -> None:
    town, second = await world.town(), await world.town("second.example")
    server = Server.at(world.network, "m.example", "mastodon")
    server.member("ann")
    text = (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        "welders@groups.example,false,true,\nann@m.example,true,false,\n"
        "nobody@m.example,true,false,\nannx\nmia@second.example,true,false,\n"
    )
    await bring(second, "mia", "following", text.encode())
    await world.settle()
    found = await outcomes(second, "mia")
    assert found["welders@groups.example"] == ("done", importing.WAITS)
    assert found["ann@m.example"] == ("skipped", importing.PEOPLE)
    assert found["mia@second.example"] == ("skipped", importing.PEOPLE)
    assert found["nobody@m.example"][0] == "failed"
    assert found["annx"] == ("left_out", import_files.NO_HANDLE)
    assert (await town.members())["mia@second.example"] == "member"
    await bring(second, "mia", "following", text.encode())
    assert (await outcomes(second, "mia"))["welders@groups.example"] == ("already", "")


async def test_an_export_is_taken_in_whole_by_another_server(world: World) -> None:
    town, second = await world.town(), await world.town("second.example")
    server = Server.at(world.network, "m.example", "mastodon")
    eve = server.member("eve")
    post = await town.write("tom", "Which rods?", "Rods")

    async def pack() -> bytes:
        account = await people.account_named("tom")
        known = await town.wire.directory.by_handle("eve@m.example")
        await stances.judge(account.actor_id, known.id, "blocked", True)
        await stances.note(account.actor_id, known.id, "Sells rods")
        await hosts.block(account.actor_id, "evil.example")
        await keeping.bookmark(account.actor_id, post.id)
        await listings.put(account.actor_id, "Welders elsewhere", known.id)
        return await takeout.pack(town.wire, account)

    content = await town.run(pack)
    await bring(second, "mia", "export", content)
    await world.settle()
    assert {one for one, _ in (await outcomes(second, "mia")).values()} == {"done"}
    assert (await town.members())["mia@second.example"] == "member"

    async def kept() -> tuple[bool, str, bool, bool, list[str]]:
        stance = await Stance.get(target__uri=eve.uri)
        has_host = await BlockedHost.exists(host="evil.example")
        mia = await people.person_named(second.wire, "mia")
        lists = [row["title"] for row in await listings.holding(mia.id, stance.target_id)]
        return stance.blocked, stance.note, has_host, await Bookmark.exists(), lists

    assert await second.run(kept) == (True, "Sells rods", True, True, ["Welders elsewhere"])
    await bring(second, "mia", "export", content)  # and nothing twice
    assert {one for one, _ in (await outcomes(second, "mia")).values()} == {"already"}


@pytest.mark.parametrize("over", [False, True])
async def test_blocks_are_added_or_take_the_place_of_those_before(world: World, over: bool) -> None:
    town = await world.town()
    server = Server.at(world.network, "m.example", "mastodon")
    for name in ("eve", "ivo", "ann"):
        server.member(name)

    async def before() -> None:
        tom = await people.person_named(town.wire, "tom")
        for name, column in (("ivo", "blocked"), ("ann", "muted")):
            known = await town.wire.directory.by_handle(f"{name}@m.example")
            await stances.judge(tom.id, known.id, column, True)  # type: ignore[arg-type]

    async def judged() -> dict[str, tuple[bool, bool]]:
        found = await Stance.all().select_related("target")
        return {one.target.username: (one.blocked, one.muted) for one in found}

    await town.run(before)
    await bring(town, "tom", "blocks", b"eve@m.example\ntom@groups.example\n", over=over)
    assert await town.run(judged) == {
        "eve": (True, False),
        "ivo": (not over, False),
        "ann": (False, True),
    }
    assert (await outcomes(town))["tom@groups.example"] == ("skipped", importing.YOURSELF)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_private_post_is_saved_by_nobody_who_may_not_read_it(world: World) -> None:
    town = await world.town()
    post = await town.write("tom", "Only for us", "Key")
    second = await town.write("tom", "For all", "Door")
    await town.run(lambda: type(post).filter(id=post.id).update(visibility="members"))
    await town.run(lambda: people.sign_up(town.wire, "eva", email="", password=""))
    await bring(town, "eva", "bookmarks", f"{post.uri}\n{second.uri}\n".encode())
    found = await outcomes(town, "eva")
    assert (found[post.uri], found[second.uri]) == (("failed", importing.NO_POST), ("done", ""))


async def test_an_import_goes_on_after_a_stop_and_only_one_runs(world: World) -> None:
    town = await world.town()
    more = limits.IMPORT_ROWS_PER_STEP + 5
    content = "".join(f"h{number}.example\n" for number in range(more)).encode()

    async def work() -> None:
        tom = await people.person_named(town.wire, "tom")
        lines = import_files.parse("hosts", content, town.host)
        await imports.keep(tom.id, lines, overwrites=False)
        await imports.start(tom.id)
        assert await Importer(town.wire).step()
        assert await BlockedHost.filter(actor_id=tom.id).count() == limits.IMPORT_ROWS_PER_STEP
        with pytest.raises(Malformed, match="another file"):
            await imports.keep(tom.id, lines, overwrites=False)
        await Import.all().update(step_at=clock.now_ms() + importing.LEASE_MS)
        assert not await Importer(town.wire).step()  # another worker has it
        await Import.all().update(step_at=0)
        again = Importer(town.wire)  # a process that was started anew
        while await again.step():
            pass
        assert await BlockedHost.filter(actor_id=tom.id).count() == more
        assert (await Import.get()).state == "done"
        with clock.held(clock.now_ms() + limits.IMPORT_DAYS * clock.DAY + 1):
            await imports.retire()
        assert not await Import.exists()
        assert not await storage.rows("SELECT id FROM import_row")

    await town.run(work)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_server_is_not_asked_more_often_than_pages_ask(world: World) -> None:
    town = await world.town()
    Server.at(world.network, "m.example", "mastodon")
    rows = "".join(f"a{number}@m.example\n" for number in range(limits.LOOKUPS_PER_HOST + 10))

    async def work() -> None:
        tom = await people.person_named(town.wire, "tom")
        lines = import_files.parse("blocks", rows.encode(), town.host)
        await imports.keep(tom.id, lines, overwrites=False)
        await imports.start(tom.id)
        importer = Importer(town.wire)
        for _ in range(4):
            await importer.step()
        found = await imports.of(tom.id)
        assert found is not None
        asked = found.tried
        assert limits.LOOKUPS_PER_HOST <= asked < found.all  # some share comes back meanwhile
        assert found.row.state == "running"
        await Actor.filter(id=tom.id).update(moved_to="https://m.example/users/tom2")
        await importer.step()
        found = await imports.of(tom.id)
        assert found is not None
        assert (found.row.state, found.of("skipped")) == ("done", found.all - asked)

    await town.run(work)


def test_the_archive_of_a_stranger_is_not_unpacked_beyond_its_bounds() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("private.json", json.dumps({"hashtags": ["x" * 50_000_000]}))
    with pytest.raises(Malformed, match="at most"):
        import_files.parse("export", out.getvalue(), "groups.example")
