"""A new instance from three answers; and what is wrong is one sentence that damages nothing."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from commands import Run, ask, typed
from fedigroups.cli import main
from fedigroups.cli.stage import free_port

ANSWERS = "groups.example\nolga olga@groups.example\n\n"
WORDS = ("--domain", "groups.example", "--admin", "olga olga@groups.example", "--mail", "")


def init(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(main, ["init", *words], input=given)


def test_three_answers_make_an_instance_that_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = init(given=ANSWERS)
    assert made.exit_code == 0, made.output
    assert "fedigroups serve" in made.stdout
    assert "fedigroups doctor" in made.stdout
    for secret in (tmp_path / ".env", tmp_path / "data" / "secret"):
        assert secret.stat().st_mode & 0o77 == 0
    [olga] = ask(lambda *w: CliRunner().invoke(main, w), "user", "list")
    assert (olga["name"], olga["role"]) == ("olga", "admin")
    well = CliRunner().invoke(main, ["doctor", "--inside"])
    assert well.exit_code == 0, well.output
    before = (tmp_path / ".env").read_text()
    again = init(*WORDS)
    assert (again.exit_code, "exists already" in again.stderr) == (3, True)
    assert (tmp_path / ".env").read_text() == before


def test_settings_alone_touch_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = init(*WORDS[:-1], 'smtps://o:p"w@mail.example', "--settings-only", "--file", "its.env")
    assert made.exit_code == 0, made.output
    assert "user create olga" in made.stdout
    assert [one.name for one in tmp_path.iterdir()] == ["its.env"]
    assert "FEDIGROUPS_SMTP_URL='smtps://o:p\"w@mail.example'" in Path("its.env").read_text()


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--domain", "groups example", *WORDS[2:]), 3, "FEDIGROUPS_ORIGIN"),
        (("--domain", "http://groups.example", *WORDS[2:]), 3, "must begin with https://"),
        (("--domain", "https://groups.example/forum", *WORDS[2:]), 3, "end after the host"),
        ((*WORDS[:2], "--admin", "olga", "--mail", ""), 2, "a name and an e-mail address"),
        ((*WORDS[:2], "--admin", "olga nowhere", "--mail", ""), 1, "address"),
        ((*WORDS[:2], "--admin", "Olga! o@groups.example", "--mail", ""), 1, "name"),
        ((*WORDS[:5], "mail.example"), 3, "FEDIGROUPS_SMTP_URL"),
        (WORDS[:2], 2, "Nobody answers"),
        ((*WORDS, "--data", "/proc/nowhere"), 3, "FEDIGROUPS_DATA_DIR"),
        ((*WORDS, "--file", "/proc/nowhere/its.env"), 3, "name a file"),
    ],
)
def test_a_wrong_answer_is_one_sentence_and_no_settings(
    words: tuple[str, ...], status: int, sentence: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    refused = init(*words)
    assert (refused.exit_code, sentence in refused.stderr) == (status, True), refused.output
    assert "Traceback" not in refused.output
    assert not (tmp_path / ".env").exists()


# What else is wrong


def rows(folder: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(folder / "fedigroups.sqlite3")) as link:
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return link.execute("SELECT username FROM actor ORDER BY id").fetchall()


def _half_made(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "fedigroups.sqlite3")) as link, link:
        link.execute("DELETE FROM tortoise_migrations")


def _newer(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "fedigroups.sqlite3")) as link, link:
        link.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at)"
            " VALUES ('fedigroups', '9999_newer', '2026-01-01')"
        )


@pytest.mark.parametrize(
    ("plant", "told", "status", "sentence"),
    [
        (None, {"FEDIGROUPS_ORIGIN": "http://localhost:9000"}, 3, "set FEDIGROUPS_ORIGIN="),
        (None, {"FEDIGROUPS_SECRET": "00" * 32}, 3, "FEDIGROUPS_SECRET"),
        (None, {"FEDIGROUPS_DATABASE_URL": "sqlite:///proc/no/x.sqlite3"}, 3, "DATABASE_URL"),
        (None, {"FEDIGROUPS_DATA_DIR": "/proc/nowhere"}, 3, "FEDIGROUPS_DATA_DIR"),
        (_half_made, {}, 3, "another program"),
        (_newer, {}, 3, "newer version"),
    ],
    ids=["origin", "secret", "database", "folder", "half made", "newer"],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_damaged(
    founded: Run, tmp_path: Path, plant: Callable[[Path], None] | None, told: dict[str, str],
    status: int, sentence: str,
) -> None:  # fmt: skip
    before = rows(tmp_path / "data")
    if plant is not None:
        plant(tmp_path / "data")
    for words in (("user", "create", "mia"), ("serve", "--port", str(free_port("127.0.0.1")))):
        refused = typed(tmp_path / "data", *words, **told)
        assert (refused.exit_code, sentence in refused.stderr) == (status, True), refused.output
        assert "Traceback" not in refused.output
        assert len(refused.stderr.strip().splitlines()) == 1
    assert rows(tmp_path / "data") == before


def crowded(folder: Path, most: int, *words: str) -> subprocess.CompletedProcess[str]:
    """A command whose files may have no more than so many bytes: as on a disk that is full."""
    return subprocess.run(
        [sys.executable, "-m", "fedigroups", *words],
        env={"FEDIGROUPS_DATA_DIR": str(folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=folder, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.processes
def test_a_full_disk_is_one_sentence_and_nothing_is_damaged(founded: Run, tmp_path: Path) -> None:
    before = rows(tmp_path / "data")
    done = crowded(tmp_path, 40_960, "user", "create", "mia")
    assert done.returncode == 1, done.stderr
    [line] = done.stderr.splitlines()
    assert "the disk did not take it" in line
    assert rows(tmp_path / "data") == before
    assert founded("user", "create", "mia").exit_code == 0


@pytest.mark.processes
def test_init_on_a_full_disk_leaves_nothing_half_done_and_can_be_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for half the secret, then for half the settings, then for half the tables."""
    for most, status, sentence in (
        (32, 3, "has room"), (100, 3, "cannot be written"), (40_960, 1, "the disk did not take it")
    ):  # fmt: skip
        done = crowded(tmp_path, most, "init", *WORDS)
        assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not (tmp_path / ".env").exists()
        left = {one.name.removeprefix("fedigroups.sqlite3") for one in tmp_path.glob("data/*")}
        assert left <= {"secret", "", ".upgrade", "-wal", "-shm"}
        assert not list(tmp_path.glob("data/.secret-*"))
    monkeypatch.chdir(tmp_path)
    assert init(*WORDS).exit_code == 0
