"""Files in a folder: whole or not at all, and durable."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from federation.errors import Unreachable
from fedigroups.media import names
from fedigroups.media.disk import Disk

pytestmark = pytest.mark.anyio

KEY = names.file(names.new(), "image/png")


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from fedigroups.media.disk import Disk
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(Disk(Path(sys.argv[1])).put(sys.argv[2], b"picture", "image/png"))
"""


def files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()]


async def test_a_file_is_kept_found_and_forgotten(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "media")
    await disk.put(KEY, b"picture", "image/png")
    assert await disk.get(KEY) == b"picture"
    path = disk.path(KEY)
    assert path is not None
    assert path.read_bytes() == b"picture"
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    await disk.delete(KEY)
    await disk.delete(KEY)
    assert await disk.get(KEY) is None


async def test_names_are_random_and_spread_over_folders() -> None:
    stems = {names.new() for _ in range(1_000)}
    assert len(stems) == 1_000
    assert len({stem[:2] for stem in stems}) > 200


async def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unreachable, match="No space left"):
        await disk.put(KEY, b"picture", "image/png")
    assert await disk.get(KEY) is None
    assert not files(tmp_path)


@pytest.mark.processes
async def test_what_a_killed_write_left_is_known_when_it_is_old(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    assert await disk.cut_off(time.time() + 60) == []
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, tmp_path, KEY)
    assert await process.wait() == -signal.SIGKILL
    assert await disk.get(KEY) is None
    assert await disk.cut_off(time.time() - 60) == [], "it may be written just now"
    [left] = await disk.cut_off(time.time() + 60)
    await disk.put(KEY, b"picture", "image/png")
    await disk.delete(left)
    assert [one.read_bytes() for one in files(tmp_path)] == [b"picture"]


async def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    flush, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda descriptor: (seen.append("flush"), flush(descriptor)))
    monkeypatch.setattr(
        Path, "rename", lambda self, to: (seen.append("rename"), rename(self, to))[1]
    )
    await Disk(tmp_path).put(KEY, b"picture", "image/png")
    assert seen[:3] == ["flush", "rename", "flush"]


async def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("not a folder")
    disk = Disk(tmp_path / "media")
    with pytest.raises(Unreachable, match="folder of pictures"):
        await disk.put(KEY, b"picture", "image/png")
