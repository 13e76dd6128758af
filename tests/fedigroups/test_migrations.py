"""Upgrades: models and migrations agree, a second run is nothing, and no row is ever lost."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tortoise.exceptions import OperationalError

import tables
from conftest import MakeStore, MakeUrl, Where
from federation import followers, storage
from federation.errors import Misconfigured
from federation.follower_digest import of
from federation.models import Actor, Key
from fedigroups import drift, migrations, upgrade
from fedigroups.groups import readers
from fedigroups.moderation.models import Report
from fedigroups.store import Store, orm_config

pytestmark = pytest.mark.anyio

INDEXES = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
UNTOUCHED = {"tortoise_migrations", "sqlite_sequence", "setting"}
REWRITTEN: dict[str, int] = {"flag": 3}
"""Tables of the first version that a step makes into others, with their rows."""
MADE_UP = 99
"""The id of each row that is made up."""
ALONE, SHARED = "https://m.example/ann/inbox", "https://w.example/inbox"
WIDER = """
    ops.AlterField("Actor", "kind", fields.CharField(max_length=64)),
    ops.AlterField("Key", "algorithm", fields.CharField(max_length=64)),
"""
BROKEN = WIDER + 'ops.RunSQL("SELECT * FROM nothing_of_that_name", "SELECT 1"),'
ORPHANS = 'ops.RunSQL("DELETE FROM actor", "SELECT 1"),'
DROPS = 'ops.RunSQL("DROP TRIGGER watch", "SELECT 1"),'
OF_TODAY = """
from importlib import import_module

from tortoise import migrations

today = import_module("fedigroups.migrations.{name}").Migration


class Migration(migrations.Migration):
    dependencies = today.dependencies
    operations = [
        each
        for each in today.operations
        if getattr(each, "model_name", getattr(each, "name", "")) in ("Actor", "Key")
    ]
"""
"""A step of today as far as actors and keys go: Tortoise renders what it knows for each step."""

STEP = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "{before}")]
    operations = [{operations}]
"""
TODAY = upgrade.known_steps("fedigroups.migrations")
_packages = count(1)

NewPackage = Callable[[], Path]
Later = Callable[..., dict[str, Any]]


@pytest.fixture
def new_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewPackage]:
    """A factory of folders that can be imported by their names, until the test ends."""
    made: list[str] = []
    monkeypatch.syspath_prepend(str(tmp_path))

    def make() -> Path:
        made.append(f"later_{next(_packages)}")
        package = tmp_path / made[-1]
        package.mkdir()
        (package / "__init__.py").touch()
        return package

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


@pytest.fixture
def later(new_package: NewPackage) -> Later:
    """A factory of apps whose migrations go on after those of today, with these operations."""

    def make(store: Store, **steps: str) -> dict[str, Any]:
        package, before = new_package(), TODAY[-1]
        for name in TODAY:
            (package / f"{name}.py").write_text(OF_TODAY.format(name=name))
        for name, operations in steps.items():
            text = STEP.format(before=before, operations=operations)
            before = f"9{name}"
            (package / f"{before}.py").write_text(text)
        return _apps(store, package)

    return make


def _apps(store: Store, package: Path) -> dict[str, Any]:
    importlib.invalidate_caches()
    apps: dict[str, Any] = orm_config(store.database)["apps"]
    apps["fedigroups"]["migrations"] = package.name
    return apps


async def _first_step(store: Store, package: Path) -> None:
    """Make the tables as the first version had them."""
    shutil.copy(Path(migrations.__path__[0], f"{TODAY[0]}.py"), package)
    async with storage.transaction():
        await upgrade.Executor(_apps(store, package)).migrate()


async def _people(store: Store) -> None:
    """An actor with two keys: the keys go when the actor's row does."""
    ann = await Actor.create(
        id=1, uri="https://m.example/ann", kind="Person", host="m.example", username="ann"
    )
    for number, algorithm in ((1, "rsa"), (2, "ed25519")):
        await Key.create(
            id=number,
            actor=ann,
            uri=f"{ann.uri}#{number}",
            algorithm=algorithm,
            public="...",
            created_at=0,
        )


async def _all_is_there(store: Store) -> None:
    assert await Actor.all().count() == 1
    assert await Key.all().count() == 2
    assert await drift.missing(store.database) == []


async def test_models_and_migrations_agree(make_store: MakeStore) -> None:
    store = await make_store("sqlite")
    with store.context():
        unwritten = await drift.unwritten(orm_config(store.database)["apps"])
    assert [writer.as_string() for writer in unwritten] == [], "run: make migration NAME=..."


async def test_an_empty_database_gets_all_tables_and_indexes(
    kind: str, make_store: MakeStore
) -> None:
    store = await make_store(kind, migrated=False)
    with store.context():
        assert "setting" in await drift.missing(store.database)
        assert await store.migrate() == TODAY
        assert await drift.missing(store.database) == []


async def test_the_tables_that_a_new_database_gets_are_those_written_down(
    kind: str, make_url: MakeUrl
) -> None:
    """That the steps make the same is seen where an instance goes through all of them, below."""
    url = await make_url(kind, migrated=False)
    assert await tables.made(url, at_once=True) == (kind, tables.written(kind))


async def test_steps_that_are_not_written_down_yet_are_taken_after_the_others(
    make_store: MakeStore, later: Later
) -> None:
    store = await make_store("sqlite", migrated=False)
    with store.context():
        taken = await upgrade.upgrade(store.database, later(store, wider=WIDER))
        assert taken == [*TODAY, "9wider"]
        assert await upgrade.taken_steps() == taken
        assert await drift.missing(store.database) == []


async def test_sqlite_gets_the_indexes_that_the_models_name(make_store: MakeStore) -> None:
    """Tortoise forgets them where it makes a table anew: what is written down must know them."""
    store = await make_store("sqlite")
    with store.context(), closing(sqlite3.connect(":memory:")) as fresh:
        link = storage.connection()
        fresh.executescript(link.schema_generator(link).get_create_schema_sql(safe=False))
        of_models = fresh.execute(INDEXES).fetchall()
        found = {_columns(row["sql"]) for row in await storage.rows(INDEXES)}
    assert {_columns(sql) for (sql,) in of_models} <= found


def _columns(sql: str) -> tuple[bool, str]:
    """Whether it is unique, and of what: Tortoise names it otherwise in models and in steps."""
    made, _, columns = sql.partition(" ON ")
    return " UNIQUE " in made, "".join(columns.split())


async def test_postgres_gets_the_indexes_that_the_models_name(make_store: MakeStore) -> None:
    store = await make_store("postgres")
    with store.context():
        found = await storage.rows(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'member' ORDER BY indexdef"
        )
    assert any("(actor_id, state)" in row["indexdef"] for row in found)
    assert any(
        "UNIQUE" in row["indexdef"] and "(group_id, actor_id)" in row["indexdef"] for row in found
    )


async def test_a_second_migration_takes_no_step_and_less_than_50_ms(
    kind: str, make_store: MakeStore
) -> None:
    """Counted in time of this process, so that a busy machine does not matter."""
    store = await make_store(kind, migrated=False)
    await store.migrate()
    took = []
    for _ in range(5):
        start = time.process_time()
        assert await store.migrate() == []
        took.append(time.process_time() - start)
    assert min(took) < 0.05


async def test_two_processes_that_migrate_at_once_take_each_step_once(
    kind: str, make_store: MakeStore, make_url: Callable[..., Any]
) -> None:
    where = Where("https://groups.example", await make_url(kind, migrated=False))
    stores = [Store(where) for _ in range(3)]
    try:
        for store in stores:
            await store.open()
        steps = await asyncio.gather(*(store.migrate() for store in stores))
        assert sorted(map(len, steps)) == [0, 0, len(TODAY)]
    finally:
        for store in stores:
            await store.close()


async def test_a_database_of_a_newer_version_is_refused(database: Store) -> None:
    await storage.execute(
        "UPDATE tortoise_migrations SET name = '8888_from_the_future'"
        " WHERE name = (SELECT MAX(name) FROM tortoise_migrations)"
    )
    with pytest.raises(Misconfigured, match=r"newer version.*8888_from_the_future"):
        await database.migrate()


async def test_a_database_of_another_program_is_refused_and_left_alone(
    kind: str, make_store: MakeStore
) -> None:
    store = await make_store(kind, migrated=False)
    with store.context():
        await storage.execute("CREATE TABLE actor (film TEXT)")
        with pytest.raises(Misconfigured, match="another program"):
            await store.migrate()
        assert not await upgrade.has_tables("setting", "tortoise_migrations")


async def test_rebuilding_a_parent_table_keeps_its_children_indexes_and_triggers(
    database: Store, later: Later
) -> None:
    """Tortoise 1.1.9 alone deletes every key here, by cascade, and forgets actor's indexes."""
    await _people(database)
    if database.kind == "sqlite":
        await storage.execute(
            "CREATE TRIGGER watch AFTER INSERT ON actor BEGIN "
            "INSERT INTO setting (key, value) VALUES ('watched', NEW.uri); END"
        )
    steps = await upgrade.upgrade(database.database, later(database, _1_wider=WIDER))
    assert steps == ["9_1_wider"]
    await _all_is_there(database)
    await storage.execute("UPDATE actor SET kind = ?", "x" * 64)
    if database.kind == "sqlite":
        await Actor.create(id=2, uri="https://x.example", kind="Person", host="x", username="x")
        assert await storage.row("SELECT value FROM setting") == {"value": "https://x.example"}
        assert await storage.row("PRAGMA foreign_keys") == {"foreign_keys": 1}


async def test_a_trigger_that_a_step_drops_stays_dropped(
    make_store: MakeStore, later: Later
) -> None:
    store = await make_store("sqlite")
    with store.context():
        await storage.execute("CREATE TRIGGER watch AFTER INSERT ON actor BEGIN SELECT 1; END")
        await upgrade.upgrade(store.database, later(store, _1_drops=DROPS))
        assert await storage.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") == []


async def test_when_a_step_fails_no_step_was_taken(database: Store, later: Later) -> None:
    await _people(database)
    apps = later(database, _1_wider=WIDER, _2_broken=BROKEN)
    with pytest.raises(OperationalError, match="nothing_of_that_name"):
        await upgrade.upgrade(database.database, apps)
    assert await upgrade.taken_steps() == TODAY
    await _all_is_there(database)
    assert await upgrade.upgrade(database.database, later(database, _1_wider=WIDER)) == [
        "9_1_wider"
    ]


async def test_a_step_that_leaves_rows_without_their_parent_is_undone(
    make_store: MakeStore, later: Later
) -> None:
    store = await make_store("sqlite")
    with store.context():
        await _people(store)
        with pytest.raises(Misconfigured, match="2 rows of the table key"):
            await upgrade.upgrade(store.database, later(store, _1_orphans=ORPHANS))
        await _all_is_there(store)


async def test_a_lost_index_is_made_anew_by_the_next_migration(make_store: MakeStore) -> None:
    store = await make_store("sqlite")
    with store.context():
        lost = await storage.row(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'post' "
            "AND sql IS NOT NULL"
        )
        assert lost is not None
        await storage.execute(f"DROP INDEX {lost['name']}")
        assert await drift.missing(store.database) != []
        assert await store.migrate() == []
        assert await drift.missing(store.database) == []


async def test_a_sqlite_file_is_copied_before_its_first_step_for_its_owner_alone(
    make_store: MakeStore, later: Later
) -> None:
    store = await make_store("sqlite")
    assert store.database.path is not None
    with store.context():
        await _people(store)
        await upgrade.upgrade(store.database, later(store, _1_wider=WIDER))
    [copy] = store.database.path.parent.glob("*.before-9_1_wider-*")
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as old:
        assert old.execute("SELECT count(*) FROM key").fetchone() == (2,)
    old.close()


async def test_an_empty_sqlite_file_is_not_copied(make_store: MakeStore) -> None:
    store = await make_store("sqlite", migrated=False)
    assert store.database.path is not None
    await store.migrate()
    assert list(store.database.path.parent.glob("*.before-*")) == []


async def test_an_instance_of_the_first_version_goes_through_all_steps_and_loses_nothing(
    kind: str, make_url: MakeUrl, new_package: NewPackage
) -> None:
    """Its tables are then those written down; red after a new step: run `make schema`."""
    url = await make_url(kind, migrated=False)
    store = Store(Where("https://groups.example", url))
    await store.open()
    try:
        with store.context():
            await _first_step(store, new_package())
            await _members_of_before()
            await _reports_of_before()
            await _a_row_in_every_table()
            before = await _counted()
            await store.migrate()
            after = await _counted()
            lost = {name: number for name, number in before.items() if after.get(name) != number}
            assert lost == REWRITTEN
            await _members_read_on_where_they_did()
            await _what_was_reported_is_looked_into()
    finally:
        await store.close()
    assert await tables.made(url, at_once=False) == (kind, tables.written(kind))


async def _a_row_in_every_table() -> None:
    """One more in each, of made-up values that refer to what is there: no step may drop it."""
    for name, columns in (await _columns_by_table()).items():
        values = {column: _made_up(column, kind) for column, kind, needed in columns if needed}
        await storage.execute(
            f"INSERT INTO {name} ({', '.join(values)}) VALUES ({storage.marks(len(values))})",
            *values.values(),
        )


def _made_up(column: str, kind: str) -> Any:
    """Whatever a column takes; it refers to the welders, or to what was made up like this."""
    if column == "group_id":
        return 5
    kind = kind.upper()
    if "BLOB" in kind or "BYTEA" in kind:
        return b"x"
    if "BOOL" in kind:
        return False
    return "x" if "CHAR" in kind or "TEXT" in kind else MADE_UP


async def _columns_by_table() -> dict[str, list[tuple[str, str, bool]]]:
    """Each table's columns in the order in which they may be filled: name, type, NOT NULL."""
    if storage.dialect() == "sqlite":
        sql = (
            'SELECT t.name AS name, c.name AS col, c.type AS kind, c."notnull" AS needed'
            " FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
            " ORDER BY t.rowid, c.cid"
        )
    else:
        sql = (
            "SELECT c.table_name AS name, c.column_name AS col, c.data_type AS kind,"
            " c.is_nullable = 'NO' AS needed FROM information_schema.columns c"
            " WHERE c.table_schema = 'public'"
            " ORDER BY ('\"' || c.table_name || '\"')::regclass::oid, c.ordinal_position"
        )
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for row in await storage.rows(sql):
        if row["name"] not in UNTOUCHED:
            found.setdefault(row["name"], []).append((row["col"], row["kind"], bool(row["needed"])))
    return found


async def _counted() -> dict[str, int]:
    """How many rows each table has."""
    names = await _columns_by_table()
    counts = [await storage.row(f"SELECT COUNT(*) AS n FROM {name}") for name in names]
    return {name: row["n"] if row else 0 for name, row in zip(names, counts, strict=True)}


async def _members_read_on_where_they_did() -> None:
    assert not await readers.drift()
    inboxes = await storage.rows("SELECT inbox FROM member WHERE id < ? ORDER BY id", MADE_UP)
    ours = "https://groups.example/inbox"
    assert [row["inbox"] for row in inboxes] == [ALONE, ours, SHARED]
    digests = await followers.read_all()
    for group, host, people in (
        ("https://groups.example/groups/welders", "m.example", ["https://m.example/ann"]),
        ("https://groups.example/groups/welders", "w.example", ["https://w.example/bob"]),
        ("https://l.example/cats", "groups.example", ["https://groups.example/users/olga"]),
    ):
        assert digests[group, host] == of(people)
    for inbox in (ALONE, SHARED):
        found = await storage.rows("SELECT cursor, since FROM subscription WHERE inbox = ?", inbox)
        assert found == [{"cursor": 7, "since": 7}] * 2


async def _what_was_reported_is_looked_into() -> None:
    """Of a group, by its moderators; of none, by the staff."""
    found = await Report.filter(text="Spam").order_by("id")
    assert [(one.group_id, one.for_staff, one.state, one.text) for one in found] == [
        (5, False, "open", "Spam"),
        (0, True, "open", "Spam"),
    ]


async def _reports_of_before() -> None:
    for number, of_group in ((1, 5), (2, None)):
        await storage.execute(
            "INSERT INTO flag (id, activity_uri, reporter_uri, group_id, objects, text,"
            " created_at) VALUES (?, ?, 'https://m.example/ann', ?, '[]', 'Spam', 5)",
            *(number, f"https://m.example/flags/{number}", of_group),
        )


async def _members_of_before() -> None:
    """Ann and Bob in our welders, Olga in the cats of l.example: written as they once were."""
    ours, cats = "https://groups.example", "https://l.example/cats"
    people = (
        (1, "https://m.example/ann", "Person", False, "m.example", ALONE, ""),
        (2, f"{ours}/groups/welders", "Group", True, "groups.example", "", ""),
        (3, f"{ours}/users/olga", "Person", True, "groups.example", "", f"{ours}/inbox"),
        (4, cats, "Group", False, "l.example", f"{cats}/inbox", ""),
        (9, "https://w.example/bob", "Person", False, "w.example", f"{SHARED}/bob", SHARED),
    )
    for row in people:
        await storage.execute(
            "INSERT INTO actor (id, uri, kind, local, host, inbox, shared_inbox, username, name,"
            " summary, page_url, icon_url, outbox, followers, moderators, featured, document,"
            " moved_to, state, published_at, updated_at, fetched_at) VALUES (?, ?, ?, ?, ?, ?, ?,"
            " 'x', '', '', '', '', '', '', '', '', '', '', 'live', 0, 0, 0)",
            *row,
        )
    for number, actor, hosted in ((5, 2, True), (6, 4, False)):
        await storage.execute(
            "INSERT INTO groups (id, actor_id, hosted, boost_replies, name, title, description,"
            " summary, summary_html, rules, language, icon_url, banner_url, join_policy,"
            " post_policy, state, members_count, threads_count, active_at, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, 'x', 'X', '', '', '', '', 'en', '', '', 'open', 'members',"
            " 'open', 1, 0, 0, 0, 0)",
            *(number, actor, hosted, False),
        )
    for number, group, actor in ((7, 5, 1), (8, 6, 3), (10, 5, 9)):
        await storage.execute(
            "INSERT INTO member (id, group_id, actor_id, state, role, follow_uri, follow, reason,"
            " asked_at, joined_at, changed_at) VALUES (?, ?, ?, 'member', 'member', '', '', '', 0,"
            " 0, 0)",
            *(number, group, actor),
        )
    for number, stream in enumerate(("group:5:thread", "group:5:microblog")):
        await storage.execute("INSERT INTO stream (name, head) VALUES (?, 9)", stream)
        for inbox in (ALONE, SHARED):
            await storage.execute(
                "INSERT INTO subscription (id, stream, inbox, host, cursor, claimed, created_at)"
                " VALUES (?, ?, ?, ?, 7, 7, 0)",
                *(2 * number + (inbox == SHARED), stream, inbox, inbox[8:17]),
            )
