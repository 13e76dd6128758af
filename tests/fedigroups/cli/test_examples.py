"""Whoever types a command wrongly is shown a right one."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click
import pytest

from commands import Run
from fedigroups.cli import examples, main

LEAVES = dict(examples.leaves(main))


def test_every_command_that_must_be_told_something_has_an_example() -> None:
    needing = {path for path, one in LEAVES.items() if any(each.required for each in one.params)}
    assert needing <= set(examples.EXAMPLES) <= set(LEAVES)


def test_every_command_that_ends_answers_programs() -> None:
    """Those that go on, and those that print what is for files, are none of them."""
    deaf = {
        path
        for path, one in LEAVES.items()
        if not any("--json" in each.opts for each in one.params)
    }
    assert {path for path in deaf if not path.startswith("config ")} == {"serve", "worker", "demo"}


def test_what_was_done_is_told_as_json(run: Run) -> None:
    run("user", "create", "olga", "--email", "olga@groups.example")
    run("group", "create", "welders", "--owner", "olga")
    said = run("group", "set", "welders", "--title", "Welders", "--json")
    assert (said.exit_code, json.loads(said.stdout)) == (0, {"name": "welders"})


@pytest.mark.parametrize("path", examples.EXAMPLES)
def test_an_example_is_what_its_command_takes(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blocks.csv").touch()
    (tmp_path / "groups.backup").touch()
    with LEAVES[path].make_context(path, shlex.split(examples.EXAMPLES[path])):
        pass


@pytest.mark.parametrize(
    "typed",
    ["group approve welders", "group role welders ann@m.example king", "serve --port soon"],
)
def test_wrong_arguments_are_answered_with_a_right_one(typed: str, run: Run) -> None:
    said = run(*typed.split())
    path = " ".join(typed.split()[:2]) if typed.startswith("group") else "serve"
    assert said.exit_code == click.UsageError.exit_code
    assert f"For example: fedigroups {path} {examples.EXAMPLES[path]}" in said.stderr
    assert f"For example: fedigroups {path}" in " ".join(
        run(*path.split(), "--help").stdout.split()
    )
