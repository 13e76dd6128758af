"""A backup of a running instance comes back whole, or is refused in a sentence."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import world as worlds
from commands import Run, ask, people_in, typed
from conftest import MakeUrl
from federation import clock, ids, storage
from fedigroups.accounts.people import person_named
from fedigroups.app import make_app
from fedigroups.backup import archive
from fedigroups.groups import speaking
from fedigroups.groups.models import Post
from fedigroups.groups.speaking import Text
from fedigroups.instance import assemble
from fedigroups.store import claim
from servers import Member, Server
from world import Town, World

ROOT = Path(__file__).resolve().parents[3]
SECRET = "5e" * 32


async def command(folder: Path, url: str, *words: str, secret: str = SECRET) -> tuple[int, str]:
    """A command of `groups.example` in a process of its own: its exit status, and what it said."""
    told = {
        "FEDIGROUPS_ORIGIN": "https://groups.example",
        "FEDIGROUPS_DATABASE_URL": url,
        "FEDIGROUPS_DATA_DIR": str(folder),
        "FEDIGROUPS_SECRET": secret,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fedigroups", *words),
        env=told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complained = await process.communicate()
    return process.returncode or 0, (said + complained).decode()


@dataclass
class Told:
    """What the main story left behind: the question was edited and liked, the thanks deleted."""

    question: str
    answer: str
    thanks: str

    async def holds_at(self, town: Town) -> None:
        """Whether an instance still shows it."""
        question, answer = await town.post(self.question), await town.post(self.answer)
        assert question is not None
        assert answer is not None
        assert "for 1 mm sheet" in question.content
        assert question.likes_count == 1
        assert answer.state == "live"
        thanks = await town.post(self.thanks)
        assert thanks is not None
        assert (thanks.state, thanks.content) == ("deleted", "")


async def told(world: World, home: Town, bob: Member) -> Told:
    """Mia and Bob join; Tom asks, Mia answers, Olga thanks; he edits, she likes, Olga deletes."""
    second = await world.town("second.example")
    await second.join("mia", "@welders@groups.example")
    assert await bob.send(bob.follow()) == 202
    await world.settle()
    question = await home.write("tom", "Which rod for *thin* sheet?", "Thin sheet")
    await world.settle()
    answer = await second.reply("mia", question.uri, "1.6 mm.")
    await world.settle()
    thanks = await home.reply("olga", answer.uri, "Thanks.")
    await world.settle()

    async def edit() -> None:
        tom = await person_named(home.wire, "tom")
        text = Text("Which rod for 1 mm sheet?", "Thin sheet")
        await speaking.edit(home.wire, tom, await Post.get(uri=question.uri), text)

    async def like() -> None:
        mia = await person_named(second.wire, "mia")
        await speaking.like(second.wire, mia, await Post.get(uri=question.uri))

    async def delete() -> None:
        olga = await person_named(home.wire, "olga")
        await speaking.delete(home.wire, olga, await Post.get(uri=thanks.uri))

    await home.run(edit)
    await second.run(like)
    await home.run(delete)
    await world.settle()
    return Told(question.uri, answer.uri, thanks.uri)


class Load:
    """Tom and Bob write without a pause, and all is delivered, until it is enough."""

    def __init__(self, world: World, home: Town, bob: Member) -> None:
        self.world, self.home, self.bob = world, home, bob
        self.notes: list[dict[str, Any]] = []
        self._enough = asyncio.Event()
        self._task = asyncio.create_task(self._flow())

    async def _flow(self) -> None:
        while not self._enough.is_set():
            await self.more()
            await asyncio.sleep(0.05)  # a person's load, not a benchmark's

    async def more(self) -> None:
        """One post of each."""
        page = self.bob.page(f"Bob's {len(self.notes)}", "Look at this seam.")
        assert await self.bob.send(self.bob.create(page)) == 202
        self.notes.append(page)
        await self.home.write("tom", f"Number {len(self.notes)}", "Seams")
        await self.home.instance.settle()

    async def end(self) -> None:
        self._enough.set()
        await self._task


@pytest.mark.anyio
@pytest.mark.processes
async def test_a_backup_under_load_goes_on_in_todays_world(
    world: World, make_url: MakeUrl, tmp_path: Path
) -> None:
    home, threads = await world.town(), Server.at(world.network, "l.example", "lemmy")
    bob, folder, file = threads.member("bob"), tmp_path / "groups.example", tmp_path / "backup"
    story = await told(world, home, bob)
    load = Load(world, home, bob)
    url = home.instance.settings.database_url
    status, said = await command(folder, url, "backup", str(file), "--json")
    kept = len(load.notes)
    await load.end()
    assert status == 0, said
    await load.more()  # after the backup, however slow the load was
    await home.write("tom", "Nobody here will remember this.", "Lost")
    await world.settle()
    await home.instance.close()
    lost = load.notes[-1]

    new = await make_url(world.kind, migrated=False)
    status, said = await command(tmp_path / "new", new, "restore", str(file), "--json")
    assert status == 0, said
    settings = worlds.settings("groups.example", new, tmp_path / "new")
    instance = assemble(settings, transport=world.network)
    await instance.open()
    try:
        back = Town(instance, world.network)
        world.network.join("groups.example", make_app(instance))
        world.towns["groups.example"] = back
        await story.holds_at(back)
        assert set((await back.members()).values()) == {"member"}
        assert kept > 1
        assert await back.post(load.notes[0]["id"])
        assert not await back.post(lost["id"])
        await _cursors_are_sane(back)
        for note in (load.notes[0], lost):  # he sends what he is not sure that it came
            assert await bob.send(bob.create(note)) == 202
        highest = max(one.id for one in await home_posts(back))
        written = await back.write("tom", "Where were we?", "Back")
        await world.settle()
        assert written.id > highest
        assert len([one for one in await home_posts(back) if one.uri == load.notes[0]["id"]]) == 1
        assert await back.post(lost["id"])
        seen = await world.towns["second.example"].post(written.uri)
        assert seen is not None
        said_as: dict[str, set[str]] = {}
        for one in threads.inbox:
            said_as.setdefault(one.document["id"], set()).add(json.dumps(one.document))
        assert all(len(bodies) == 1 for bodies in said_as.values()), "an id means one thing"
    finally:
        await instance.close()
        del world.towns["groups.example"]


async def home_posts(town: Town) -> list[Post]:
    """Every post that the instance has."""

    async def work() -> list[Post]:
        return list(await Post.all())

    found: list[Post] = await town.run(work)
    return found


async def _cursors_are_sane(town: Town) -> None:
    """Nobody has read further than there is, and nothing is on no stream."""
    with town.instance.store.context():
        beyond = await storage.rows(
            "SELECT s.id FROM subscription s JOIN stream t ON t.name = s.stream"
            " WHERE s.cursor > t.head OR s.claimed > t.head"
        )
        leased = await storage.rows("SELECT host FROM lane WHERE lease_owner <> ''")
    assert (beyond, leased) == ([], [])


@pytest.mark.anyio
@pytest.mark.processes
@pytest.mark.parametrize("kind", ["postgres"])
async def test_a_backup_goes_from_either_database_into_the_other(
    world: World, make_url: MakeUrl, tmp_path: Path
) -> None:
    home = await world.town()
    await home.write("tom", "Größer \N{FIRE}", "Hello")
    await world.settle()
    one, two = tmp_path / "one", tmp_path / "two"
    lite, post = await make_url("sqlite", migrated=False), await make_url("postgres")
    for url, words in (
        (home.instance.settings.database_url, ("backup", str(one))),
        (lite, ("restore", str(one))),
        (lite, ("backup", str(two))),
        (post, ("restore", str(two))),
        (post, ("restore", str(one), "--replace")),
    ):
        status, said = await command(tmp_path / "folder", url, *words)
        assert status == 0, said
    with archive.opened(one) as first, archive.opened(two) as second:
        before, after = first.manifest.tables, second.manifest.tables
    assert before | {"setting": 0} == after | {"setting": 0}
    assert before["post"] == 1
    status, said = await command(tmp_path / "folder", post, "restore", str(two))
    assert (status, "--replace" in said) == (3, True)
    served = home.instance.settings.database_url
    status, said = await command(tmp_path / "folder", served, "restore", str(two), "--replace")
    assert (status, "stop every server" in said) == (3, True)


def test_what_was_here_is_kept_beside_what_comes_back(
    founded: Run, kept: Path, tmp_path: Path
) -> None:
    assert founded("user", "create", "mia").exit_code == 0
    refused = founded("restore", str(kept))
    assert (refused.exit_code, "--replace" in refused.stderr) == (3, True)
    assert ask(founded, "restore", str(kept), "--replace")["secret"] is True
    assert ["mia" in str(row) for row in people_in(tmp_path / "data/fedigroups.sqlite3")].count(
        True
    ) == 0
    [beside] = (tmp_path / "data").glob("*.before-restore-*")
    assert ("mia",) in people_in(beside)
    assert founded("doctor", "--inside").exit_code == 0


def test_another_machine_gets_the_secret_and_goes_on(kept: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    assert typed(there, "restore", str(kept)).exit_code == 0
    assert (there / "secret").read_text() == (tmp_path / "data" / "secret").read_text()
    assert (there / "secret").stat().st_mode & 0o77 == 0
    assert typed(there, "doctor", "--inside").exit_code == 0


def test_a_backup_that_was_made_while_nothing_may_be_changed_comes_back_open(
    founded: Run, tmp_path: Path
) -> None:
    assert founded("maintenance", "on").exit_code == 0
    assert founded("backup", str(tmp_path / "kept")).exit_code == 0
    assert typed(tmp_path / "there", "restore", str(tmp_path / "kept")).exit_code == 0
    assert "Open." in typed(tmp_path / "there", "maintenance", "show").stdout


def test_ids_go_on_above_those_of_today_though_the_clock_steps_back(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "_last", ids._last)  # other tests' ids stay those of today
    there = tmp_path / "there"
    assert typed(there, "restore", str(kept)).exit_code == 0
    path = there / "fedigroups.sqlite3"
    with closing(sqlite3.connect(path)) as link, link:
        far = 1 << 62
        link.execute("UPDATE setting SET value = ? WHERE key = 'ids_above'", (str(far),))
    assert typed(there, "user", "create", "mia").exit_code == 0
    with closing(sqlite3.connect(path)) as link:
        assert link.execute("SELECT MAX(id) FROM account").fetchone()[0] > far


SAID = """{"format": 1, "origin": "http://localhost:8000", "made_at": 0, "steps": [],
"version": "", "database": "sqlite", "tables": {}, "pictures": [], "missing": [], "files": {}}"""


def packed(manifest: str, linked: str = "") -> bytes:
    """A file that is made up like a backup, and says this of itself."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        if linked:
            link = tarfile.TarInfo(linked)
            link.type, link.linkname = tarfile.SYMTYPE, linked
            tar.addfile(link)
        entry = tarfile.TarInfo(archive.MANIFEST)
        entry.size = len(manifest)
        tar.addfile(entry, io.BytesIO(manifest.encode()))
    return file.getvalue()


def swollen(name: str, count: int) -> Callable[[bytes], bytes]:
    """Puts another thing of that name into a backup, of so many bytes."""

    def spoil(whole: bytes) -> bytes:
        file = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(whole)) as before,
            tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as after,
        ):
            for entry in before:
                after.addfile(entry, before.extractfile(entry))
            entry = tarfile.TarInfo(name)
            entry.size = count
            after.addfile(entry, io.BytesIO(bytes(count)))
        return file.getvalue()

    return spoil


def wordy(whole: bytes) -> bytes:
    """A file whose first header has a name of ten million signs."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("n" * 10_000_000))
    return file.getvalue()


def altered(name: str) -> Callable[[bytes], bytes]:
    """Changes the last byte of one thing in a backup, which is else as well made as it was."""

    def spoil(whole: bytes) -> bytes:
        file = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(whole)) as before,
            tarfile.open(fileobj=file, mode="w:gz") as after,
        ):
            for entry in before:
                source = before.extractfile(entry)
                assert source is not None
                content = bytearray(source.read())
                content[-1] ^= entry.name == name
                after.addfile(entry, io.BytesIO(content))
        return file.getvalue()

    return spoil


def scratched(whole: bytes) -> bytes:
    """Eight bytes in its middle are others."""
    middle = len(whole) // 2
    other = bytes(sign ^ 255 for sign in whole[middle : middle + 8])
    return whole[:middle] + other + whole[middle + 8 :]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (altered(archive.DATABASE), "database.sqlite3 is not what was put in"),
        (altered(archive.SECRET), "secret is not what was put in"),
        (lambda one: one[: len(one) // 2], "no whole backup"),
        (lambda one: b"", "no whole backup"),
        (lambda one: b"something else", "no whole backup"),
        (scratched, "no whole backup"),
        (wordy, "a header of 10000"),
        (swollen(archive.SECRET, 2_000), "secret is too large"),
        (lambda one: packed("[]"), "no whole backup"),
        (lambda one: packed('{"format": 1, "files": ["x"]}'), "no whole backup"),
        (lambda one: packed('{"format": 1, "files": {"../../x": "0"}}'), "no whole backup"),
        (lambda one: packed("[" * 9_000), "no whole backup"),
        (lambda one: packed(SAID.replace("[]", "5")), "no whole backup"),
        (lambda one: packed(SAID.replace("0,", f"{10**30},")), "no whole backup"),
        (lambda one: packed(SAID, linked=archive.DATABASE), "no whole backup"),
        (lambda one: packed(SAID.replace('"tables": {}', '"tables": {"a": "b"}')), "is none"),
        (lambda one: packed(SAID.replace('"tables": {}', '"tables": "b"')), "is none"),
        (lambda one: packed(SAID.replace('"missing": []', '"missing": 5')), "is none"),
    ],
)
def test_a_file_that_is_no_whole_backup_changes_nothing(
    kept: Path, tmp_path: Path, spoil: Any, sentence: str
) -> None:
    kept.write_bytes(spoil(kept.read_bytes()))
    refused = typed(tmp_path / "there", "restore", str(kept))
    assert (refused.exit_code, sentence in refused.stderr) == (3, True), refused.output
    assert not (tmp_path / "there" / "fedigroups.sqlite3").exists()
    assert not list((tmp_path / "there").glob(".fedigroups-*"))


def test_a_backup_that_does_not_fit_is_refused_with_what_to_do(
    founded: Run, kept: Path, tmp_path: Path
) -> None:
    before = people_in(tmp_path / "data/fedigroups.sqlite3")
    for told, sentence in (
        ({"FEDIGROUPS_ORIGIN": "http://localhost:9000"}, "The backup is of http://localhost:8000"),
        ({"FEDIGROUPS_SECRET": "00" * 32}, "take it away"),
    ):
        refused = typed(tmp_path / "there", "restore", str(kept), **told)
        assert (refused.exit_code, sentence in refused.stderr) == (3, True), refused.output
    refused = typed(tmp_path / "there", "restore", str(tmp_path / "nowhere"))
    assert (refused.exit_code, "cannot be read" in refused.stderr) == (3, True)
    bare = tmp_path / "bare"
    assert founded("backup", str(bare), "--no-secret").exit_code == 0
    refused = typed(tmp_path / "elsewhere", "restore", str(bare))
    assert (refused.exit_code, "FEDIGROUPS_SECRET_FILE" in refused.stderr) == (3, True)
    with clock.held(clock.now_ms() + clock.DAY):
        assert founded("backup", str(tmp_path / "tomorrow")).exit_code == 0
    refused = typed(tmp_path / "elsewhere", "restore", str(tmp_path / "tomorrow"))
    assert (refused.exit_code, "set the clock" in refused.stderr) == (3, True)
    with claim(tmp_path / "data/fedigroups.sqlite3"):
        refused = founded("restore", str(kept), "--replace")
    assert (refused.exit_code, "Another server" in refused.stderr) == (3, True)
    refused = founded("backup", str(kept))
    assert (refused.exit_code, "exists already" in refused.stderr) == (3, True)
    assert people_in(tmp_path / "data/fedigroups.sqlite3") == before


def test_a_backup_of_a_newer_version_names_it(
    founded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(tmp_path / "data/fedigroups.sqlite3")) as link, link:
        link.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at)"
            " VALUES ('fedigroups', '9999_newer', '2026-01-01')"
        )
    refused = founded("user", "list")
    assert (refused.exit_code, "newer version" in refused.stderr) == (3, True)
    assert founded("backup", str(tmp_path / "newer")).exit_code == 0
    refused = typed(tmp_path / "there", "restore", str(tmp_path / "newer"))
    assert (refused.exit_code, "it knows 9999_newer" in refused.stderr) == (3, True)
    assert "The backup is of version" in refused.stderr


def test_a_backup_passes_through_standard_output_and_input(founded: Run, tmp_path: Path) -> None:
    made = founded("backup", "-")
    assert made.exit_code == 0
    (tmp_path / "piped").write_bytes(made.stdout_bytes)
    assert ask(founded, "restore", "--check", str(tmp_path / "piped"))["rows"] > 5
    assert not list((tmp_path / "data").glob(".fedigroups-*"))


def test_a_disk_that_is_full_leaves_no_half_backup(
    founded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(archive.Writer, "close", full)
        refused = founded("backup", str(tmp_path / "kept"))
        assert (refused.exit_code, "No space left" in refused.stderr) == (3, True)
    assert not (tmp_path / "kept").exists()
    assert not list(tmp_path.glob(".fedigroups-*"))
    shutil.rmtree(tmp_path / "data")
    refused = founded("backup", str(tmp_path / "kept"))
    assert (refused.exit_code, "nothing to copy yet" in refused.stderr) == (3, True)
