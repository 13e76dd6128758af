"""F23: the tables are brought up to date while the version before serves, or it dies halfway."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd
from crash.fleet import until
from crash.load import begun
from crash.trial import Trial
from fedigroups import migrations, upgrade

LONG = [pytest.mark.long, pytest.mark.timeout(600)]
pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

STEP = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "{before}")]
    operations = [
        ops.AddField("Activity", "later", fields.IntField(default=0, db_default=0)),
        ops.AddField("Receipt", "later", fields.IntField(default=0, db_default=0)),
        ops.AddField("Lane", "later", fields.IntField(default=0, db_default=0)),
    ]
"""
NEXT = "9001_later"


@pytest.fixture
def next_version(tmp_path: Path) -> dict[str, str]:
    """What a process is told to be the version after this one, with one more migration."""
    package = tmp_path / "next_version"
    shutil.copytree(Path(migrations.__path__[0]), package)
    before = upgrade.known_steps("fedigroups.migrations")[-1]
    (package / f"{NEXT}.py").write_text(STEP.format(before=before))
    return {"STEER_STEPS": str(package)}


async def steps(trial: Trial) -> list[str]:
    """The migrations that the database has seen."""
    rows = await trial.fleet.rows("SELECT name FROM tortoise_migrations ORDER BY name")
    return [row["name"] for row in rows]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=LONG)])
async def test_an_upgrade_that_is_killed_halfway_is_not_made_and_made_the_next_time(
    kind: str, make_trial: MakeTrial, next_version: dict[str, str]
) -> None:
    trial = await make_trial(kind, Crowd(3), roles=("all",))
    (server,) = trial.fleet.processes
    await trial.enroll()
    await trial.say("before")
    ann, before = trial.person(0), await steps(trial)
    server.start(FEDIGROUPS_CRASHPOINT="during_migration", **next_version)
    assert await server.died()
    assert await steps(trial) == before
    server.start()
    server.ready()
    await trial.join(ann)
    await trial.settle()
    await trial.kill(server)
    for _ in range(2):
        server.start(**next_version)
        server.ready()
        assert await steps(trial) == [*before, NEXT]
        await trial.insist(ann, ann.create("After"))
        await trial.settle()
        await trial.kill(server)


async def test_the_version_before_goes_on_while_the_next_one_comes(
    make_trial: MakeTrial, next_version: dict[str, str]
) -> None:
    """Two of the next version start at once, beside a web and a worker that are still the old."""
    trial = await make_trial("postgres", Crowd(10), roles=("web", "worker", "worker", "worker"))
    newer = [trial.fleet.processes.pop() for _ in range(2)]
    load = await begun(trial, 3)
    async with load.flowing():
        for process in newer:
            process.start(**next_version)
        for process in newer:
            process.ready()
        assert NEXT in await steps(trial)
        taken = len(load.answers)
        await until(lambda: len(load.answers) > taken + 6)
    assert load.statuses == {202}
    await trial.settle()
    await trial.kill(*newer)
    ann = load.people[0]
    await trial.insist(ann, ann.create("By the old alone"))
    await trial.settle()
    assert all(process.lives for process in trial.fleet.processes)
