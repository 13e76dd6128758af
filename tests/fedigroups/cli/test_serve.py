"""Which processes an instance may be run as."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fedigroups.cli import main


def run(*words: str, folder: Path, database: str = "") -> Result:
    """A command that is refused before anything is started."""
    told = {"FEDIGROUPS_DATA_DIR": str(folder), "FEDIGROUPS_DATABASE_URL": database}
    return CliRunner().invoke(main, words, env=told)


@pytest.mark.parametrize(
    "words", [("serve", "--role", "web"), ("serve", "--role", "worker"), ("worker",)]
)
def test_sqlite_is_for_one_process_that_does_everything(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    refused = run(*words, folder=tmp_path)
    assert refused.exit_code == 3
    assert "SQLite is for one process: set FEDIGROUPS_DATABASE_URL" in refused.stderr
    assert not list(tmp_path.glob("*.sqlite3"))


@pytest.mark.parametrize("role", ["web", "all"])
def test_only_a_worker_can_be_without_http(role: str, tmp_path: Path) -> None:
    url = "postgres://db.example/fedigroups"
    refused = run("serve", "--role", role, "--port", "0", folder=tmp_path, database=url)
    assert refused.exit_code == 2
    assert "--role worker" in refused.stderr


def test_a_role_that_there_is_not_is_refused(tmp_path: Path) -> None:
    refused = run("serve", "--role", "sender", folder=tmp_path)
    assert refused.exit_code == 2
    assert "'all', 'web', 'worker'" in refused.stderr
