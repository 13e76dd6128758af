"""What `suite.py` puts beside Mastodon.py's tests, as their outermost conftest.py.

It writes down how each test ended, and sees to it that none is answered from a recording. It runs
in the interpreter of that suite, so it imports nothing of ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import vcr as recordings

ASKS = "vcr"
"""The mark of what talks to a server."""

ended: dict[str, str] = {}
"""By test: nothing when it passed, else the last line of why not."""

recordings.use_cassette = lambda *_, **__: nullcontext()


@pytest.fixture
def vcr() -> SimpleNamespace:
    """Where a test says how its recording is searched."""
    return SimpleNamespace()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    """What fails before or after the test itself counts as the test's."""
    report: pytest.TestReport = yield
    if item.get_closest_marker(ASKS):
        name = report.nodeid.removeprefix("tests/")
        is_expected = hasattr(report, "wasxfail")
        if report.failed or (report.skipped and not is_expected):
            lines = str(report.longrepr).strip().splitlines()
            ended[name] = next((line for line in lines if line.startswith("E ")), lines[-1])
        else:
            ended.setdefault(name, "")
    return report


def pytest_sessionfinish() -> None:
    """Say it to whoever started this."""
    with Path(os.environ["COUNTED"]).open("w", encoding="utf-8") as file:
        json.dump(ended, file)
