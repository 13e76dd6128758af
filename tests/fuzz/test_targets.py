"""Everything that reads what strangers send, with input that a machine spoils.

A few seconds each in `make test`. `make fuzz MINUTES=60` goes on for so long, with new inputs all
the time, and says how far it is; what it finds is printed so that it can be tried again.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from mutants import SIGNS, good
from storm import Told, storm
from targets import TARGETS, Target, urls
from world import World

pytestmark = pytest.mark.anyio

MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))
ROUND = 20
"""In a long run a target tries so many times as many inputs before it is asked for the time."""

MOST = 3
"""After so many findings a target gets no more time: they are likely one."""

Template = Callable[[str, str], str]


def told(words: str) -> None:
    """Past whatever pytest captures."""
    print(words, file=sys.__stdout__, flush=True)


def run(target: Target, template: str, examples: int, number: int | None) -> None:
    """Try so many inputs; with a number, those that belong to it."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=number is None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs)
    def attempt(made: object) -> None:
        target.check((made, template) if target.world else made)

    (seed(number)(attempt) if number is not None else attempt)()


def run_long(name: str, template: str) -> int:
    """Go on for the target's share of the time; how often something gave way, three at most."""
    target, begun, tried, found = TARGETS[name], time.monotonic(), 0, 0
    seconds = MINUTES * 60 * target.share / sum(each.share for each in TARGETS.values())
    while (passed := time.monotonic() - begun) < seconds and found < MOST:
        number = random.SystemRandom().randrange(2**32)
        told(f"fuzz: {name}: {tried} inputs in {passed:.0f} of {seconds:.0f} s; now seed {number}")
        try:
            run(target, template, target.examples * ROUND, number)
        except Exception:
            found += 1
            told(traceback.format_exc())
        tried += target.examples * ROUND
    told(f"fuzz: {name}: done after {tried} inputs, {found} findings")
    return found


@pytest.mark.parametrize("member", [True, False])
@pytest.mark.parametrize("announced", [True, False])
async def test_nothing_that_a_stranger_may_say_changes_what_is_anothers(
    world: World, member: bool, announced: bool
) -> None:
    await storm(world, Told(good(), member, announced))


@pytest.mark.parametrize(
    "url", ["https://h.example/a?b#c", "https://[2001:db8::1]:8443/a", "http://127.0.0.1:80"]
)
def test_no_sign_at_any_place_makes_two_hosts_of_one(url: str) -> None:
    for place, sign, cut in product(range(len(url) + 1), SIGNS, (0, 1)):
        urls(url[:place] + sign + url[place + cut :])


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_made_of_good_input_is_taken_or_refused(name: str, populated: Template) -> None:
    target = TARGETS[name]
    template = populated("sqlite", "groups.example") if target.world else ""
    if MINUTES:
        assert run_long(name, template) == 0
    else:
        run(target, template, target.examples, None)
