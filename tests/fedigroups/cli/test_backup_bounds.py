"""A restore reads no more than there can be, writes no more than there is room, and tidies up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import drawn
from commands import Run, people_in, typed
from federation import limits
from fedigroups.backup import archive, rooms

ROOT = Path(__file__).resolve().parents[3]
KILLED = """
import os, signal, sys
from fedigroups.backup import restoring
from fedigroups.cli import main
restoring._freshen = lambda _: os.kill(os.getpid(), signal.SIGKILL)
main(["restore", sys.argv[1], "--replace"], prog_name="fedigroups")
"""


def test_a_manifest_and_a_picture_that_fill_the_memory_are_not_read(
    founded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bead.png").write_bytes(drawn.png())
    assert founded("group", "set", "welders", "--icon", str(tmp_path / "bead.png")).exit_code == 0
    kept = tmp_path / "kept"
    assert founded("backup", str(kept)).exit_code == 0
    for module, name, what in (
        (archive, "_MANIFEST_BYTES", "manifest.json is too large"),
        (limits, "UPLOAD_BYTES", ".png is too large"),
    ):
        with monkeypatch.context() as small:
            small.setattr(module, name, 10)
            refused = typed(tmp_path / "there", "restore", str(kept))
        assert (refused.exit_code, what in refused.stderr) == (3, True), refused.output
    assert typed(tmp_path / "there", "restore", str(kept)).exit_code == 0


def test_a_backup_for_which_the_disk_has_no_room_is_refused_before_it_is_written(
    founded: Run, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = people_in(tmp_path / "data/fedigroups.sqlite3")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000))
    refused = founded("restore", str(kept), "--replace")
    assert (refused.exit_code, "0 MB are free" in refused.stderr) == (3, True), refused.output
    assert people_in(tmp_path / "data/fedigroups.sqlite3") == before


@pytest.mark.processes
def test_what_a_killed_restore_left_is_named_by_the_doctor_and_removed_by_the_next(
    founded: Run, kept: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, kept],
        env=os.environ | {"FEDIGROUPS_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    [left] = data.glob(".fedigroups-unfinished-*")
    assert f"rm -r {left}" in founded("doctor", "--inside").stdout
    with rooms.room(data) as used:
        assert not left.exists()
        with rooms.room(data):
            assert used.exists(), "somebody works in it"
        assert "was killed and left" not in founded("doctor", "--inside").stdout
    assert not list(data.glob(".fedigroups-*"))
    assert founded("restore", str(kept), "--replace").exit_code == 0
