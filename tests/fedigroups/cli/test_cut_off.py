"""A long command that is ended in the middle, however rudely, is said again and ends well."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import drawn
from commands import Run, ask, typed
from conftest import MakeUrl

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.anyio, pytest.mark.processes]

ENDED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fedigroups.cli import main
from fedigroups.groups import indexing
from fedigroups.media import disk
from fedigroups.search import index
ends, module, name, times = sys.argv[1], *sys.argv[2].split("."), int(sys.argv[3])
indexing.BATCH = 1
seen, place = [], {"index": index, "Disk": disk.Disk}[module]
whole = getattr(place, name)
async def ended(*words):
    found = await whole(*words)
    seen.append(found)
    if len(seen) == times:
        os.kill(os.getpid(), signal.Signals[ends])
    return found
setattr(place, name, ended)
main(sys.argv[4:], prog_name="fedigroups")
"""
ENDS = pytest.mark.parametrize("ends", ["SIGINT", "SIGTERM", "SIGKILL"])


def end(folder: Path, url: str, ends: str, at: str, times: int, *words: str) -> str:
    """Let a command be ended when it did something so many times; what it said."""
    done = subprocess.run(
        [sys.executable, "-c", ENDED, ends, at, str(times), *words],
        env=os.environ | {
            "FEDIGROUPS_DATA_DIR": str(folder), "FEDIGROUPS_DATABASE_URL": url,
            "PYTHONPATH": str(ROOT),
        },
        cwd=folder.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    status = -signal.SIGKILL if ends == "SIGKILL" else 1
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (status, "", False), done
    return done.stderr


async def told(
    kind: str, make_url: MakeUrl, tmp_path: Path, story: Callable[[Run, Callable[..., str]], None]
) -> None:
    """Play a story at an instance where Olga wrote three posts, with a picture each."""
    url, data = await make_url(kind, migrated=False), tmp_path / "data"

    def play() -> None:
        run = partial(typed, data, FEDIGROUPS_DATABASE_URL=url)
        (tmp_path / "bead.png").write_bytes(drawn.png())
        assert run("user", "create", "olga").exit_code == 0
        assert run("group", "create", "welders", "--owner", "olga").exit_code == 0
        for words in ("One bead", "Two beads", "Three beads"):
            said = ("--as", "olga", "--text", words, "--image", str(tmp_path / "bead.png"))
            assert run("post", "write", "welders", *said).exit_code == 0
        story(run, partial(end, data, url))

    await asyncio.to_thread(play)


@ENDS
async def test_entering_posts_in_the_index(
    kind: str, make_url: MakeUrl, tmp_path: Path, ends: str
) -> None:
    def story(run: Run, end: Callable[..., str]) -> None:
        whole = {"posts": 3, "indexed": 3}
        said = end(ends, "index.put", 2, "search", "reindex")
        assert ("The search has all that it had" in said) == (ends != "SIGKILL")
        assert ask(run, "search", "reindex", "--dry-run") == whole, "nothing is lost meanwhile"
        assert ask(run, "search", "reindex") == whole

    await told(kind, make_url, tmp_path, story)


@ENDS
async def test_sweeping_pictures(kind: str, make_url: MakeUrl, tmp_path: Path, ends: str) -> None:
    def files() -> int:
        return sum(one.is_file() for one in (tmp_path / "data" / "media").rglob("*"))

    def story(run: Run, end: Callable[..., str]) -> None:
        posts: list[dict[str, Any]] = ask(run, "post", "list", "welders")
        for post in posts[:2]:
            assert run("post", "delete", post["id"], "--as", "olga").exit_code == 0
        assert files() == 6
        said = end(ends, "Disk.delete", 1, "media", "sweep")
        assert ("all else is whole" in said) == (ends != "SIGKILL")
        left = ask(run, "media", "sweep", "--dry-run")
        gone = 6 - files()
        assert gone in {1, 2}, "Ctrl-C is heard while the next file goes"
        assert left["uploads"] >= (5 - gone) // 2, "no file is left that no row knows"
        assert ask(run, "media", "sweep") == left
        assert (ask(run, "media", "usage")["uploads"], files()) == (1, 2)

    await told(kind, make_url, tmp_path, story)
