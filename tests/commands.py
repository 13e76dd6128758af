"""This module types commands, as an operator does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from fedigroups.cli import main

Run = Callable[..., Result]


def typed(folder: Path, *words: str, given: str = "", **settings: str) -> Result:
    """What a command says that is typed at the instance whose data are in the folder."""
    environment = {"FEDIGROUPS_DATA_DIR": str(folder)} | settings
    return CliRunner().invoke(main, words, input=given, env=environment)


def ask(run: Run, *words: str) -> Any:
    """What a command answers as JSON."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def people_in(path: Path) -> list[Any]:
    """The names of all actors in a SQLite file."""
    with closing(sqlite3.connect(path)) as link:
        return link.execute("SELECT username FROM actor ORDER BY username").fetchall()
