"""Every row of the list of hostile input is proven somewhere, or there is nothing of it yet."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ROOT / "tests" / "hostile"
LAST = 268
SOCKETS = {
    "federation/transport.py",
    "fedigroups/instance.py",  # its own name, for the log
    "fedigroups/cli/serve.py",  # to listen
    "fedigroups/doctor/outside.py",  # looks at our own certificate
    "fedigroups/doctor/visit.py",  # visits our own origin, for whoever runs it, as a stranger does
    "fedigroups/cli/stage.py",  # asks the instances of the demo whether they are up
}
OPENERS = {
    "socket",
    "ssl",
    "urllib.request",
    "http.client",
    "smtplib",
    "ftplib",
    "aiohttp",
    "requests",
}

_CALL = re.compile(r"(?:asyncio|loop|loop\(\))\.(?:open|create)_connection\(")
"""Not what the ORM calls so: a method of its own, which opens databases."""
_SPAN = re.compile(r"H(\d{3})(?: to H(\d{3}))?")


def rows_in(text: str) -> set[int]:
    """The rows that a text names, one by one or as `H190 to H204`."""
    spans = [(int(first), int(last or first)) for first, last in _SPAN.findall(text)]
    return {number for first, last in spans for number in range(first, last + 1)}


def rows_of_tests() -> dict[str, set[int]]:
    """The rows that the comments of each file of hostile tests name."""
    files = HOSTILE.glob("test_*.py")
    comments = {
        path.name: re.findall(r"^ +# .*$", path.read_text(encoding="utf-8"), re.MULTILINE)
        for path in files
    }
    return {name: rows_in("\n".join(lines)) for name, lines in comments.items()}


def test_every_row_is_accounted_for() -> None:
    named = rows_in((HOSTILE / "README.md").read_text(encoding="utf-8"))
    named = named.union(*rows_of_tests().values())
    every = set(range(1, LAST + 1))
    assert sorted(every - named) == []
    assert sorted(named - every) == []


def test_every_test_that_the_table_names_exists() -> None:
    table = (HOSTILE / "README.md").read_text(encoding="utf-8")
    for place in re.findall(r"`((?:tests/|test_)[^`]+\.py(?:::\w+)?)`", table):
        file, _, test = place.partition("::")
        path = ROOT / file if file.startswith("tests/") else HOSTILE / file
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not test or test in {getattr(node, "name", "") for node in tree.body}, place


def test_a_row_that_the_table_sends_to_a_file_here_is_named_by_a_test_in_it() -> None:
    unused, _, table = (HOSTILE / "README.md").read_text(encoding="utf-8").partition("| row |")
    tried = rows_of_tests()
    for line in table.splitlines():
        rows, _, where = line.removeprefix("| ").partition(" | ")
        files = re.findall(r"`(test_\w+\.py)`", where)
        named = set[int]().union(*(tried[file] for file in files))
        assert not files or rows_in(rows) - rows_in(unused) <= named, line


def test_sockets_are_opened_by_few() -> None:
    users = set()
    for package in ("fedigroups", "federation", "inbox", "outbox"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found = re.findall(r"^\s*(?:import|from) ([\w.]+)", text, re.MULTILINE)
            if OPENERS & set(found) or _CALL.search(text):
                users.add(path.relative_to(ROOT).as_posix())
    assert users == SOCKETS
