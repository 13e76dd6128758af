"""Who may join, post, answer and react: every combination that a group can be asked about."""

from __future__ import annotations

from itertools import product

import pytest

from fedigroups.groups.models import Group, Member, Thread
from fedigroups.groups.policies import (
    SHUT_OUT,
    admits_at_once,
    is_staff,
    refusal_to_join,
    refusal_to_post,
    refusal_to_react,
    refusal_to_reply,
)
from fedigroups.groups.states import MOVES

STATES = [state for state in MOVES if state != "new"]


def member(state: str = "member", role: str = "member", reason: str = "") -> Member:
    return Member(state=state, role=role, reason=reason)


def group(**columns: str) -> Group:
    return Group(name="welders", **columns)


OPEN_THREAD = Thread(locked=False, visible=True)
LOCKED = Thread(locked=True, visible=True)
EMPTY = Thread(locked=False, visible=False)


@pytest.mark.parametrize(("state", "role"), list(product(STATES, ["member", "moderator", "owner"])))
def test_staff_are_moderators_and_owners_who_are_still_in(state: str, role: str) -> None:
    assert is_staff(member(state, role)) == (state == "member" and role != "member")
    assert not is_staff(None)


@pytest.mark.parametrize("policy", ["open", "approval", "invite"])
def test_the_banned_join_under_no_policy_and_are_told_why(policy: str) -> None:
    refusal = refusal_to_join(group(join_policy=policy), member("banned", reason="spam"))
    assert refusal == "banned from the group: spam"


def test_a_ban_without_a_reason_says_so() -> None:
    assert "no reason was recorded" in refusal_to_join(group(), member("banned"))


@pytest.mark.parametrize("state", [None, *(state for state in STATES if state != "banned")])
def test_by_invitation_come_the_invited_and_stay_the_members(state: str | None) -> None:
    somebody = member(state) if state else None
    refused = bool(refusal_to_join(group(join_policy="invite"), somebody))
    assert refused == (state not in {"invited", "member"})


@pytest.mark.parametrize("policy", ["open", "approval"])
@pytest.mark.parametrize("state", [None, "asked", "left", "removed", "refused", "member"])
def test_anybody_else_may_ask_where_asking_is_open(policy: str, state: str | None) -> None:
    assert refusal_to_join(group(join_policy=policy), member(state) if state else None) == ""


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize(("policy", "state"), list(product(["open", "approval"], [None, *STATES])))
def test_a_moderator_looks_at_strangers_where_the_group_or_the_staff_want_it(
    policy: str, state: str | None, limited: bool
) -> None:
    known = member(state) if state else None
    at_once = admits_at_once(group(join_policy=policy), known, limited=limited)
    assert at_once == ((policy == "open" and not limited) or state in {"invited", "member"})


@pytest.mark.parametrize(
    ("policy", "stranger", "in_it", "moderator"),
    [
        ("anyone", True, True, True),
        ("members", False, True, True),
        ("moderators", False, False, True),
    ],
)
def test_who_starts_threads(policy: str, stranger: bool, in_it: bool, moderator: bool) -> None:
    here = group(post_policy=policy)
    assert (refusal_to_post(here, None) == "") == stranger
    assert (refusal_to_post(here, member("left")) == "") == stranger
    assert (refusal_to_post(here, member("asked")) == "") == stranger
    assert (refusal_to_post(here, member()) == "") == in_it
    assert (refusal_to_post(here, member(role="moderator")) == "") == moderator


def test_a_moderator_who_was_put_out_is_one_no_more() -> None:
    assert refusal_to_post(group(post_policy="moderators"), member("removed", "moderator"))


@pytest.mark.parametrize("post_policy", ["anyone", "members", "moderators"])
@pytest.mark.parametrize("state", [None, "member", "left", "removed", "asked"])
def test_everybody_but_the_banned_answers_whoever_may_post(
    post_policy: str, state: str | None
) -> None:
    somebody = member(state) if state else None
    assert refusal_to_reply(group(post_policy=post_policy), somebody, OPEN_THREAD) == ""
    assert refusal_to_react(group(post_policy=post_policy), somebody) == ""


def test_the_banned_neither_post_nor_answer_nor_react() -> None:
    banned = member("banned", reason="spam")
    assert refusal_to_post(group(post_policy="anyone"), banned).endswith("spam")
    assert refusal_to_reply(group(), banned, OPEN_THREAD).endswith("spam")
    assert refusal_to_react(group(), banned).endswith("spam")


def test_in_a_locked_thread_only_staff_speak_and_everybody_may_like() -> None:
    assert refusal_to_reply(group(), member(), LOCKED) == "the thread is locked"
    assert refusal_to_reply(group(), None, LOCKED) == "the thread is locked"
    assert refusal_to_reply(group(), member(role="moderator"), LOCKED) == ""
    assert refusal_to_react(group(), member()) == ""


def test_nobody_answers_where_nothing_is_left_to_answer() -> None:
    assert refusal_to_reply(group(), member(role="owner"), EMPTY) == "nothing is left of the thread"


def test_in_a_closed_group_nobody_does_anything() -> None:
    closed, owner = group(state="closed", post_policy="anyone"), member(role="owner")
    assert refusal_to_join(closed, None) == "the group is closed"
    assert refusal_to_post(closed, owner) == "the group is closed"
    assert refusal_to_reply(closed, owner, OPEN_THREAD) == "the group is closed"
    assert refusal_to_react(closed, owner) == "the group is closed"


def test_whose_server_the_group_keeps_out_neither_comes_in_nor_says_anything() -> None:
    kept_out = member("asked")
    kept_out.shut_out = True
    here = group(post_policy="anyone")
    assert refusal_to_join(here, kept_out) == SHUT_OUT
    assert refusal_to_post(here, kept_out) == SHUT_OUT
    assert refusal_to_reply(here, kept_out, OPEN_THREAD) == SHUT_OUT
    assert refusal_to_react(here, kept_out) == SHUT_OUT
