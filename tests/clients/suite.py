"""`make clients`: Mastodon.py's own tests, unmodified, against a running server of ours.

Fails when a test fails that `not_passed.txt` does not name, and when one passes that it names: the
list only shrinks. Nothing is replayed: the recordings that come with the tests are thrown away.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import seeds

from fedigroups.cli import stage
from fedigroups.cli.stage import Actor

VERSION = "2.2.2"
SHA256 = "07131f6ac8820462de25b7641622b01b22f2b9ab6b3e7252749442f51fd30778"
TESTS = 185
"""That many of them talk to a server."""
PORT = 3000
"""The tests have `http://localhost:3000` in their text."""
START_SECONDS = 180.0
"""The machine may be busy with other things."""
SECONDS = 60
"""A test that takes longer failed."""
LATER = "test_status.py::test_scheduled_status_long_part2"
"""It looks for a post that another test schedules for six minutes later, so it comes last."""
LATER_SECONDS = 6 * 60 + 15

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = ROOT / ".venv" / "clients" / "bin" / "python"
KEPT = ROOT / ".venv" / "clients" / f"mastodon_py-{VERSION}.tar.gz"
LOG = ROOT / ".venv" / "clients" / "server.log"
"""What the server of the last run said."""
OPTIONS = (
    *("-o", "addopts=", "-p", "no:cacheprovider", "--disable-recording", "-q"),
    *(f"--timeout={SECONDS}", "--ignore=tests/test_entities.py", "--tb=line"),
    "--ignore=tests/test_zzz_revoke.py",
)


class Server(Actor):
    """The instance that the tests ask."""

    def environment(self) -> dict[str, str]:
        """The tests ask faster than a person may, and make accounts."""
        return super().environment() | {
            "FEDIGROUPS_RATE_LIMITS": "off",
            "FEDIGROUPS_SIGNUP": "open",
            "FEDIGROUPS_CONFIRM_EMAIL": "off",
            "FEDIGROUPS_PASSWORD_GRANT": "on",
        }

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"


def main(chosen: Sequence[str]) -> int:
    """Run them, or the chosen ones alone; the exit status."""
    stage.START_SECONDS = START_SECONDS
    with tempfile.TemporaryDirectory(prefix="fedigroups-clients-") as folder:
        suite = _unpacked(Path(folder))
        server = Server("Clients", "127.0.0.1", Path(folder) / "server", port=PORT)
        try:
            server.start()
            seeds.seed(server)
            ended = _run(suite, chosen)
        finally:
            server.stop()
            shutil.copy(server.log, LOG)
        if chosen:
            return _told(ended)
        return _judged(ended, _listed())


def _unpacked(folder: Path) -> Path:
    """The source distribution, checked, without its recordings."""
    if not KEPT.exists():
        _download(KEPT.parent)
    if hashlib.sha256(KEPT.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{KEPT} is not what was released as {VERSION}: delete it and try again")
    with tarfile.open(KEPT) as archive:
        archive.extractall(folder, filter="data")
    suite = folder / f"mastodon_py-{VERSION}"
    for recorded in (suite / "tests").glob("cassettes*"):
        shutil.rmtree(recorded)
        recorded.mkdir()  # some tests keep a moment there for one another
    shutil.copy(HERE / "counting.py", suite / "conftest.py")
    return suite


def _download(folder: Path) -> None:
    wanted = ("--no-deps", "--no-binary", ":all:", f"Mastodon.py=={VERSION}")
    command = [str(PYTHON), "-m", "pip", "-q", "download", "-d", str(folder), *wanted]
    subprocess.run(command, check=True)


def _run(suite: Path, chosen: Sequence[str]) -> dict[str, str]:
    if chosen:
        return _pytest(suite, [f"tests/{one}" for one in chosen])
    ended = _pytest(suite, ["tests", f"--deselect=tests/{LATER}"])
    time.sleep(LATER_SECONDS)
    return ended | _pytest(suite, [f"tests/{LATER}"])


def _pytest(suite: Path, arguments: Iterable[str]) -> dict[str, str]:
    """How each test ended: "" for those that passed, else why not."""
    counted = suite / "counted.json"
    counted.write_text("{}")
    environment = {
        **os.environ,
        "COUNTED": str(counted),
        "PYTHONPATH": str(suite),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(PYTHON), "-m", "pytest", *OPTIONS, *arguments]
    subprocess.run(command, cwd=suite, env=environment, check=False)
    ended: dict[str, str] = json.loads(counted.read_text())
    return ended


def _listed() -> dict[str, str]:
    """The tests that are not passed, each with its reason."""
    lines = (HERE / "not_passed.txt").read_text(encoding="utf-8").splitlines()
    found = (re.split(r"\s{2,}", line, maxsplit=1) for line in lines if line and line[0] != "#")
    return dict(found)


def _told(ended: dict[str, str]) -> int:
    for test, why in sorted(ended.items()):
        print(f"{test}: {why or 'passes'}")
    return int(any(ended.values()))


def _judged(ended: dict[str, str], listed: dict[str, str]) -> int:
    failed = {test: why for test, why in ended.items() if why}
    for test in sorted(failed.keys() - listed.keys()):
        print(f"FAILS, and is not on the list: {test}: {failed[test]}")
    for test in sorted(listed.keys() - failed.keys()):
        word = "PASSES: take it off the list" if test in ended else "IS NO TEST"
        print(f"{word}: {test}")
    print(f"Mastodon.py: {len(ended) - len(failed)} of {TESTS} pass")
    return int(failed.keys() != listed.keys() or len(ended) != TESTS)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
