"""Every quirk of the list is held by tests that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
LAST = 122

_ABOVE = re.compile(r"^# quirks? (\d.*)$", re.MULTILINE)
_ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
_SOME = re.compile(r"([\w/]+)(?:: (.+))?")
_ASIDE = re.compile(r" \([^)]*\)| and its neighbours")


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of a file's tests, without `test_`."""
    path = TESTS / (f"{file}.py" if "/" in file else f"quirks/test_{file}.py")
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = {str(getattr(node, "name", None)) for node in nodes}
    return frozenset(name.removeprefix("test_") for name in names if name.startswith("test_"))


def named() -> Iterator[tuple[str, str]]:
    """Each file that the table names, with each test, or "" where the whole file is meant."""
    table = (TESTS / "quirks" / "README.md").read_text(encoding="utf-8")
    for _, _, held_by in _ROW.findall(table):
        for some in _ASIDE.sub("", held_by).split("; "):
            for place in [some] if ": " in some else some.split(", "):
                match = _SOME.fullmatch(place)
                assert match, f"not to be read: {place}"
                yield from ((match[1], name) for name in (match[2] or "").split(", "))


def test_every_test_that_the_table_names_exists() -> None:
    gone = [f"{file}: {name}" for file, name in named() if name and name not in names_in(file)]
    assert gone == []
    assert all(names_in(file) for file, _ in named())


def test_every_quirk_has_a_row() -> None:
    table = (TESTS / "quirks" / "README.md").read_text(encoding="utf-8")
    numbers = [int(number) for number, _, _ in _ROW.findall(table)]
    assert numbers == list(range(1, LAST + 1))


def test_every_quirk_stands_above_a_test() -> None:
    texts = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    above = [line for text in texts for line in _ABOVE.findall(text)]
    numbers = {int(number) for line in above for number in re.findall(r"\d+", line)}
    assert sorted(set(range(1, LAST + 1)) - numbers) == []
