"""The database: opening it, being ambient, who may share it, and what transactions promise."""

from __future__ import annotations

import asyncio
import random
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tortoise.exceptions import IntegrityError, OperationalError

from conftest import MakeStore, MakeUrl, Where
from federation import storage
from federation.errors import Misconfigured
from fedigroups.models import Setting
from fedigroups.store import Ambient, Store

pytestmark = pytest.mark.anyio


async def _words() -> list[str]:
    return sorted(row["value"] for row in await storage.rows("SELECT value FROM setting"))


async def test_the_database_of_a_fixture_is_ambient_in_the_test_and_in_its_tasks(
    database: Store,
) -> None:
    await Setting.create(key="word", value="weld")
    assert await asyncio.create_task(_words()) == ["weld"]


async def test_two_instances_in_one_process_have_each_its_own_rows(
    kind: str, make_store: MakeStore
) -> None:
    first, second = await make_store(kind), await make_store(kind)
    with first.context():
        await Setting.create(key="word", value="first")
        with second.context():
            await Setting.create(key="word", value="second")
            assert await _words() == ["second"]
        assert await _words() == ["first"]


@asynccontextmanager
async def _served(store: Store) -> AsyncIterator[str]:
    """The origin of a real server whose lifespan writes and whose only page reads."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with store.context():
            await Setting.create(key="started", value=f"{store.kind}{id(store)}")
        yield

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(" ".join(await _words()))

    app = Ambient(Starlette(routes=[Route("/", page)], lifespan=lifespan), store)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has nothing to wait on
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


async def test_lifespan_and_requests_of_two_real_servers_see_each_its_own_database(
    kind: str, make_store: MakeStore
) -> None:
    first, second = await make_store(kind), await make_store(kind)
    async with _served(first) as one, _served(second) as other, httpx.AsyncClient() as client:
        assert (await client.get(one)).text == f"{kind}{id(first)}"
        assert (await client.get(other)).text == f"{kind}{id(second)}"


async def test_outside_of_its_context_a_store_is_not_ambient(make_store: MakeStore) -> None:
    await make_store("sqlite")
    with pytest.raises(RuntimeError, match="No TortoiseContext"):
        await storage.rows("SELECT 1 AS one")


async def test_a_closed_store_says_so_and_closing_twice_is_nothing(make_store: MakeStore) -> None:
    store = await make_store("sqlite")
    await store.close()
    await store.close()
    with pytest.raises(RuntimeError, match="not open"), store.context():
        pass


async def test_a_process_speaks_one_kind_of_database_at_a_time(
    make_store: MakeStore, make_url: MakeUrl
) -> None:
    await make_store("sqlite")
    other = Store(Where("https://second.example", "postgres://nobody@127.0.0.1:1/nothing"))
    with pytest.raises(RuntimeError, match="one kind"):
        await other.open()


# What does not open


@pytest.mark.parametrize(
    "url",
    [
        "mysql://db.example/fedigroups",
        "postgres://db.example/",
        "postgres://db.example:port/fedigroups",
        "postgres://db.example/fedigroups?sslmod=require",
        "postgres://db.example/fedigroups?maxsize=many",
        "sqlite:",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_by_name(url: str) -> None:
    with pytest.raises(Misconfigured, match="FEDIGROUPS_DATABASE_URL"):
        Store(Where("https://groups.example", url))


async def test_a_postgres_url_may_say_more(make_url: MakeUrl) -> None:
    url = await make_url("postgres")
    store = Store(Where("https://groups.example", f"{url}&maxsize=2&command_timeout=5"))
    await store.open()
    try:
        with store.context():
            await asyncio.gather(*(storage.rows("SELECT 1 AS one") for _ in range(10)))
            row = await storage.row("SHOW idle_in_transaction_session_timeout")
    finally:
        await store.close()
    assert row == {"idle_in_transaction_session_timeout": "1min"}


@pytest.mark.parametrize("url", ["postgres://nobody@127.0.0.1:1/nothing", "sqlite:///"])
async def test_an_unreachable_database_is_refused_at_once_in_a_sentence(url: str) -> None:
    store = Store(Where("https://groups.example", url))
    with pytest.raises(Misconfigured, match=r"does not open.*is FEDIGROUPS_DATABASE_URL right"):
        await store.open()


async def test_a_file_that_does_not_open_is_named_with_the_disk_that_may_be_full(
    tmp_path: Path,
) -> None:
    (tmp_path / "groups.sqlite3").mkdir()
    store = Store(Where("https://groups.example", f"sqlite://{tmp_path}/groups.sqlite3"))
    with pytest.raises(Misconfigured) as refused:
        await store.open()
    assert f"The database {tmp_path}/groups.sqlite3 does not open" in str(refused.value)
    assert f"has the disk room (df -h {tmp_path})" in str(refused.value)
    assert "postgres" not in str(refused.value)


@pytest.mark.parametrize("exclusive", [False, True])
async def test_a_file_that_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, exclusive: bool
) -> None:
    (tmp_path / "file").touch()
    where = Where("https://groups.example", f"sqlite://{tmp_path}/file/groups.sqlite3")
    with pytest.raises(Misconfigured, match="FEDIGROUPS_DATABASE_URL"):
        await Store(where, exclusive=exclusive).open()


async def test_a_file_of_something_else_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear welders, this is no database at all. " * 40)
    store = Store(Where("https://groups.example", f"sqlite://{tmp_path}/letter.txt"))
    with pytest.raises(Misconfigured, match="not a database"):
        await store.open()


async def test_a_sqlite_file_is_opened_with_the_pragmas_that_keep_it_whole(
    make_store: MakeStore,
) -> None:
    store = await make_store("sqlite")
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "temp_store": 2}
    with store.context():
        found = {name: (await storage.rows(f"PRAGMA {name}"))[0][name] for name in wanted}
    assert found == wanted


# Who may share it


async def test_a_second_server_on_the_same_file_is_refused_but_a_command_is_not(
    make_store: MakeStore,
) -> None:
    store = await make_store("sqlite")
    where = Where(store.origin, f"sqlite://{store.database.path}")
    server, second = Store(where, exclusive=True), Store(where, exclusive=True)
    await server.open()
    try:
        with pytest.raises(Misconfigured, match=r"Another server.*FEDIGROUPS_DATABASE_URL"):
            await second.open()
        with store.context():
            await Setting.create(key="word", value="from a command")
        with server.context():
            assert await _words() == ["from a command"]
    finally:
        await server.close()
    await second.open()
    await second.close()


async def test_a_postgres_database_is_for_any_number_of_servers(make_url: MakeUrl) -> None:
    where = Where("https://groups.example", await make_url("postgres"))
    first, second = Store(where, exclusive=True), Store(where, exclusive=True)
    await first.open()
    await second.open()
    await second.close()
    await first.close()


async def test_the_first_origin_is_remembered_and_another_is_refused(
    kind: str, make_url: MakeUrl
) -> None:
    url = await make_url(kind)
    first = Store(Where("https://groups.example", url))
    await first.open()
    await first.migrate()
    await first.close()

    again = Store(Where("https://groups.example", url))
    await again.open()
    await again.migrate()
    await again.close()

    other = Store(Where("https://second.example", url))
    with pytest.raises(Misconfigured, match=r"FEDIGROUPS_ORIGIN=https://groups\.example"):
        await other.open()


# What transactions promise


async def test_a_transaction_is_all_or_nothing(database: Store) -> None:
    with suppress(ZeroDivisionError):
        async with storage.transaction():
            await Setting.create(key="word", value="weld")
            await storage.execute("INSERT INTO setting (key, value) VALUES (?, ?)", "a", "b")
            _ = 1 / 0
    assert await _words() == []


async def test_what_is_done_at_once_is_all_or_nothing_too(database: Store) -> None:
    add, found = "INSERT INTO setting (key, value) VALUES (?, ?)", list[storage.Row]()

    async def work() -> None:
        async with storage.transaction():
            await storage.at_once(add, "word", "weld")
            await storage.execute(add, "other", "solder")
            found.extend(await storage.at_once("SELECT value FROM setting WHERE key = ?", "other"))
            await storage.at_once(add, "word", "braze")

    with pytest.raises(IntegrityError):
        await work()
    assert found == [{"value": "solder"}]
    assert await _words() == []


async def test_a_long_transaction_of_short_statements_on_sqlite_lets_the_loop_have_its_turn(
    make_store: MakeStore,
) -> None:
    store, turns = await make_store("sqlite"), 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    task = asyncio.create_task(others())
    with store.context():
        async with storage.transaction():
            before = turns
            for _ in range(2_000):
                await storage.at_once("SELECT value FROM setting WHERE key = ?", "word")
            assert turns > before
    task.cancel()


async def test_a_failed_savepoint_leaves_the_transaction_usable(database: Store) -> None:
    async with storage.transaction():
        await Setting.create(key="word", value="weld")
        with pytest.raises(IntegrityError):
            async with storage.transaction():
                await storage.execute("INSERT INTO setting (key, value) VALUES (?, ?)", "word", "x")
        await Setting.create(key="other", value="solder")
    assert await _words() == ["solder", "weld"]


async def _count_up(store: Store, times: int) -> None:
    with store.context():
        for _ in range(times):
            async with storage.transaction():
                row = await storage.row("SELECT value FROM setting WHERE key = 'count'")
                assert row is not None
                await asyncio.sleep(0)
                more = str(int(row["value"]) + 1)
                await storage.execute("UPDATE setting SET value = ? WHERE key = 'count'", more)


async def test_transactions_that_read_and_then_write_wait_their_turn_on_sqlite(
    make_store: MakeStore,
) -> None:
    """With a deferred BEGIN most of these fail with "database is locked"."""
    first = await make_store("sqlite")
    with first.context():
        await Setting.create(key="count", value="0")
    second = Store(Where(first.origin, f"sqlite://{first.database.path}"))
    await second.open()
    try:
        await asyncio.gather(*(_count_up(store, 20) for store in (first, second) for _ in "ab"))
        with second.context():
            assert await _words() == ["80"]
    finally:
        await second.close()


_WRITES_ALL_THE_TIME = """
import sqlite3, sys, time
link = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("begun", flush=True)
while True:
    link.execute("BEGIN IMMEDIATE")
    link.execute("UPDATE setting SET value = value")
    time.sleep(0.008)
    link.execute("COMMIT")
    time.sleep(0.0003)
"""


async def test_who_waits_to_write_on_sqlite_gets_a_turn_beside_one_who_always_writes(
    make_store: MakeStore,
) -> None:
    """SQLite's own wait looks ever more rarely: it takes a second and more each time."""
    store = await make_store("sqlite")
    busy = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _WRITES_ALL_THE_TIME, str(store.database.path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert busy.stdout
    try:
        await busy.stdout.readline()
        with store.context():
            async with asyncio.timeout(8):
                for turn in range(12):
                    await asyncio.sleep(0.03)  # so that the other one is at it again
                    if turn % 2:
                        await storage.execute("DELETE FROM setting WHERE key = ?", "word")
                    else:
                        async with storage.transaction():
                            await Setting.create(key="word", value="weld")
    finally:
        busy.kill()
        await busy.wait()


async def test_a_transaction_that_cannot_begin_leaves_the_database_usable(
    make_store: MakeStore,
) -> None:
    store = await make_store("sqlite")
    other = sqlite3.connect(str(store.database.path), isolation_level=None)
    with store.context():
        vars(storage.connection())["seconds_in_lock"] = 0.05
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await Setting.bulk_create([Setting(key="word", value="weld")])
        with pytest.raises(OperationalError, match="locked"):
            async with storage.transaction():
                pass
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(5), storage.transaction():
            await Setting.create(key="word", value="weld")
        assert await _words() == ["weld"]


async def test_a_transaction_cancelled_while_it_waits_to_begin_holds_nothing(
    make_store: MakeStore,
) -> None:
    store = await make_store("sqlite")
    other = sqlite3.connect(str(store.database.path), isolation_level=None)
    with store.context():
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(_count_up(store, 1))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.sleep(0.05)
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(5), storage.transaction():
            await Setting.create(key="word", value="weld")


async def test_transactions_cancelled_anywhere_leave_a_whole_database_and_a_full_pool(
    database: Store,
) -> None:
    await Setting.create(key="count", value="0")
    chance = random.Random(7)

    async def pair() -> None:
        async with storage.transaction():
            await storage.execute("UPDATE setting SET value = ? WHERE key = 'count'", "1")
            await storage.execute("UPDATE setting SET value = ? WHERE key = 'count'", "0")

    tasks = [asyncio.create_task(pair()) for _ in range(40)]
    for task in tasks:
        await asyncio.sleep(chance.random() / 500)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(10):
        await asyncio.gather(*(pair() for _ in range(12)))
    assert await _words() == ["0"]


async def test_who_is_cancelled_anywhere_in_a_transaction_can_still_ask_the_database(
    database: Store,
) -> None:
    """A worker that is stopped lets go of its leases that way."""

    async def work() -> None:
        try:
            async with storage.transaction():
                await storage.execute("UPDATE setting SET value = '1' WHERE key = 'count'")
        finally:
            assert await storage.rows("SELECT 1 AS one") == [{"one": 1}]

    steps, cut = 0, True
    while cut:
        steps += 1
        task = asyncio.create_task(work())
        for _ in range(steps):
            await asyncio.sleep(0)
        cut = task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert steps > 3
