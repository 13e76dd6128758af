"""A membership moves only as its table says."""

from __future__ import annotations

import pytest

from fedigroups.groups import states
from fedigroups.groups.states import MOVES, may_move

OUTSIDE = ("refused", "left", "removed")


def test_a_ban_ends_only_by_being_lifted() -> None:
    assert MOVES["banned"] == {"left"}
    assert [state for state in MOVES if may_move(state, "banned")] == [
        state for state in MOVES if state != "banned"
    ]


@pytest.mark.parametrize("state", OUTSIDE)
def test_whoever_is_out_may_come_again(state: str) -> None:
    for following in ("asked", "member", "invited"):
        assert may_move(state, following)


@pytest.mark.parametrize("state", OUTSIDE)
def test_nobody_leaves_what_they_were_never_in(state: str) -> None:
    assert not may_move("new", state)
    assert all(not may_move(other, state) for other in OUTSIDE)


def test_a_member_does_not_become_a_guest_again() -> None:
    assert not any(may_move("member", state) for state in ("asked", "invited", "refused"))


@pytest.mark.parametrize("state", ["asked", "member"])
def test_asking_again_and_a_resync_are_no_move(state: str) -> None:
    assert may_move(state, state)


def test_a_state_that_nobody_knows_fails_loudly() -> None:
    with pytest.raises(KeyError):
        may_move("owner", "member")


@pytest.mark.parametrize(
    ("following", "complaint"),
    [
        (frozenset({"member", "lost"}), "unknown states"),
        (frozenset({"member", "banned"}), "nothing leads to"),
    ],
)
def test_a_broken_table_is_noticed_when_it_is_imported(
    monkeypatch: pytest.MonkeyPatch, following: frozenset[str], complaint: str
) -> None:
    broken = dict.fromkeys(MOVES, following)
    monkeypatch.setattr(states, "MOVES", broken)
    with pytest.raises(RuntimeError, match=complaint):
        states._check()
