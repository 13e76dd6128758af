"""What ends a `restore` leaves the instance as it was, and says so; its rows are its owner's."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from commands import Run, ask, typed
from conftest import MakeUrl

ROOT = Path(__file__).resolve().parents[3]
STOPPED = """
import asyncio, signal, sys
signal.signal(signal.SIGINT, getattr(signal, sys.argv[3]))
from fedigroups.backup import restoring
from fedigroups.cli import main
async def stopped(*_):
    signal.raise_signal(signal.Signals[sys.argv[1]])
    await asyncio.sleep(60)
restoring._put_pictures = stopped
main(["restore", sys.argv[2], "--replace"], prog_name="fedigroups")
"""


def people(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as link:
        return {name for (name,) in link.execute("SELECT username FROM actor")}


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "ctrl_c"),
    [
        ("SIGINT", "default_int_handler"),
        ("SIGTERM", "default_int_handler"),
        ("SIGTERM", "SIG_IGN"),  # what runs in the background of a shell hears no Ctrl-C
    ],
)
def test_who_ends_a_restore_is_told_that_nothing_changed_and_can_say_it_again(
    founded: Run, tmp_path: Path, name: str, ctrl_c: str
) -> None:
    kept, data = tmp_path / "kept", tmp_path / "data"
    assert founded("backup", str(kept)).exit_code == 0
    assert founded("user", "create", "mia").exit_code == 0
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, name, str(kept), ctrl_c],
        env=os.environ | {"FEDIGROUPS_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "broken off. Nothing was restored" in done.stderr
    assert not list(data.glob(".fedigroups-*"))
    assert "mia" in people(data / "fedigroups.sqlite3")
    assert ask(founded, "restore", str(kept), "--replace")["secret"] is True
    assert "mia" not in people(data / "fedigroups.sqlite3")


@pytest.mark.anyio
async def test_a_backup_whose_rows_are_not_taken_leaves_the_secret_that_was_here(
    founded: Run, make_url: MakeUrl, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "data/fedigroups.sqlite3")) as link, link:
        link.execute("CREATE TABLE stranger (id INTEGER)")
    made = await asyncio.to_thread(founded, "backup", str(tmp_path / "kept"))
    assert made.exit_code == 0
    there, url = tmp_path / "there", await make_url("postgres")
    there.mkdir()
    before = "5e" * 32 + "\n"
    (there / "secret").write_text(before)
    words = ("restore", str(tmp_path / "kept"), "--replace")
    refused = await asyncio.to_thread(typed, there, *words, FEDIGROUPS_DATABASE_URL=url)
    assert (refused.exit_code, "another program" in refused.stderr) == (3, True), refused.output
    assert (there / "secret").read_text() == before
    assert not list(there.glob("secret.*"))


def test_only_their_owner_reads_the_rows_whoever_may_look_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    assert typed(folder, "user", "create", "mia").exit_code == 0
    assert (folder / "fedigroups.sqlite3").stat().st_mode & 0o77 == 0
