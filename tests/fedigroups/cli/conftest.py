"""What every test of a command may ask for: an instance to type it at."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from commands import Run, typed


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The data of an instance without anybody, and of one with Olga, Tom and the welders."""
    folder = tmp_path_factory.mktemp("prepared")
    assert typed(folder / "new", "user", "list").exit_code == 0
    shutil.copytree(folder / "new", folder / "founded")
    for words in (
        ("user", "create", "olga", "--display", "Olga Berg", "--admin"),
        ("user", "create", "tom"),
        ("group", "create", "welders", "--owner", "olga", "--title", "Welders"),
        ("group", "join", "welders", "--as", "tom"),
    ):
        assert typed(folder / "founded", *words).exit_code == 0
    return {"new": folder / "new", "founded": folder / "founded"}


@pytest.fixture
def run(prepared: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a new instance at http://localhost:8000."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(prepared["new"], tmp_path / "data")
    return partial(typed, tmp_path / "data")


@pytest.fixture
def founded(prepared: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same, with Olga, Tom and the group of the welders."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(prepared["founded"], tmp_path / "data")
    return partial(typed, tmp_path / "data")


@pytest.fixture
def kept(founded: Run, tmp_path: Path) -> Path:
    """A backup of Olga's and Tom's instance, which goes on being there."""
    assert founded("backup", str(tmp_path / "kept")).exit_code == 0
    return tmp_path / "kept"
