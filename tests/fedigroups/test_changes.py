"""Whatever is written that shows somewhere is told, once it is committed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import scenery
from federation import ids, storage
from federation.models import Actor
from fedigroups.changes import QUIET, shows
from fedigroups.groups.models import Group, Tombstone
from fedigroups.models import Setting
from fedigroups.store import Store

pytestmark = pytest.mark.anyio


class Heard:
    """How often a change was told."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1

    def since(self) -> int:
        """How often since somebody asked last."""
        times, self.times = self.times, 0
        return times


@pytest.fixture
async def heard(database: Store) -> Heard:
    heard = Heard()
    storage.connection().changed = heard
    return heard


def tombstone() -> tuple[object, ...]:
    return (ids.new(), f"https://h.example/{ids.new()}", "", "delete", 0)


INSERT = "INSERT INTO tombstone (id, uri, actor_uri, kind, until) VALUES (?, ?, ?, ?, ?)"


async def test_every_way_to_write_is_heard(heard: Heard) -> None:
    ann = await scenery.person("ann@m.example")
    assert heard.since() == 1
    ann.name = "Ann"
    await ann.save()
    assert heard.since() == 1
    await Actor.filter(id=ann.id).update(name="Anne")
    assert heard.since() == 1
    await Actor.bulk_update([ann], ["name"])
    assert heard.since() >= 1
    names = ("id", "uri", "actor_uri", "kind", "until")
    rows = [Tombstone(**dict(zip(names, tombstone(), strict=True))) for _ in range(2)]
    await Tombstone.bulk_create(rows)
    assert heard.since() >= 1
    await storage.execute(INSERT, *tombstone())
    assert heard.since() == 1
    await storage.rows(f"{INSERT} RETURNING id", *tombstone())
    assert heard.since() >= 1
    await storage.execute_many(INSERT, [tombstone(), tombstone()])
    assert heard.since() == 1
    await Actor.filter(id=ann.id).delete()
    assert heard.since() >= 1
    await storage.connection().execute_script("DELETE FROM tombstone")
    assert heard.since() == 1


async def test_reading_and_what_shows_nowhere_are_not_heard(heard: Heard) -> None:
    await Group.all()
    await storage.rows("SELECT * FROM actor")
    async with storage.transaction():
        await Setting.create(key="word", value="weld")
        await storage.execute("UPDATE lane SET state = 'ok' WHERE host = 'm.example'")
    assert heard.since() == 0


async def test_a_transaction_is_heard_once_and_at_its_end(heard: Heard) -> None:
    async with storage.transaction():
        await scenery.person("ann@m.example")
        async with storage.transaction():
            await storage.execute(INSERT, *tombstone())
        await storage.execute_many(INSERT, [tombstone(), tombstone()])
        assert heard.since() == 0
    assert heard.since() == 1


async def test_what_only_a_savepoint_wrote_is_heard(heard: Heard) -> None:
    async with storage.transaction(), storage.transaction(), storage.transaction():
        await scenery.person("ann@m.example")
    assert heard.since() == 1


@pytest.mark.parametrize("kind", ["sqlite"])  # where another connection can look in between
async def test_when_it_is_heard_others_can_read_it(database: Store) -> None:
    seen: list[int] = []

    def look() -> None:
        with closing(sqlite3.connect(str(database.database.path))) as other:
            seen.append(other.execute("SELECT COUNT(*) FROM actor").fetchone()[0])

    storage.connection().changed = look
    async with storage.transaction():
        await scenery.person("ann@m.example")
    await scenery.person("vic@h.example")
    assert seen == [1, 2]


async def test_a_transaction_that_fails_may_be_heard_and_does_no_harm(heard: Heard) -> None:
    async def fail() -> None:
        async with storage.transaction():
            await scenery.person("ann@m.example")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert heard.since() == 1
    assert await Actor.all().count() == 0


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ('INSERT INTO "post" ("id") VALUES ($1)', True),
        ("insert into post (id) values (1)", True),
        ("INSERT OR IGNORE INTO post (id) VALUES (1)", True),
        ('UPDATE "thread" SET "title" = $1', True),
        ("DELETE FROM groups", True),
        ("WITH gone AS (DELETE FROM post RETURNING id) SELECT id FROM gone", True),
        ("INSERT INTO lane (host) VALUES (?) ON CONFLICT (host) DO UPDATE SET state = ''", False),
        ("WITH w AS (SELECT 1) UPDATE subscription SET cursor = 1 FROM w", False),
        ("UPDATE lane SET state = ''; UPDATE post SET state = ''", True),
        ("SELECT host FROM lane FOR UPDATE SKIP LOCKED", False),
        ("SELECT * FROM post", False),
        ("INSERT INTO something_new (id) VALUES (1)", True),
    ],
)
def test_a_statement_tells_of_itself_whether_it_shows(sql: str, told: bool) -> None:
    assert shows(sql) is told


async def test_the_tables_that_are_not_told_of_exist(database: Store) -> None:
    for table in QUIET:
        assert await storage.rows(f"SELECT COUNT(*) AS n FROM {table}")
