from __future__ import annotations

import pytest

from inbox.registry import Outcome, Received, Registry, done, ignored


async def apply(received: Received) -> Outcome:
    return done()


async def gather(received: Received) -> int:
    return 1


def test_a_kind_leads_to_its_handler_and_any_other_to_none() -> None:
    registry = Registry()
    registry.register("Follow", apply, gather)
    registry.register("Like", apply)
    follow, like = registry.handler("Follow"), registry.handler("Like")
    assert follow is not None
    assert like is not None
    assert (follow.apply, follow.gather) == (apply, gather)
    assert (like.apply, like.gather) == (apply, None)
    assert registry.handler("follow") is None
    assert registry.kinds() == ("Follow", "Like")


def test_a_kind_has_one_handler() -> None:
    registry = Registry()
    registry.register("Follow", apply)
    with pytest.raises(ValueError, match="Follow"):
        registry.register("Follow", apply)


def test_an_outcome_says_what_and_why() -> None:
    assert done() == Outcome("done", "")
    assert done("held for review") == Outcome("done", "held for review")
    assert ignored("not a member") == Outcome("ignored", "not a member")
