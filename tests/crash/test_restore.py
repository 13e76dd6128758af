"""F24: yesterday's copy of the database comes back into today's world."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from crash.audit import Audit
from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import GROUP, until
from crash.trial import Trial
from federation import storage, strict_json
from postgres_server import Postgres

LONG = [pytest.mark.long, pytest.mark.timeout(600)]
pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]


class Copies:
    """How a copy of a stopped instance's database is made, and brought back."""

    def __init__(self, trial: Trial, postgres: Postgres) -> None:
        url = trial.fleet.settings.database_url
        self._file = Path(url.removeprefix("sqlite://")) if url.startswith("sqlite") else None
        self._name = url.partition("@/")[2].partition("?")[0]
        self._postgres = postgres

    async def make(self) -> None:
        if self._file is not None:
            shutil.copyfile(self._file, f"{self._file}.copy")
        else:
            await self._postgres.execute(f"CREATE DATABASE {self._name}c TEMPLATE {self._name}")

    async def restore(self) -> None:
        if self._file is not None:
            for end in ("-wal", "-shm"):
                self._file.with_name(self._file.name + end).unlink(missing_ok=True)
            shutil.copyfile(f"{self._file}.copy", self._file)
        else:
            await self._postgres.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
            await self._postgres.execute(f"ALTER DATABASE {self._name}c RENAME TO {self._name}")


async def key(trial: Trial) -> str:
    """The public key of the group, as its document shows it."""
    rows = await trial.fleet.rows("SELECT public FROM key WHERE uri = ?", f"{GROUP}#main-key")
    return str(rows[0]["public"])


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_yesterdays_copy_goes_on_in_todays_world(
    kind: str, make_trial: MakeTrial, postgres: Postgres
) -> None:
    trial = await make_trial(kind, Crowd(6))
    copies = Copies(trial, postgres)
    away = trial.crowd.hosts[5]
    await trial.enroll()
    trial.fleet.start()
    ann, bob, carol = (
        trial.person(place, name) for place, name in enumerate(("ann", "bob", "carol"))
    )
    await trial.join(ann, bob)
    with trial.crowd.troubled([away]):
        await trial.insist(ann, ann.create("Yesterday"))
        await trial.write("Yesterday at home")
        async with trial.fleet.looking():
            await _until_only_owed(away)
    for process in trial.fleet.processes:
        await trial.stop(process)
    await copies.make()
    before = await key(trial)
    trial.fleet.clock.forward(24 * 3_600)
    trial.fleet.start()
    await trial.insist(carol, carol.follow())
    await trial.insist(ann, ann.create("Today"))
    await trial.write("Today at home")
    await trial.ban(bob.uri)
    await trial.settle()
    trial.fleet.kill()
    await copies.restore()
    trial.audit = Audit(trial.fleet, trial.crowd, deaths=2)
    await trial.audit.begin()
    trial.fleet.start()
    assert await key(trial) == before
    again = ann.create("Today, said again")
    await trial.insist(ann, again)
    await trial.insist(carol, carol.follow())
    await trial.write("Today at home, written again")
    await trial.settle()
    assert await trial.standing(carol) == "member"
    said = defaultdict[str, set[bytes]](set)
    for knock in trial.crowd.came:
        said[knock.id].add(strict_json.dumps(knock.document))
    assert all(len(bodies) == 1 for bodies in said.values()), "an id means one thing for ever"
    broken = await trial.fleet.rows(
        "SELECT s.id FROM subscription s JOIN stream t ON t.name = s.stream WHERE s.cursor > t.head"
    )
    assert broken == []


async def _until_only_owed(host: str) -> None:
    """Until that host alone is owed something, by the ambient database."""

    async def so() -> bool:
        rows = await storage.rows(
            "SELECT DISTINCT s.host FROM subscription s JOIN stream t ON t.name = s.stream"
            " WHERE s.cursor < t.head"
        )
        waiting = await storage.rows("SELECT id FROM receipt WHERE state = 'received'")
        return [row["host"] for row in rows] == [host] and not waiting

    await until(so)
