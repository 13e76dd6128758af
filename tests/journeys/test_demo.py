"""The same story over real processes and sockets: three servers, commands, pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from conftest import MakeUrl

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "fedigroups", "demo")
LAST = "Every instance shows what it should."


def environment(folder: Path) -> dict[str, str]:
    """What it finds: no settings, and a place for what it makes."""
    others = {k: v for k, v in os.environ.items() if not k.startswith("FEDIGROUPS_")}
    return others | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What `fedigroups demo --exit` said and how it ended."""
    return subprocess.run(
        [*COMMAND, "--exit", *words],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
    )


def test_a_demo_that_is_asked_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    """By a supervisor, or `kill`: its servers end with it."""
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as told:
        assert told.stdout
        origin = told.stdout.readline().split()[-1]
        assert httpx.get(f"{origin}/livez").status_code == 200
        told.terminate()
        assert told.wait(60) == 128 + signal.SIGTERM
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{origin}/livez")
    assert list(tmp_path.glob("fedigroups-demo-*")) == []


async def test_the_story_is_the_same_with_one_instance_on_postgresql_and_after_a_restore(
    tmp_path: Path, make_url: MakeUrl
) -> None:
    told = demo(tmp_path, "--restore", "--postgres", await make_url("postgres", migrated=False))
    assert told.returncode == 0, told.stdout + told.stderr
    assert LAST in told.stdout


def test_killing_a_server_at_every_step_of_the_story_loses_nothing_nor_does_a_restore(
    tmp_path: Path,
) -> None:
    told = demo(tmp_path, "--kill", "--restore")
    assert told.returncode == 0, told.stdout + told.stderr
    assert LAST in told.stdout
    assert told.stdout.count("is killed and started again") >= 8
