"""This module declares the life of a membership: a table of legal moves, checked at import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

State = Literal["new", "invited", "asked", "member", "refused", "left", "removed", "banned"]

MOVES: Mapping[str, frozenset[State]] = {
    "new": frozenset({"invited", "asked", "member", "banned"}),
    "invited": frozenset({"member", "refused", "left", "banned"}),
    "asked": frozenset({"asked", "member", "refused", "left", "banned"}),
    "member": frozenset({"member", "left", "removed", "banned"}),
    "refused": frozenset({"invited", "asked", "member", "banned"}),
    "left": frozenset({"invited", "asked", "member", "banned"}),
    "removed": frozenset({"invited", "asked", "member", "banned"}),
    "banned": frozenset({"left"}),
}
"""From each state, where a membership may go next. A ban ends only by being lifted (`left`)."""


def may_move(old: str, new: str) -> bool:
    """Whether a membership may go from `old` to `new`; KeyError for a state that is none."""
    return new in MOVES[old]


def _check() -> None:
    states = set(MOVES)
    for state, following in MOVES.items():
        if not following <= states:
            raise RuntimeError(f"{state} leads to unknown states {following - states}")
    reached = {"new"}.union(*MOVES.values())
    if reached != states:
        raise RuntimeError(f"nothing leads to {states - reached}")


_check()
