"""What is released works where nothing else is: a wheel in a clean environment."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import federation
from fedigroups import __version__
from hygiene.test_deploy import blocks, lines, ours

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "deploy" / "handbook"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, installed from the wheel of `make release` into an environment of its own.

    What it depends on is that of the tests: no package is fetched. Nothing builds the image.
    """
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        ["make", "-o", ".venv/dev.stamp", "release", f"DIST={folder}", "ENGINE=echo", f"BIN={BIN}"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "clean", with_pip=False)
    python = folder / "clean" / "bin" / "python"
    site = next((folder / "clean" / "lib").glob("python3*")) / "site-packages"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    depends = [path for path in sys.path if path.endswith("site-packages")]
    (site / "depends.pth").write_text("\n".join(depends))
    start = folder / "clean" / "bin" / "fedigroups"
    start.write_text(f'#!/bin/sh\nexec "{python}" -P -m fedigroups "$@"\n')
    start.chmod(0o755)
    return start


def test_the_wheel_has_one_version_and_all_that_is_needed(program: Path) -> None:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.split()[-1] == __version__ == federation.__version__
    site = next((program.parents[1] / "lib").glob("python3*")) / "site-packages"
    for package in ("fedigroups", "federation", "inbox", "outbox"):
        there = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        packed = {path.relative_to(site).as_posix() for path in (site / package).rglob("*")}
        assert there <= packed


@pytest.mark.processes
def test_the_first_group_is_made_by_the_handbooks_commands(program: Path, tmp_path: Path) -> None:
    page = (HANDBOOK / "first-group.md").read_text(encoding="utf-8")
    typed = [ours(words)[1:] for words in lines(next(blocks(page)))]
    assert [words[:2] for words in typed] == [
        ["user", "create"], ["group", "create"], ["post", "write"]
    ]  # fmt: skip
    for words in (*typed, ["post", "list", "welders"]):
        done = subprocess.run(
            [program, *words], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr)
    assert re.search("Say hello|Who are you", done.stdout)
