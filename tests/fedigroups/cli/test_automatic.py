"""Automatic rules as they are typed, and what they do to posts."""

from __future__ import annotations

from commands import Run, ask


def test_a_rule_is_tried_on_what_is_there_and_then_lets_posts_wait_with_its_reason(
    founded: Run,
) -> None:
    write = ("post", "write", "welders", "--as", "tom", "--text")
    assert founded(*write, "Buy now: rods!").exit_code == 0
    (rule,) = ask(
        founded, "moderate", "automatic", "welders", "--add", "words", "--words", "buy now"
    )
    assert (rule["kind"], rule["words"]) == ("words", ["buy now"])
    tried = ask(founded, "moderate", "rules", "welders", "--dry-run")
    assert tried["looked_at"] == 1
    assert [one["rule"] for one in tried["would_wait"]] == ["words"]
    assert ask(founded, "moderate", "list", "welders") == []
    assert founded(*write, "Now I BUY NOW, more.").exit_code == 0
    assert founded(*write, "Which rods?").exit_code == 0
    (held,) = ask(founded, "moderate", "list", "welders")
    assert held["why"] == "it has words that moderators of this group look at first"
    (decision,) = ask(founded, "moderate", "ledger", "welders", "--all")["decisions"]
    assert (decision["kind"], decision["decider"]) == ("hold", None)
    by_host = ("post", "write", "welders", "--as", "olga", "--text", "Buy now!")
    assert founded(*by_host).exit_code == 0
    assert len(ask(founded, "moderate", "list", "welders")) == 1
    left = ask(founded, "moderate", "automatic", "welders", "--remove", rule["id"])
    assert left == []


def test_a_rule_that_says_too_little_is_refused(founded: Run) -> None:
    refused = founded("moderate", "automatic", "welders", "--add", "links", "--amount", "2")
    assert refused.exit_code == 1
    assert "--days" in refused.stderr


def test_reports_are_listed_and_answered_as_they_are_typed(founded: Run) -> None:
    assert ask(founded, "moderate", "reports", "welders") == []
    assert ask(founded, "moderate", "reports") == []
    refused = founded("moderate", "answer", "7", "heed", "--text", "Thank you.")
    assert refused.exit_code == 1
    assert "there is no report 7" in refused.stderr
