"""Crash points: the process dies at the one that was named, and at no other."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from federation import crashpoints

PROGRAM = """
from federation.crashpoints import arm, crashpoint
arm({armed!r})
for number in range(3):
    crashpoint("before_send")
    crashpoint("after_send")
    print(number)
"""


def run(armed: str) -> tuple[int, str]:
    """How a program ends that comes by two points three times, and what it said before."""
    command = [sys.executable, "-u", "-c", PROGRAM.format(armed=armed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.replace("\n", "")


@pytest.mark.parametrize(
    ("armed", "said"), [("before_send", ""), ("after_send:2", "0"), ("before_send:3", "01")]
)
def test_the_process_kills_itself_when_it_comes_by_so_often(armed: str, said: str) -> None:
    assert run(armed) == (-signal.SIGKILL, said)


@pytest.mark.parametrize("armed", ["", "after_claim", "after_send:4"])
def test_nothing_happens_at_points_that_were_not_named(armed: str) -> None:
    assert run(armed) == (0, "012")


@pytest.mark.parametrize("text", ["everywhere", "after_send:", "after_send:0", "after_send:x"])
def test_what_names_no_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        crashpoints.checked(text)
