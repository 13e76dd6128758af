"""Moving an instance to PostgreSQL: everything arrives as it was, or nothing does."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tortoise.context import require_context

import world as worlds
from conftest import MakeStore, MakeUrl, Where
from federation import storage
from federation.errors import Misconfigured
from fedigroups import copy, postgres_link, store
from fedigroups.app import make_app
from fedigroups.cli import main
from fedigroups.database_url import parse
from fedigroups.instance import assemble
from fedigroups.store import Store
from servers import Server
from world import Town, World

pytestmark = pytest.mark.anyio

GROUPS = "https://groups.example"


@dataclass
class Lived:
    """A SQLite instance that has lived: two members elsewhere, one of whom is owed something."""

    town: Town
    microblog: Server
    threads: Server
    url: str
    folder: Path


@pytest.fixture
async def lived(world: World) -> Lived:
    ours = await world.town()
    microblog = Server.at(world.network, "m.example", "mastodon")
    threads = Server.at(world.network, "l.example", "lemmy")
    ann, bob = microblog.member("ann"), threads.member("bob")
    for person in (ann, bob):
        assert await person.send(person.follow()) == 202
    await world.settle()
    note = ann.note("Which rod for thin sheet? \U0001f525 «größer»")
    assert await ann.send(ann.create(note)) == 202
    await world.settle()
    await ours.reply("olga", note["id"], "1.6 mm.")
    await world.settle()
    world.network.fail("l.example", 503)
    await ours.write("tom", "Is *anybody* there?", "Hello")
    await world.settle()
    world.network.heal("l.example")
    await ours.instance.close()
    path = world.folder / "groups.example.sqlite3"
    return Lived(ours, microblog, threads, f"sqlite://{path}", world.folder)


sqlite = pytest.mark.parametrize("kind", ["sqlite"])


def move(*words: str, **environment: str) -> Result:
    """What the command says and how it ends, in a thread of its own."""
    return CliRunner().invoke(main, ["migrate", *words], env=environment)


async def moved(*words: str) -> Result:
    return await asyncio.to_thread(move, *words)


async def rows_of(url: str, work: Callable[[], Awaitable[Any]]) -> Any:
    opened = Store(Where(GROUPS, url))
    await opened.open()
    try:
        with opened.context():
            return await work()
    finally:
        await opened.close()


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of the ambient database."""
    apps = require_context().apps
    assert apps is not None
    found = {}
    for model in apps.get_models_iterable():
        rows = await model.all().values()
        found[model._meta.db_table] = sorted(rows, key=lambda row: str(list(row.values())))
    return found


@sqlite
async def test_every_row_of_every_table_is_the_same_afterwards(
    lived: Lived, make_url: MakeUrl
) -> None:
    before = await rows_of(lived.url, everything)
    target = await make_url("postgres", migrated=False)
    result = await moved("--from", lived.url, "--to", target)
    assert result.exit_code == 0, result.output
    assert "every row read back" in result.stdout
    after = await rows_of(target, everything)
    assert after.keys() == before.keys()
    full = {name for name, rows in before.items() if rows}
    assert full >= {"actor", "key", "member", "thread", "post", "subscription", "log_entry", "lane"}
    assert after == before


@sqlite
async def test_the_moved_instance_goes_on_where_it_was(
    lived: Lived, make_url: MakeUrl, world: World
) -> None:
    target = await make_url("postgres", migrated=False)
    assert (await moved("--from", lived.url, "--to", target)).exit_code == 0
    settings = worlds.settings("groups.example", target, lived.folder / "groups.example")
    instance = assemble(settings, transport=world.network)
    await instance.open()  # its secret opens the keys that came along
    try:
        town = Town(instance, world.network)
        world.network.join("groups.example", make_app(instance))
        assert set((await town.members()).values()) == {"member"}
        owed, sent = len(lived.threads.inbox), len(lived.microblog.inbox)
        with instance.store.context():
            await storage.execute("UPDATE lane SET next_try_at = 0")
        await instance.settle()
        assert len(lived.threads.inbox) == owed + 1  # what was owed, and nothing twice
        assert len(lived.microblog.inbox) == sent
        await town.write("olga", "We have moved.", "News")
        await instance.settle()
        assert len(lived.threads.inbox) == owed + 2
        assert len(lived.microblog.inbox) == sent + 1
    finally:
        await instance.close()


@sqlite
async def test_the_copy_says_what_it_copied_as_json(lived: Lived, make_url: MakeUrl) -> None:
    target = await make_url("postgres", migrated=False)
    result = await moved("--from", lived.url, "--to", target, "--json")
    said = json.loads(result.stdout)
    assert said["origin"] == GROUPS
    rows = {table["table"]: table["rows"] for table in said["tables"]}
    assert (rows["post"], rows["member"]) == (3, 4)


@sqlite
async def test_a_target_that_holds_an_instance_is_refused_and_stays_as_it_was(
    lived: Lived, make_url: MakeUrl
) -> None:
    target = await make_url("postgres", migrated=False)
    assert (await moved("--from", lived.url, "--to", target)).exit_code == 0
    before = await rows_of(target, everything)
    again = await moved("--from", lived.url, "--to", target)
    assert again.exit_code == 3
    assert "holds rows already" in again.stderr
    assert await rows_of(target, everything) == before


@sqlite
async def test_a_target_of_another_origin_is_refused(
    lived: Lived, make_store: MakeStore, make_url: MakeUrl
) -> None:
    target = await make_url("postgres", migrated=False)
    other = Store(Where("https://other.example", target))
    await other.open()
    await other.migrate()
    await other.close()
    refused = await moved("--from", lived.url, "--to", target)
    assert refused.exit_code == 3
    assert "belongs to https://other.example" in refused.stderr


@sqlite
async def test_an_instance_that_is_being_served_is_not_copied(
    lived: Lived, make_url: MakeUrl
) -> None:
    target = await make_url("postgres", migrated=False)
    path = parse(lived.url).path
    assert path is not None
    with store.claim(path):
        refused = await moved("--from", lived.url, "--to", target)
    assert refused.exit_code == 3
    assert "Another server already serves" in refused.stderr


@sqlite
async def test_nobody_writes_to_the_source_while_it_is_read(lived: Lived) -> None:
    path = parse(lived.url).path
    with (
        copy.source_at(lived.url),
        closing(sqlite3.connect(str(path), timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("DELETE FROM post")


@sqlite
async def test_a_row_that_arrives_changed_undoes_the_whole_copy(
    lived: Lived, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await make_url("postgres", migrated=False)
    real = copy.Table.carried
    seen: list[object] = []

    def once_wrong(table: copy.Table, row: copy.Row) -> copy.Row:
        found = real(table, row)
        if table.name == "post" and not seen:
            seen.append(found)
            title = table.names.index("title")
            return (*found[:title], f"{found[title]}.", *found[title + 1 :])
        return found

    monkeypatch.setattr(copy.Table, "carried", once_wrong)
    refused = await moved("--from", lived.url, "--to", target)
    assert refused.exit_code == 3
    assert "did not arrive as it was" in refused.stderr
    monkeypatch.undo()
    assert (await moved("--from", lived.url, "--to", target)).exit_code == 0  # still empty


@sqlite
async def test_more_rows_than_fit_in_one_batch_all_arrive(
    lived: Lived, make_url: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "BATCH", 3)
    before = await rows_of(lived.url, everything)
    target = await make_url("postgres", migrated=False)
    assert (await moved("--from", lived.url, "--to", target)).exit_code == 0
    assert await rows_of(target, everything) == before


@sqlite
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE post SET title = 'a' || char(0) || 'b'", "NUL character"),
        ("UPDATE lane SET state = hex(zeroblob(20))", "too long"),
        ("CREATE TABLE stranger (id INTEGER)", "tables of another program"),
        ("DELETE FROM tortoise_migrations", "not of this version"),
        ("DELETE FROM setting", "never served"),
        ("UPDATE member SET group_id = 1", "foreign key"),
    ],
)
async def test_what_cannot_be_carried_over_is_named_and_nothing_is_copied(
    lived: Lived, make_url: MakeUrl, damage: str, sentence: str
) -> None:
    with closing(sqlite3.connect(str(parse(lived.url).path))) as link, link:
        link.execute(damage)
    target = await make_url("postgres", migrated=False)
    refused = await moved("--from", lived.url, "--to", target)
    assert refused.exit_code == 3, refused.output
    assert sentence in refused.stderr
    link = await postgres_link.connect(parse(target))
    try:
        made = await link.fetchval("SELECT to_regclass('post') IS NOT NULL")
        assert not made or await link.fetchval("SELECT COUNT(*) FROM post") == 0
    finally:
        await link.close()


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--to", "postgres://db.example/x"), 2, "--to needs --from"),
        (("--from", "postgres://db.example/x"), 3, "--from must name a sqlite database"),
        (("--from", "sqlite:///nowhere/at/all.sqlite3"), 3, "does not exist"),
    ],
)
def test_only_an_instance_on_sqlite_can_be_moved(
    words: tuple[str, ...], status: int, sentence: str, tmp_path: Path
) -> None:
    refused = move(*words, FEDIGROUPS_DATA_DIR=str(tmp_path))
    assert refused.exit_code == status
    assert sentence in refused.stderr


@sqlite
async def test_only_postgresql_is_moved_to(lived: Lived, tmp_path: Path) -> None:
    refused = await moved("--from", lived.url, "--to", f"sqlite://{tmp_path}/other.sqlite3")
    assert refused.exit_code == 3
    assert "--to must name a postgres database" in refused.stderr


async def test_a_table_comes_after_those_that_it_refers_to(make_store: MakeStore) -> None:
    opened = await make_store("sqlite")
    with opened.context():
        apps = require_context().apps
        assert apps is not None
        models = [model.describe() for model in apps.get_models_iterable()]
    tables = copy.describe(models)
    names = [table.name for table in tables]
    assert len(names) == len(models)
    for place, table in enumerate(tables):
        assert table.parents <= set(names[:place]), table.name
    assert "author_id" in next(table for table in tables if table.name == "post").names


def test_a_column_of_a_kind_that_nobody_thought_of_is_not_carried_over_blindly() -> None:
    key = {"db_column": "id", "python_type": "int", "generated": False}
    model = {
        "name": "fedigroups.X", "table": "x", "pk_field": key,
        "data_fields": [{"db_column": "at", "python_type": "datetime.datetime"}],
        "fk_fields": [], "o2o_fields": [],
    }  # fmt: skip
    with pytest.raises(TypeError, match=r"x\.at is a datetime"):
        copy.describe([model])
    with pytest.raises(TypeError, match="gives out"):
        copy.describe([model | {"pk_field": key | {"generated": True}}])


def test_a_digest_tells_values_of_different_types_apart() -> None:
    column = copy.Column("x", str)
    table = copy.Table("t", (column,), frozenset(), text_key=True)
    assert replace(table, columns=(column, column)).names == ["x", "x"]
    assert len({copy._digest(row) for row in [(1,), ("1",), (True,), (b"1",), (None,)]}) == 5


def test_nobody_copies_onto_a_kind_of_database_that_this_program_does_not_know() -> None:
    with pytest.raises(Misconfigured, match="must begin with"), copy.source_at("mysql://x/y"):
        pass
