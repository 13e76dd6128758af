"""Whether another distribution overwrote one of our packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from federation.errors import Misconfigured
from fedigroups import clash


def test_nobody_else_brings_our_packages_here() -> None:
    clash.check()


def test_a_distribution_that_brings_one_of_them_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `pip install federation` leaves it, found by importlib.metadata itself."""
    info = tmp_path / "federation-0.28.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: federation\nVersion: 0.28.0\n")
    (info / "RECORD").write_text("federation/__init__.py,,\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    with pytest.raises(Misconfigured, match=r"federation by federation.*virtual environment"):
        clash.check()


def test_parts_of_two_versions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.__version__", "0.0.1")
    with pytest.raises(Misconfigured, match="install Fedigroups again"):
        clash.check()
