"""Upgrades: models and migrations agree, a second run is nothing, and no row is ever lost."""

from __future__ import annotations

import asyncio
import importlib
import os
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
FIRST = "0001_initial"
WIDER = """
    ops.AlterField("Actor", "kind", fields.CharField(max_length=64)),
    ops.AlterField("Key", "algorithm", fields.CharField(max_length=64)),
"""
BROKEN = WIDER + 'ops.RunSQL("SELECT * FROM nothing_of_that_name", "SELECT 1"),'
ORPHANS = 'ops.RunSQL("DELETE FROM actor", "SELECT 1"),'
DROPS = 'ops.RunSQL("DROP TRIGGER watch", "SELECT 1"),'
STEP = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "{before}")]
    operations = [{operations}]
"""
_packages = count(1)

Later = Callable[..., dict[str, Any]]


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Later]:
    """A factory of apps whose migrations go on after those of today, with these operations."""
    made: list[str] = []
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(store: Store, **steps: str) -> dict[str, Any]:
        package = f"later_{next(_packages)}"
        made.append(package)
        today = Path(migrations.__path__[0])
        shutil.copytree(today, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        before = upgrade.known_steps("fedigroups.migrations")[-1]
        for name, operations in steps.items():
            step = f"9{name}"
            text = STEP.format(before=before, operations=operations)
            (tmp_path / package / f"{step}.py").write_text(text)
            before = step
        importlib.invalidate_caches()
        apps: dict[str, Any] = orm_config(store.database)["apps"]
        apps["fedigroups"]["migrations"] = package
        return apps

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


async def _earlier(store: Store, later: Later, last: str) -> None:
    """Bring an empty database only as far as it was when `last` was the newest step."""
    apps = later(store)
    package = apps["fedigroups"]["migrations"]
    for name in upgrade.known_steps(package):
        if name > last:
            os.unlink(f"{importlib.import_module(package).__path__[0]}/{name}.py")
    async with storage.transaction():
        await upgrade.Executor(apps).migrate()


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
        assert await store.migrate() == upgrade.known_steps("fedigroups.migrations")
        assert await drift.missing(store.database) == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_tables_made_at_once_are_those_that_the_steps_make(
    kind: str, make_url: MakeUrl, at_once: bool
) -> None:
    """Red after a new step: run `make schema`."""
    written = (tables.FILES / f"{kind}.sql").read_text(encoding="utf-8")
    assert await tables.made(await make_url(kind, migrated=False), at_once=at_once) == (
        kind,
        written,
    )


async def test_steps_that_are_not_written_down_yet_are_taken_after_the_others(
    make_store: MakeStore, later: Later
) -> None:
    store = await make_store("sqlite", migrated=False)
    with store.context():
        taken = await upgrade.upgrade(store.database, later(store, wider=WIDER))
        assert taken == [*upgrade.known_steps("fedigroups.migrations"), "9wider"]
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
        assert sorted(map(len, steps)) == [0, 0, len(upgrade.known_steps("fedigroups.migrations"))]
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
    assert await upgrade.taken_steps() == upgrade.known_steps("fedigroups.migrations")
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


@pytest.mark.parametrize("shared", ["", "https://m.example/inbox"])
async def test_members_of_before_the_upgrade_read_on_where_they_did(
    kind: str, make_store: MakeStore, later: Later, shared: str
) -> None:
    store = await make_store(kind, migrated=False)
    with store.context():
        await _earlier(store, later, FIRST)
        inbox = shared or "https://m.example/ann/inbox"
        await _member_of_before(shared, inbox)
        await store.migrate()
        assert not await readers.drift()
        assert await storage.rows("SELECT inbox FROM member ORDER BY id") == [
            {"inbox": inbox},
            {"inbox": "https://groups.example/inbox"},
        ]
        digests = await followers.read_all()
        assert digests["https://groups.example/groups/welders", "m.example"] == of(
            ["https://m.example/ann"]
        )
        assert digests["https://l.example/cats", "groups.example"] == of(
            ["https://groups.example/users/olga"]
        )
        assert await storage.row("SELECT cursor, since FROM subscription") == {
            "cursor": 7,
            "since": 7,
        }


async def test_what_was_reported_before_the_upgrade_is_looked_into_after_it(
    kind: str, make_store: MakeStore, later: Later
) -> None:
    """Of a group, to its moderators; of none, to the staff."""
    store = await make_store(kind, migrated=False)
    with store.context():
        await _earlier(store, later, "0021_polls")
        await _member_of_before("", "https://m.example/ann/inbox")
        (group,) = await storage.rows("SELECT group_id FROM member ORDER BY id LIMIT 1")
        for number, of_group in ((1, group["group_id"]), (2, None)):
            await storage.execute(
                "INSERT INTO flag (id, activity_uri, reporter_uri, group_id, objects, text,"
                " created_at) VALUES (?, ?, 'https://m.example/ann', ?, '[]', 'Spam', 5)",
                *(number, f"https://m.example/flags/{number}", of_group),
            )
        await store.migrate()
        found = await Report.all().order_by("id")
        assert [(one.group_id, one.for_staff, one.state, one.text) for one in found] == [
            (group["group_id"], False, "open", "Spam"),
            (0, True, "open", "Spam"),
        ]


async def _member_of_before(shared: str, inbox: str) -> None:
    """Ann of m.example in our welders, Olga in the cats of l.example: written as they once were."""
    ours, cats = "https://groups.example", "https://l.example/cats"
    people = (
        (
            1,
            "https://m.example/ann",
            "Person",
            False,
            "m.example",
            f"{inbox[:17]}/ann/inbox",
            shared,
        ),
        (2, f"{ours}/groups/welders", "Group", True, "groups.example", "", ""),
        (3, f"{ours}/users/olga", "Person", True, "groups.example", "", f"{ours}/inbox"),
        (4, cats, "Group", False, "l.example", f"{cats}/inbox", ""),
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
    for number, group, actor in ((7, 5, 1), (8, 6, 3)):
        await storage.execute(
            "INSERT INTO member (id, group_id, actor_id, state, role, follow_uri, follow, reason,"
            " asked_at, joined_at, changed_at) VALUES (?, ?, ?, 'member', 'member', '', '', '', 0,"
            " 0, 0)",
            *(number, group, actor),
        )
    for number, stream in enumerate(("group:5:thread", "group:5:microblog")):
        await storage.execute("INSERT INTO stream (name, head) VALUES (?, 9)", stream)
        await storage.execute(
            "INSERT INTO subscription (id, stream, inbox, host, cursor, claimed, created_at)"
            " VALUES (?, ?, ?, 'm.example', 7, 7, 0)",
            *(number, stream, inbox),
        )
