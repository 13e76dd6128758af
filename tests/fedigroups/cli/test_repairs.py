"""Every repair can be tried first, shows how far it is, answers a program, and is written down."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from commands import Run, ask
from fedigroups.cli import main

REPAIRS: dict[str, tuple[tuple[str, ...], str]] = {
    "new keys of one": (("key", "rotate", "welders"), "Rotating"),
    "new keys of all": (("key", "rotate", "--all"), "Rotating"),
    "pictures that nobody holds": (("media", "sweep"), "Forgetting"),
    "room of deleted rows": (("database", "vacuum"), "Vacuuming"),
    "what a host sent": (("peer", "purge", "evil.example", "--yes"), "Forgetting"),
    "blocks of others": (("peer", "import", "list.csv"), "Blocking"),
    "the index of the search": (("search", "reindex"), "Entering"),
    "nothing may be changed": (("maintenance", "on"), ""),
    "everything may be changed": (("maintenance", "off"), ""),
}
"""What is typed, and the label of the bar; what is done at once has none."""


@pytest.fixture
def harmed(founded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """An instance at which every repair has something to do."""
    monkeypatch.setattr("federation.keys.SHOWN_MS", 0)
    monkeypatch.setattr("federation.keys.FRESH_SECONDS", 0.0)
    (tmp_path / "list.csv").write_text("loud.example\nlate.example\n")
    for words in (
        ("peer", "block", "evil.example"),
        ("post", "write", "welders", "--as", "tom", "--title", "Seams", "--text", "Look."),
    ):
        assert founded(*words).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "fedigroups.sqlite3")) as link, link:
        link.execute(
            "INSERT INTO remote_picture"
            " (digest, url, key, type, bytes, reason, fetched_at, until) VALUES"
            " ('x', 'https://evil.example/seam.png', '', '', 0, 'not found', 0, 0)"
        )
    return founded


def dump(folder: Path) -> list[str]:
    """All that the database holds."""
    with closing(sqlite3.connect(folder / "data" / "fedigroups.sqlite3")) as link:
        return list(link.iterdump())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """A terminal: a command that is typed at it, and what it shows beside the answer."""
    reader, writer = os.openpty()

    def typed(*words: str) -> str:
        with open(os.dup(writer), "w", encoding="utf-8") as screen, monkeypatch.context() as here:
            here.setattr(sys, "stderr", screen)
            main.main(words, "fedigroups", standalone_mode=False)
            print("\n.", file=screen, flush=True)
        return os.read(reader, 65_536).decode()

    yield typed
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("name", REPAIRS)
def test_a_repair_is_tried_first_then_shown_and_written_down(
    name: str, harmed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    terminal: Callable[..., str],
) -> None:  # fmt: skip
    words, label = REPAIRS[name]
    before = dump(tmp_path)
    would = ask(harmed, *words, "--dry-run")
    assert dump(tmp_path) == before
    monkeypatch.setenv("FEDIGROUPS_DATA_DIR", str(tmp_path / "data"))
    shown = terminal(*words)
    assert label in shown
    assert ("100%" in shown) is bool(label)
    assert dump(tmp_path) != before
    assert type(ask(harmed, *words)) is type(would)
    said = ask(harmed, "audit")
    assert [one["what"] for one in said[:2]] == [" ".join(words[:2])] * 2


def test_every_command_that_can_be_tried_first_is_among_them() -> None:
    tried = {
        (name, below)
        for name, family in main.commands.items()
        if isinstance(family, click.Group)
        for below, command in family.commands.items()
        if any("--dry-run" in one.opts for one in command.params)
    }
    assert tried == {words[:2] for words, _ in REPAIRS.values()} | {("moderate", "rules")}
