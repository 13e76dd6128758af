"""Each rule that `make breaks` breaks still stands where it is looked for, and each row has one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import breaking
from breaking import Break

ROOT = Path(__file__).resolve().parents[2]
EVERY = breaking.breaks()
LAST = 268
_SPAN = re.compile(r"H(\d{3})(?: to H(\d{3}))?")


def read(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def broken(one: Break) -> dict[str, str]:
    texts = {change.file: read(change.file) for change in one.changes}
    for change in one.changes:
        texts[change.file] = change.applied(texts[change.file])
    return texts


def rows_in(text: str) -> set[str]:
    spans = [(int(first), int(last or first)) for first, last in _SPAN.findall(text)]
    return {f"H{number:03}" for first, last in spans for number in range(first, last + 1)}


def test_a_rule_stands_once_where_it_is_broken_and_is_python_afterwards() -> None:
    for one in EVERY:
        for file, text in broken(one).items():
            assert not file.endswith(".py") or ast.parse(text), one.rule


def test_the_test_that_must_go_red_exists() -> None:
    for one in EVERY:
        file, _, test = one.red.partition("[")[0].partition("::")
        name = re.escape(test.rpartition("::")[2])
        assert re.search(rf"^ *(?:async )?def {name}\(", read(file), re.MULTILINE), one.red


def test_no_rule_is_broken_twice_under_one_name() -> None:
    assert len({one.rule for one in EVERY}) == len(EVERY)


def test_every_row_of_the_list_is_broken_or_it_is_said_why_not() -> None:
    unused, _, _ = read("tests/hostile/README.md").partition("| row |")
    every = {f"H{number:03}" for number in range(1, LAST + 1)} - rows_in(unused)
    said = {row for one in EVERY for row in one.rows} | {
        row for one in breaking.kept() for row in one.rows
    }
    assert sorted(every - said) == []
    assert sorted(said - every) == []
