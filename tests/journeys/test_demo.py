"""The same story over real processes and sockets: three servers, commands, pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conftest import MakeUrl

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]
LAST = "Every instance shows what it should."


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What `fedigroups demo --exit` said and how it ended."""
    command: Sequence[str] = (sys.executable, "-m", "fedigroups", "demo", "--exit", *words)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FEDIGROUPS_")}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
    )


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
