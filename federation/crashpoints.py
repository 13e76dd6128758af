"""This module ends the process, without a last word, at a place that a test has named.

A test can so see what a crash at that very place leaves behind. Nothing is armed unless the setting
`FEDIGROUPS_CRASHPOINT` says so, and the settings take it with an origin on loopback alone.
"""

from __future__ import annotations

import os
import signal
from typing import Literal, get_args

Point = Literal[
    "receipt_before_commit",
    "receipt_after_commit",
    "before_202",
    "after_gather",
    "processing_before_commit",
    "processing_after_commit",
    "publish_before_commit",
    "after_claim",
    "before_send",
    "after_send",
    "after_result",
    "after_letter",
    "during_stop",
    "during_migration",
]
"""Every place, in the order in which an activity comes by."""

POINTS: tuple[Point, ...] = get_args(Point)

_armed = ("", 1)


def checked(text: str) -> str:
    """The text, when it is `NAME`, `NAME:NTH` or nothing; ValueError for anything else."""
    name, colon, nth = text.partition(":")
    if text and name not in POINTS:
        raise ValueError(f"must name one of {', '.join(POINTS)}")
    if colon and not (nth.isascii() and nth.isdigit() and int(nth)):
        raise ValueError("must count from 1")
    return text


def arm(text: str) -> None:
    """End this process when it comes by the point that `text` names, the first or the nth time."""
    global _armed  # noqa: PLW0603
    name, _, nth = checked(text).partition(":")
    _armed = (name, int(nth or 1))


def crashpoint(name: Point) -> None:
    """Nothing, unless this is the point that was armed."""
    global _armed  # noqa: PLW0603
    armed, left = _armed
    if name == armed:
        _armed = (armed, left - 1)
        if left == 1:
            os.kill(os.getpid(), signal.SIGKILL)
