"""What whoever runs the instance decides about a whole group, at the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from commands import Run, ask


def letters(data: Path) -> int:
    """How many letters wait to be sent."""
    with closing(sqlite3.connect(data / "fedigroups.sqlite3")) as link:
        return int(link.execute("SELECT COUNT(*) FROM mail").fetchone()[0])


def state(run: Run) -> str:
    return str(ask(run, "group", "show", "welders")["state"])


def test_a_group_is_suspended_opened_and_closed_and_its_owner_is_told_each_time(
    run: Run, tmp_path: Path
) -> None:
    assert run("user", "create", "olga", "--email", "olga@mail.example").exit_code == 0
    assert run("group", "create", "welders", "--owner", "olga", "--title", "Welders").exit_code == 0
    begun = letters(tmp_path / "data")
    acts = (
        (("suspend", "welders", "--reason", "It sells.", "--yes"), "suspended"),
        (("unsuspend", "welders"), "open"),
        (("close", "welders", "--reason", "It sells again.", "--yes"), "closed"),
    )
    for told, (words, becomes) in enumerate(acts, begun + 1):
        assert ask(run, "group", *words) == {"name": "welders", "state": becomes}
        assert (state(run), letters(tmp_path / "data")) == (becomes, told)
    newest = ask(run, "audit", "group")[:3]
    assert [one["what"] for one in newest] == ["group close", "group unsuspend", "group suspend"]
    assert "It sells again." in newest[0]["detail"]


@pytest.mark.parametrize("act", ["suspend", "close"])
def test_no_group_goes_without_a_reason_or_by_a_slip_of_the_hand(founded: Run, act: str) -> None:
    assert founded("group", act, "welders", "--yes").exit_code == 2
    blank = founded("group", act, "welders", "--reason", " ", "--yes")
    assert (blank.exit_code, "needs a text" in blank.stderr) == (1, True)
    unsure = founded("group", act, "welders", "--reason", "It sells.", given="n\n")
    assert unsure.exit_code == 1
    nowhere = founded("group", act, "bakers", "--reason", "It sells.", "--yes")
    assert (nowhere.exit_code, "group list" in nowhere.stderr) == (1, True)
    assert state(founded) == "open"
    assert ask(founded, "audit")[0]["what"] == "group join"


def test_what_is_not_so_any_more_is_not_turned_again(founded: Run) -> None:
    assert founded("group", "unsuspend", "welders").exit_code == 1
    close = ("group", "close", "welders", "--reason", "It sells.", "--yes")
    assert founded(*close).exit_code == 0
    again = founded(*close)
    assert (again.exit_code, "closed already" in again.stderr) == (1, True)
    assert founded("group", "suspend", "welders", "--reason", "x", "--yes").exit_code == 1
