"""This module breaks each rule that protects someone, and sees its test go red: `make breaks`.

The rules stand in `tests/breaks/`, with how each is broken and which test says so. It is done in
copies of the tree. With rows (`H001 H044`) or words of a rule as arguments, those alone are broken.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "tests" / "breaks"
PYTEST = ("-m", "pytest", "-n0", "-q", "-x", "--no-header", "-p", "no:cacheprovider")
SECONDS = 240
"""A test that hangs since its rule is broken has said so, too."""
RED, GREEN = 1, 0
"""What pytest ends with; anything else means that it did not get as far."""


@dataclass(frozen=True)
class Change:
    """One place of a file, by the words that stand there and nowhere else in it."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The file's text, broken. Refuses (`ValueError`) where the words do not stand once."""
        if (times := text.count(self.old)) != 1:
            raise ValueError(f"{self.file} has these words {times} times, not once: {self.old!r}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Break:
    """A rule, the rows that it answers, how it is broken, and the test that must notice."""

    rows: tuple[str, ...]
    rule: str
    changes: tuple[Change, ...]
    red: str

    def is_meant(self, words: Sequence[str]) -> bool:
        return not words or any(word in self.rows or word in self.rule for word in words)


@dataclass(frozen=True)
class Kept:
    """Rows of which nothing can be broken, since there is nothing of what they attack."""

    rows: tuple[str, ...]
    why: str


def _break(entry: dict[str, Any]) -> Break:
    places = [entry, *entry.get("also", ())]
    changes = tuple(Change(place["file"], place["old"], place["new"]) for place in places)
    return Break(tuple(entry["rows"]), entry["rule"], changes, entry["red"])


def entries(name: str) -> Iterator[dict[str, Any]]:
    for path in sorted(LEDGER.glob("*.toml")):
        yield from tomllib.loads(path.read_text(encoding="utf-8")).get(name, ())


def breaks() -> list[Break]:
    return [_break(entry) for entry in entries("break")]


def kept() -> list[Kept]:
    return [Kept(tuple(entry["rows"]), entry["why"]) for entry in entries("kept")]


def copy_to(folder: Path) -> Path:
    """What git knows, or would, in a folder of its own."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def run(tree: Path, tests: Sequence[str], seconds: int | None = None) -> tuple[int, str]:
    """What pytest ended with, in that tree, and what it said; who takes too long counts as red."""
    began = subprocess.Popen(
        (sys.executable, *PYTEST, *tests),
        cwd=tree,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = began.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(began.pid, signal.SIGKILL)
        return RED, began.communicate()[0]
    return began.returncode, said


def try_out(one: Break, tree: Path) -> tuple[int, str]:
    """Breaks the rule in that tree, runs its test, and mends it again."""
    whole = {
        change.file: (tree / change.file).read_text(encoding="utf-8") for change in one.changes
    }
    broken = dict(whole)
    try:
        for change in one.changes:
            broken[change.file] = change.applied(broken[change.file])
        for file, text in broken.items():
            (tree / file).write_text(text, encoding="utf-8")
        return run(tree, [one.red], SECONDS)
    except ValueError as error:
        return -1, str(error)
    finally:
        for file, text in whole.items():
            (tree / file).write_text(text, encoding="utf-8")


def tell(number: int, total: int, one: Break, ended: int, said: str) -> bool:
    word = {RED: "red", GREEN: "NOT NOTICED"}.get(ended, "DID NOT RUN")
    print(f"[{number}/{total}] {word:11} {' '.join(one.rows)}: {one.rule}")
    if ended == RED:
        print(f"  {reason(said)}", flush=True)
    else:
        print(f"  {one.red}\n" + re.sub(r"^", "  | ", said[-2000:], flags=re.MULTILINE), flush=True)
    return ended == RED


def reason(said: str) -> str:
    """Why the test went red: whoever reads it sees whether it was for the rule."""
    found = re.search(r"^E +(.+)", said, re.MULTILINE)
    return found[1][:100] if found else "it hung, or said nothing"


def main(words: Sequence[str]) -> int:
    chosen = [one for one in breaks() if one.is_meant(words)]
    with tempfile.TemporaryDirectory() as folder:
        trees: Queue[Path] = Queue()
        for number in range(os.cpu_count() or 1):
            trees.put(copy_to(Path(folder) / str(number)))
        ended, said = run(Path(folder) / "0", sorted({one.red for one in chosen}))
        if ended != GREEN:
            print(said)
            sys.exit("Some of these tests fail with all rules whole: then their red means nothing.")

        def turn(one: Break) -> tuple[int, str]:
            tree = trees.get()
            try:
                return try_out(one, tree)
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(trees.qsize()) as pool:
            told = [
                tell(number, len(chosen), one, *outcome)
                for number, (one, outcome) in enumerate(
                    zip(chosen, pool.map(turn, chosen), strict=True), start=1
                )
            ]
    print(f"{sum(told)} of {len(told)} rules were broken and noticed.")
    return 0 if told and all(told) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
