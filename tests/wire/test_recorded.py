"""Every activity that other servers were recorded to send has the outcome that we expect of it.

The documents themselves are not in this repository; without them this is skipped. What we expect
is in `expectations.json`: paths and outcomes, once as the activity came and once as if it had been
sent to a group of ours (see `replay.py`). After a change that is meant, write it anew with

    python tests/wire/write_expectations.py

and read the difference: each changed line is a promise that changed.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from replay import WIRE, Listener, Recorded, recorded
from world import World

EXPECTATIONS = Path(__file__).with_name("expectations.json")
SETTLED = {"done", "ignored", "refused"}

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.wire,
    pytest.mark.skipif(not WIRE.is_dir(), reason="the recorded documents are not here"),
]


def expected(how: str) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, dict[str, str]]] = json.loads(EXPECTATIONS.read_bytes())
    return read[how]


def differences(
    found: dict[str, dict[str, str]], wanted: dict[str, dict[str, str]]
) -> dict[str, tuple[Any, Any]]:
    """Path -> (found, wanted)."""
    paths = sorted(found.keys() | wanted.keys())
    return {
        path: (found.get(path), wanted.get(path))
        for path in paths
        if found.get(path) != wanted.get(path)
    }


async def test_what_was_never_meant_for_us_has_the_expected_outcome(world: World) -> None:
    listener = await Listener.at(await world.town())
    found = {told.path: asdict(await listener.hear(told)) for told in recorded()}
    assert differences(found, expected("as it came")) == {}


async def test_what_is_sent_to_a_group_of_ours_has_the_expected_outcome(world: World) -> None:
    listener = await Listener.at(await world.town())
    found = {told.path: asdict(await listener.hear_to_us(told)) for told in recorded()}
    assert differences(found, expected("to us")) == {}


def test_nothing_recorded_makes_us_fail_or_wait() -> None:
    for how in ("as it came", "to us"):
        states = {outcome["state"] for outcome in expected(how).values()}
        assert states <= SETTLED, how


def test_the_expectations_name_nothing_but_paths_and_outcomes() -> None:
    paths = {told.path for told in recorded()}
    for how in ("as it came", "to us"):
        assert expected(how).keys() == paths
        for outcome in expected(how).values():
            assert outcome.keys() == {"state", "why"}
            assert "://" not in outcome["why"]


def test_every_recorded_document_is_looked_at() -> None:
    assert all(isinstance(told, Recorded) for told in recorded())
    assert len(recorded()) > 250
