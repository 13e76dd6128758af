"""What an operator does for people who move, at the command line."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from commands import typed


def test_two_accounts_here_name_each_other_and_one_moves_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = partial(typed, tmp_path / "data", "user")
    for name in ("olga", "tom"):
        made = run("create", name, "--json")
        assert made.exit_code == 0
    host = json.loads(made.stdout)["handle"].partition("@")[2]
    early = run("move", "olga", f"tom@{host}")
    assert (early.exit_code, "does not say" in early.stderr) == (1, True)
    named = run("aliases", "tom", "--add", f"olga@{host}", "--json")
    [other] = json.loads(named.stdout)
    assert other["handle"] == f"olga@{host}"
    moved = json.loads(run("move", "olga", f"tom@{host}", "--json").stdout)
    assert (moved["name"], moved["moved_to"].endswith("/users/tom")) == ("olga", True)
    back = json.loads(run("move", "olga", "--back", "--json").stdout)
    assert back == {"name": "olga", "moved_to": None}
    assert run("move", "olga", f"tom@{host}").exit_code == 0  # --back ends the days of rest
    assert run("move", "olga").exit_code == 2
    assert run("aliases", "tom", "--remove", "https://nowhere.example/").exit_code == 1
    gone = run("aliases", "tom", "--remove", other["uri"])
    assert "No other accounts." in gone.stdout
