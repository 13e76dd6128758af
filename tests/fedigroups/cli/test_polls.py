"""Polls as they are typed."""

from __future__ import annotations

import pytest

from commands import Run, ask

WRITE = ("post", "write", "welders", "--as", "tom", "--text", "Which one for thin sheet?")


def test_a_poll_is_made_and_voted_in_as_the_handbook_says(founded: Run) -> None:
    made = ask(founded, *WRITE, "--poll", "MIG", "--poll", "TIG", "--poll-hours", "48")
    voted = founded("post", "vote", made["id"], "--as", "olga", "--choice", "2")
    assert (voted.exit_code, voted.stdout) == (0, "voted.\n")
    assert ask(founded, "post", "show", made["id"])["poll"] == {"MIG": 0, "TIG": 1}
    for who, choice, words in (
        ("olga", "1", "already voted"),
        ("tom", "1", "your own poll"),
    ):
        refused = founded("post", "vote", made["id"], "--as", who, "--choice", choice)
        assert refused.exit_code == 1
        assert words in refused.stderr
    assert ask(founded, "post", "show", made["id"])["poll"] == {"MIG": 0, "TIG": 1}


def test_several_may_be_chosen_and_how_it_stands_be_kept_back(founded: Run) -> None:
    options = ("--poll", "MIG", "--poll", "TIG", "--poll", "Stick")
    made = ask(founded, *WRITE, *options, "--poll-multiple", "--poll-hidden")
    chosen = ("--choice", "1", "--choice", "3")
    assert founded("post", "vote", made["id"], "--as", "olga", *chosen).exit_code == 0
    stands = ask(founded, "post", "show", made["id"])["poll"]
    assert stands == {"MIG": None, "TIG": None, "Stick": None}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--poll", "MIG"), "two options"),
        (("--poll", "MIG", "--poll", "TIG", "--poll-hours", "0.01"), "300 seconds at least"),
    ],
)
def test_a_poll_that_nobody_could_vote_in_is_refused(
    founded: Run, options: tuple[str, ...], words: str
) -> None:
    refused = founded(*WRITE, *options)
    assert refused.exit_code == 1
    assert words in refused.stderr
