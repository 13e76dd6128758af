"""When a host is tried again, and what an answer means for a delivery and its host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import clock
from federation.errors import Forbidden, Misconfigured, Unreachable
from outbox import lanes, retry
from outbox.lanes import MOVES, Event, State
from outbox.outcome import Fate, judge, poison, unreachable

NOW = 1_790_000_000_000


def test_the_waits_of_a_failing_host_grow_to_a_day() -> None:
    waits = [retry.delay(failures, chance=0) // clock.SECOND for failures in range(1, 11)]
    assert waits == [2, 10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400, 86_400]


@given(st.integers(1, 1_000))
def test_jitter_adds_up_to_half_and_never_takes_away(failures: int) -> None:
    low, high = retry.delay(failures, chance=0), retry.delay(failures, chance=1)
    assert high == low * 1.5
    assert low <= retry.delay(failures) <= high


def test_jitter_is_not_always_the_same() -> None:
    assert len({retry.delay(8) for _ in range(20)}) > 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_done(status: int) -> None:
    assert judge(status, {}).fate is Fate.DONE


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 413, 415, 418, 422, 451, 501])
def test_a_refusal_ends_this_activity_and_says_nothing_against_the_host(status: int) -> None:
    verdict = judge(status, {"retry-after": "60"})
    assert (verdict.fate, verdict.answered, verdict.status) == (Fate.ENDED, True, status)
    assert str(status) in verdict.reason


@pytest.mark.parametrize("status", [401, 424])
def test_what_may_come_right_by_itself_is_tried_again_alone(status: int) -> None:
    verdict = judge(status, {})
    assert (verdict.fate, verdict.answered) == (Fate.AGAIN, True)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_a_host_in_trouble_is_left_alone_for_as_long_as_it_asks(status: int) -> None:
    verdict = judge(status, {"retry-after": "120"})
    assert (verdict.fate, verdict.answered, verdict.wait) == (Fate.BACKOFF, False, 120_000)
    assert judge(status, {}).wait == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_success(status: int) -> None:
    assert judge(status, {"location": "https://l.example/login"}).fate is Fate.BACKOFF


def test_only_410_says_that_an_inbox_is_gone() -> None:
    assert [status for status in range(200, 600) if judge(status, {}).gone] == [410]


def test_no_answer_at_all_is_the_trouble_of_the_host() -> None:
    for error in (Unreachable("refused"), Forbidden("a private address")):
        assert (unreachable(error).fate, unreachable(error).wait) == (Fate.BACKOFF, 0)
    assert unreachable(Unreachable("later", retry_after=90.0)).wait == 90_000


def test_what_cannot_be_sent_says_nothing_about_the_host() -> None:
    verdict = poison(Misconfigured("no key"))
    assert (verdict.fate, verdict.answered) == (Fate.AGAIN, False)
    assert "no key" in verdict.reason


# The states of a lane


def test_every_state_can_fail_and_come_back() -> None:
    for state in State:
        assert MOVES[state, Event.ANSWERED] is State.OPEN
        assert {(state, Event.FAILED), (state, Event.GAVE_UP)} & MOVES.keys()


def test_a_host_is_never_given_up_at_once() -> None:
    assert (State.OPEN, Event.GAVE_UP) not in MOVES


def test_a_table_with_a_state_that_nothing_reaches_is_refused() -> None:
    broken = {move: to for move, to in MOVES.items() if to is not State.DORMANT}
    with pytest.raises(ValueError, match="DORMANT"):
        lanes.check(broken, State.OPEN)


def test_a_table_with_a_state_that_nothing_leaves_is_refused() -> None:
    broken = {**MOVES}
    del broken[State.DORMANT, Event.ANSWERED]
    with pytest.raises(ValueError, match="DORMANT"):
        lanes.check(broken, State.OPEN)
