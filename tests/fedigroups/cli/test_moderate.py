"""Moderating as it is typed."""

from __future__ import annotations

import pytest

from commands import Run, ask


@pytest.fixture
def waiting(founded: Run) -> tuple[Run, str]:
    """A post of Tom's that waits, in a group with two rules."""
    said = ("--approve", "everyone", "--rules", "Be kind.\nNo ads.")
    assert founded("group", "set", "welders", *said).exit_code == 0
    written = founded("post", "write", "welders", "--as", "tom", "--text", "Buy rods!")
    assert "waits for a moderator" in written.output
    (row,) = ask(founded, "moderate", "list", "welders")
    return founded, row["id"]


def test_the_queue_names_each_post_its_author_and_since_when_it_waits(
    waiting: tuple[Run, str],
) -> None:
    run, number = waiting
    (row,) = ask(run, "moderate", "list", "welders")
    (post,) = ask(run, "post", "list", "welders")
    assert row["id"] == number == post["id"]
    assert (row["object"], row["author"]) == (post["uri"], "tom@localhost:8000")
    assert row["since"].endswith("Z")
    assert [one["rule"] for one in ask(run, "moderate", "rules", "welders")] == [1, 2]


@pytest.mark.parametrize(
    ("words", "needs"), [(("--rule", "2"), "reason"), (("--text", "Ads."), "rule"), ((), "reason")]
)
def test_a_refusal_without_a_rule_and_a_text_is_an_error_and_changes_nothing(
    waiting: tuple[Run, str], words: tuple[str, ...], needs: str
) -> None:
    run, number = waiting
    for post in (number, "7"):  # what is missing is said first, though there is no post 7
        refused = run("moderate", "refuse", post, *words)
        assert refused.exit_code == 1
        assert needs in refused.stderr
    assert len(ask(run, "moderate", "list", "welders")) == 1


def test_a_refused_post_waits_again_once_it_is_edited_and_is_accepted_once(
    waiting: tuple[Run, str],
) -> None:
    run, number = waiting
    made = ask(run, "moderate", "refuse", number, "--rule", "2", "--text", "Ads.", "--as", "olga")
    assert (made["kind"], made["rule"], made["text"]) == ("refuse", 2, "Ads.")
    assert ask(run, "moderate", "list", "welders") == []
    assert run("post", "edit", number, "--as", "tom", "--text", "Which rods?").exit_code == 0
    assert [row["id"] for row in ask(run, "moderate", "list", "welders")] == [number]
    assert run("moderate", "accept", number).exit_code == 0
    assert ask(run, "post", "list", "welders")[0]["state"] == "live"
    assert run("moderate", "accept", number).exit_code == 1
    book = ask(run, "moderate", "ledger", "welders")
    assert [one["kind"] for one in book["decisions"]] == ["accept", "refuse"]
    assert (book["figures"]["received"], book["figures"]["refused"]) == (1, 1)
    everything = ask(run, "moderate", "ledger", "welders", "--all")["decisions"]
    assert [one["kind"] for one in everything] == ["accept", "refuse", "hold"]
    assert everything[1]["decider"] == "olga@localhost:8000"
    assert ask(run, "moderate", "appeals", "welders") == []


def test_somebody_who_does_not_moderate_decides_nothing(waiting: tuple[Run, str]) -> None:
    run, number = waiting
    refused = run("moderate", "accept", number, "--as", "tom")
    assert refused.exit_code == 1
    assert "does not moderate" in refused.stderr


def test_posts_and_people_are_decided_about(waiting: tuple[Run, str]) -> None:
    run, number = waiting
    for words in (
        ("accept", number),
        ("lock", number, "--text", "Enough."),
        ("lock", number, "--undo"),
        ("pin", number),
        ("pin", number, "--undo"),
        ("remove", number, "--rule", "2", "--text", "Ads.", "--unnamed"),
        ("restore", number, "--text", "I was wrong."),
        ("warn", "welders", "tom", "--text", "Once more and you are out."),
        ("mute", "welders", "tom", "--days", "2", "--text", "Cool down."),
        ("mute", "welders", "tom", "--undo"),
        ("ban", "welders", "tom", "--days", "3", "--text", "Ads.", "--remove-posts"),
        ("ban", "welders", "tom", "--undo"),
    ):
        done = run("moderate", *words)
        assert done.exit_code == 0, (words, done.stderr)
    assert ask(run, "post", "list", "welders")[0]["state"] == "removed"
    (removal,) = [
        one
        for one in ask(run, "moderate", "ledger", "welders")["decisions"]
        if one["kind"] == "remove"
    ]
    assert removal["person"] is None
    members = {row["handle"]: row["state"] for row in ask(run, "group", "members", "welders")}
    assert members["tom@localhost:8000"] == "left"


def test_mail_is_written_to_a_member_read_and_shown_by_who_wrote(founded: Run) -> None:
    assert ask(founded, "moderate", "mail", "welders") == []
    to_tom = ("moderate", "mail", "welders", "--with", "tom", "--text", "A word, please.")
    for more, needs in (((), "--as"), (("--as", "tom"), "does not moderate")):
        refused = founded(*to_tom, *more)
        assert refused.exit_code == 1
        assert needs in refused.stderr
    (sent,) = ask(founded, *to_tom, "--as", "olga")
    (listed,) = ask(founded, "moderate", "mail", "welders")
    assert (sent["with"], sent["by"], sent["text"]) == (
        *("tom@localhost:8000", "moderators", "A word, please."),
    )
    assert listed == sent
    table = founded("moderate", "mail", "welders")
    assert table.exit_code == 0
    assert "A word, please." in table.stdout
    nobody = founded("moderate", "mail", "welders", "--with", "ida", "--text", "Hi", "--as", "olga")
    assert nobody.exit_code == 1


@pytest.mark.parametrize("words", [("warn", "welders", "tom"), ("ban", "welders", "tom")])
def test_nothing_is_done_to_anybody_without_a_reason(founded: Run, words: tuple[str, ...]) -> None:
    refused = founded("moderate", *words)
    assert refused.exit_code == 1
    assert "reason" in refused.stderr
