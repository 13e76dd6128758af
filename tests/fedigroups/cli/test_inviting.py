"""A list of people is let in whole; whoever is not found is named, and holds up nobody."""

from __future__ import annotations

from pathlib import Path

from commands import Run, ask

_LIST = """\
Account address,Since
@vera@localhost:8000,2019
tom,2020

# nobody is behind this line
"vera@localhost:8000"
nobody,2021
"""


def _came(founded: Run, tmp_path: Path) -> list[dict[str, str]]:
    (tmp_path / "list.csv").write_text(_LIST)
    found: list[dict[str, str]] = ask(founded, "group", "invite", "welders", "--file", "list.csv")
    return found


def test_whom_a_list_names_is_let_in_and_the_others_are_said(founded: Run, tmp_path: Path) -> None:
    assert founded("user", "create", "vera").exit_code == 0
    assert founded("group", "set", "welders", "--join", "invite").exit_code == 0
    found = {one["handle"]: one["result"] for one in _came(founded, tmp_path)}
    assert found["@vera@localhost:8000"] == "invited"
    assert found["tom"].startswith("left: "), "who is in already"
    assert found["nobody"].startswith("left: we know nobody")
    assert ask(founded, "group", "join", "welders", "--as", "vera")["state"] == "member"


def test_a_list_that_is_none_is_refused_in_a_sentence(founded: Run, tmp_path: Path) -> None:
    missing = founded("group", "invite", "welders", "--file", str(tmp_path / "none.csv"))
    assert (missing.exit_code, "cannot be read as a list" in missing.stderr) == (1, True)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    spoilt = founded("group", "invite", "welders", "--file", str(tmp_path / "picture.png"))
    assert (spoilt.exit_code, "cannot be read as a list" in spoilt.stderr) == (1, True)
    assert founded("group", "invite", "welders").exit_code == 2
    assert founded("group", "invite", "welders", "tom", "--file", "list.csv").exit_code == 2
