"""F06 to F09, F11: the database goes away, is restarted, fails, or holds a transaction open."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import asyncpg
import httpx
import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import ORIGIN, Process, until
from crash.load import Load, begun
from crash.own_postgres import OwnPostgres, own_postgres
from crash.trial import Trial
from federation.origin import host_of
from postgres_server import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(300)]

LONG = [pytest.mark.long, pytest.mark.timeout(1_200)]
RECOVERY_SECONDS = 10.0
STRANGERS = 5
_strangers = count()


@pytest.fixture(scope="module")
def own() -> Iterator[OwnPostgres]:
    """A PostgreSQL server that the tests of this file may stop."""
    with own_postgres("fsync=off", "full_page_writes=off") as server:
        yield server


async def test_postgresql_restarted_under_load(own: OwnPostgres, make_trial: MakeTrial) -> None:
    """F06: 503 meanwhile, well again within 10 s without a restart of ours, nothing half done."""
    trial = await make_trial("postgres", Crowd(40, pause=0.01), url=await own.database())
    load = await begun(trial, 4, strangers=STRANGERS)
    async with load.flowing():
        for mode in ("fast", "immediate"):
            await _some_answers(load.answers)
            await asyncio.to_thread(own.stop, mode)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(own.start)
            await _is_well_again(trial, load)
    assert load.statuses <= {202, 503}
    await _let_leases_end(trial)
    await trial.settle()


@pytest.mark.long
async def test_connections_to_postgresql_are_cut(postgres: Postgres, make_trial: MakeTrial) -> None:
    """F06: every connection is ended again and again; the same."""
    trial = await make_trial("postgres", Crowd(40, pause=0.01))
    load = await begun(trial, 4, strangers=STRANGERS)
    name = await trial.fleet.rows("SELECT current_database() AS name")
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{name[0]['name']}' AND pid <> pg_backend_pid()"
    )
    async with load.flowing():
        for _ in range(5):
            await _some_answers(load.answers)
            await postgres.execute(cut)
        await _is_well_again(trial, load)
    assert load.statuses <= {202, 503}
    await _let_leases_end(trial)
    await trial.settle()


async def _is_well_again(trial: Trial, load: Load) -> None:
    """Each process is ready, takes what comes, and delivers, before `RECOVERY_SECONDS` are over."""
    since = time.monotonic()
    await until(lambda: load.answers[-1][0] == 202 and load.answers[-1][1] > since)
    for process in trial.fleet.processes:
        await asyncio.to_thread(process.ready)
    newcomer = trial.person(trial.crowd.count - next(_strangers) % STRANGERS - 1, "newcomer")
    follow = newcomer.follow()
    await trial.insist(newcomer, follow)
    await until(lambda: any(knock.about == f"Accept {follow['id']}" for knock in trial.crowd.came))
    assert time.monotonic() - since < RECOVERY_SECONDS
    await trial.audit.hold()


async def _let_leases_end(trial: Trial) -> None:
    """A lane that failed with the database is free when its lease ends, and swept up after it.

    That takes two minutes; here the workers begin anew a minute later.
    """
    await trial.begin_anew()


async def _some_answers(answers: list[tuple[int, float]], count: int = 8) -> None:
    before = len(answers)
    await until(lambda: len(answers) >= before + count)


@pytest.mark.parametrize("seconds", [pytest.param(600, marks=LONG)])
async def test_postgresql_is_down_for_long(
    seconds: float, own: OwnPostgres, make_trial: MakeTrial
) -> None:
    """F07: alive, not ready, 503 to senders; the queue is as it was."""
    trial = await make_trial("postgres", Crowd(40, pause=0.01), url=await own.database())
    load = await begun(trial, 4, strangers=STRANGERS)
    async with load.flowing():
        await _some_answers(load.answers)
        own.stop()
        down = time.monotonic()
        await asyncio.sleep(1)
        before = len(load.answers)
        while time.monotonic() < down + seconds:
            for process in trial.fleet.processes:
                assert await asyncio.to_thread(process.status, "/livez") == 200
                assert await asyncio.to_thread(process.status, "/readyz") == 503
            await asyncio.sleep(1)
        assert {status for status, _ in load.answers[before:]} == {503}
        own.start()
        await _is_well_again(trial, load)
    await _let_leases_end(trial)
    await trial.settle()


async def test_while_postgresql_is_down_pages_say_so_in_a_sentence_and_the_log_in_a_line(
    own: OwnPostgres, make_trial: MakeTrial
) -> None:
    """F07, for people and apps: 503 with a time to come back, no 500; 200 once it is there."""
    trial = await make_trial("postgres", Crowd(1), url=await own.database())
    trial.fleet.start()
    [web, *_] = trial.fleet.webs
    await asyncio.to_thread(web.ready)
    pages = (
        "/groups",
        "/groups/welders",
        "/users/olga",
        "/api/v1/instance",
        "/api/v1/timelines/public",
    )
    own.stop()
    try:
        for page in pages:
            answer = await asyncio.to_thread(_read, web, page)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30"), page
            assert "does not answer" in answer.text
        assert len(web.said("web.database_away")) == len(pages)
        stacks = [line["logger"] for line in web.lines() if "exception" in line]
        assert set(stacks) <= {"asyncpg.pool"}
    finally:
        own.start()
    await until(lambda: web.status("/groups/welders") == 200)


def _read(web: Process, path: str) -> httpx.Response:
    headers = {"Host": host_of(ORIGIN), "X-Forwarded-Proto": "https"}
    return httpx.get(f"http://127.0.0.1:{web.port}{path}", headers=headers, timeout=30)


@pytest.mark.long
async def test_sqlite_is_locked_for_long(make_trial: MakeTrial) -> None:
    """F07, as far as a file can be away: another program holds it, longer than anybody waits."""
    trial = await make_trial("sqlite", Crowd(20, pause=0.01))
    load = await begun(trial, 2, strangers=STRANGERS)
    path = trial.fleet.settings.database_url.removeprefix("sqlite://")
    async with load.flowing():
        await _some_answers(load.answers)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(1)
            before = len(load.answers)
            assert await asyncio.to_thread(trial.fleet.webs[0].status, "/livez") == 200
            assert await asyncio.to_thread(trial.fleet.webs[0].status, "/readyz") == 503
            await _some_answers(load.answers, 1)
            assert {status for status, _ in load.answers[before:]} == {503}
            other.execute("ROLLBACK")
        await _is_well_again(trial, load)
    await _let_leases_end(trial)
    await trial.settle()


async def _stopped(trial: Trial) -> bool:
    """Workers are stopped, and go on where one stands in a transaction: it keeps SQLite's lock."""
    for worker in trial.fleet.workers:
        worker.send(signal.SIGSTOP)
    _, _, path = trial.fleet.settings.database_url.partition("sqlite://")
    try:
        if path:
            with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other:
                other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        for worker in trial.fleet.workers:
            worker.send(signal.SIGCONT)
        return False
    return True


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_a_read_error_in_the_sender_moves_no_cursor(kind: str, make_trial: MakeTrial) -> None:
    """F08: what is owed cannot be read, and so stays owed."""
    trial = await make_trial(kind, Crowd(20))
    await trial.enroll()
    trial.fleet.start()
    await until(lambda: _stopped(trial))
    await trial.write("Thin sheet", "Thick plate")
    before = await trial.fleet.rows("SELECT id, cursor FROM subscription ORDER BY id")
    await trial.fleet.change("ALTER TABLE log_entry RENAME TO away")
    for worker in trial.fleet.workers:
        worker.send(signal.SIGCONT)
    await until(lambda: [one for one in trial.fleet.errors() if "log_entry" in str(one)])
    await trial.fleet.change("ALTER TABLE away RENAME TO log_entry")
    assert trial.crowd.came == []
    assert await trial.fleet.rows("SELECT id, cursor FROM subscription ORDER BY id") == before
    await _let_leases_end(trial)
    await trial.settle()


async def test_transactions_that_commit_out_of_order_are_all_delivered(
    make_trial: MakeTrial,
) -> None:
    """F09: whoever began first ends last, many at a time, while workers read what is there."""
    trial = await make_trial("postgres", Crowd(5))
    await trial.enroll()
    trial.fleet.start()
    late = [trial.say(f"slow-{n}", f"t{n}", commit_after=0.1 * (6 - n)) for n in range(6)]

    async def hurried() -> None:
        for n in range(12):
            await trial.say(f"quick-{n}", "q")

    await asyncio.gather(hurried(), *late)
    await trial.settle()
    assert len(trial.crowd.taken) == 18 * 5


async def test_a_transaction_that_stays_open_holds_up_no_delivery(
    postgres: Postgres, make_trial: MakeTrial
) -> None:
    """F11: somebody forgot a transaction that has written; an hour goes by."""
    trial = await make_trial("postgres", Crowd(5))
    await trial.enroll()
    trial.fleet.start()
    name = (await trial.fleet.rows("SELECT current_database() AS name"))[0]["name"]
    link = await asyncpg.connect(host=postgres.host, user="postgres", database=name)
    try:
        await link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await link.execute("INSERT INTO setting (key, value) VALUES ('forgotten', '1')")
        for hour in range(2):
            said = await trial.say(f"post-{hour}")
            await until(lambda: len(trial.crowd.takers(said)) == 5, 10)  # noqa: B023
            await trial.idle()
            trial.fleet.clock.forward(3_600)
    finally:
        await link.close()
    await trial.settle()


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=LONG)])
async def test_twenty_writers_on_sqlite_fail_nobody(seconds: float, make_trial: MakeTrial) -> None:
    """F10: commands beside the server, which takes what comes: nothing is ever locked out."""
    trial = await make_trial("sqlite", Crowd(3))
    load = await begun(trial, 3)
    end = time.monotonic() + seconds

    async def writer(number: int) -> int:
        turn = 0
        while time.monotonic() < end:
            await trial.say(f"w{number}-{turn}", f"t{number}")
            turn += 1
        return turn

    async with load.flowing():
        turns = await asyncio.gather(*(writer(number) for number in range(20)))
        await _some_answers(load.answers, 3)
    assert min(turns) > 0
    assert 202 in load.statuses
    assert load.statuses <= {202, 503}, "503 is for a wait that was too long, not for a lock"
    assert "locked" not in trial.fleet.processes[0].log.read_text()
    await trial.settle()
