"""Rules that run by themselves: what each lets wait, and how long they take."""

from __future__ import annotations

import time

import pytest

from federation import clock, limits
from federation.errors import Malformed
from fedigroups.moderation import automatic, watching
from fedigroups.moderation.automatic import Candidate, Earlier, Rule, folded

NOW = 1_800_000_000_000
SHOP = frozenset({"https://www.shop.example/rods"})
HERE, THERE = 1, 2


def ago(days: float, group_id: int = HERE, **said) -> Earlier:
    return Earlier(group_id, NOW - int(days * clock.DAY), **said)


def post(*earlier: Earlier, **said) -> Candidate:
    return Candidate(HERE, NOW, earlier=earlier, **said)


def day(number: float) -> int:
    return NOW - int(number * clock.DAY)


SHOPPING = ago(3, links=frozenset({"https://shop.example/masks"}))
ANSWER = ago(2, answers_another=True)
SHOWN = ago(2, links=SHOP, answers_another=True, promotes=True)
"""In the thread for promotion."""
ELSE = frozenset({"https://club.example/"})


@pytest.mark.parametrize(
    ("rule", "waits", "passes"),
    [
        (Rule("age", days=7), post(author_since=day(6)), post(author_since=day(8))),
        (Rule("age", days=7), post(author_since=day(0)), post(author_since=0)),
        (
            Rule("newcomers", 2, 7),
            post(ago(0.1), ago(0.2)),
            post(ago(0.1), ago(0.2), ago(8)),
        ),
        (Rule("newcomers", 2, 7), post(ago(0.1), ago(0.2)), post(ago(0.1), ago(2))),
        (Rule("cooldown", 60), post(ago(0.01)), post(ago(0.01, THERE), ago(0.05))),
        (Rule("links", 1, 7), post(SHOPPING, links=SHOP), post(SHOPPING)),
        (Rule("links", 1, 2), post(ago(1, links=SHOP), links=SHOP), post(SHOPPING, links=SHOP)),
        (
            Rule("links", 2, 7),
            post(SHOPPING, SHOPPING, links=SHOP),
            post(SHOPPING, ANSWER, links=SHOP),
        ),
        (
            Rule("links", 1, 7),
            post(SHOPPING, links=SHOP),
            post(SHOPPING, links=SHOP, promotes=True),
        ),
        (Rule("links", 1, 7), post(SHOPPING, links=SHOP), post(SHOWN, links=SHOP)),
        (
            Rule("promotion", 2, 30),
            post(SHOPPING, SHOPPING, ANSWER, ANSWER, links=SHOP),
            post(SHOPPING, SHOPPING, *[ANSWER] * 4, links=SHOP),
        ),
        (
            Rule("promotion", 2, 30),
            post(SHOPPING, links=SHOP),
            post(ago(3, links=ELSE), links=SHOP),
        ),
        (
            Rule("promotion", 1, 30),
            post(SHOPPING, SHOWN, links=SHOP),
            post(SHOPPING, links=SHOP, promotes=True),
        ),
        (Rule("promotion", 1, 30), post(SHOPPING, SHOWN, links=SHOP), post(SHOWN, links=SHOP)),
        (
            Rule("promotion", 2, 30),
            post(SHOPPING, ANSWER, links=SHOP),
            post(SHOPPING, ANSWER, ANSWER, links=SHOP),
        ),
        (Rule("promotion", 2, 30), post(SHOPPING, links=SHOP), post(links=SHOP)),
        (
            Rule("everywhere", 1, 7),
            post(ago(1, THERE, links=SHOP), links=SHOP),
            post(ago(1, HERE, links=SHOP), links=SHOP),
        ),
        (
            Rule("everywhere", 1, 7),
            post(ago(1, THERE, links=SHOP), links=SHOP),
            post(ago(8, THERE, links=SHOP), ago(1, THERE, links=ELSE), links=SHOP),
        ),
        (
            Rule("patterns", words=(r"nowhere", r"t\.me/\w+|buy +now")),
            post(said="So: BUY  now!"),
            post(said="I buy, now"),
        ),
        (
            Rule("words", words=("Buy now",)),
            post(text=folded("So: B\u200bUY  n\u00ado\uff57!")),
            post(text=folded("I buy nowhere")),
        ),
        (Rule("languages", words=("en", "it")), post(language="de-AT"), post(language="IT-ch")),
        (Rule("languages", words=("en",)), post(language="it"), post(language="")),
    ],
)
def test_a_rule_lets_wait_what_it_is_for_and_nothing_else(rule, waits, passes) -> None:
    automatic.check(rule)
    assert automatic.judged([rule], waits) == rule
    assert automatic.judged([rule], passes) is None


@pytest.mark.parametrize(
    "rule",
    [
        *(Rule("magic"), Rule("links", 1), Rule("words"), Rule("links", 1, 31)),
        *(Rule("patterns", words=(one,)) for one in ("(", r"(a)\1", "(a{1000}){9}", "a{999}b{9}")),
        *(Rule("weekly", 8, words=("Show",)), Rule("weekly", 1)),
    ],
)
def test_a_rule_without_what_it_needs_is_refused(rule) -> None:
    with pytest.raises(Malformed):
        automatic.check(rule)


def test_an_account_may_have_to_be_older_than_rules_look_back() -> None:
    automatic.check(Rule("age", days=365))


def test_no_pattern_of_a_host_makes_anybody_wait() -> None:
    mean = (
        "(a|aa)+$",
        "(x+x+)+y",
        "(?:a?){200}a{200}",
        "[ab]*a[ab]{200}c",
        "(.*)(.*)(.*)[a-z]{99}Q",
    )
    rules = [Rule("patterns", words=mean * 10)] * limits.AUTOMATIC_RULES
    automatic.check(rules[0])
    said = "ab" * (limits.PATTERN_TEXT_CHARS // 2)
    begun = time.monotonic()
    assert automatic.judged(rules, post(said=said, deadline=begun + limits.PATTERN_SECONDS)) is None
    assert time.monotonic() - begun < limits.PATTERN_SECONDS + 0.2  # the machine may be busy


def test_twenty_rules_take_less_than_two_milliseconds() -> None:
    kinds = ["newcomers", "links", "promotion", "everywhere", "cooldown"]
    rules = [Rule(kind, 10_000 if kind != "cooldown" else 1, 30) for kind in kinds] * 3
    rules[2] = rules[7] = rules[12] = Rule("promotion", 1, 30)
    rules += [Rule("words", words=tuple(f"word{n}" for n in range(50)))] * 3
    rules += [Rule("patterns", words=(r"t\.me/\w+", r"(buy|sell)\s+(now|today)\b"))] * 2
    text, link = "<p>" + "rods and masks " * 50, '<a href="https://x{}.example/">there</a>'
    rows = [
        {
            "content": f"{text}{link.format(n) if n % 4 == 0 else ''}</p>",
            "received_at": day(1 + n / 10),
            "group_id": HERE,
            "answered": 7,
            "promotion": None,
        }
        for n in range(limits.EARLIER_POSTS)
    ]
    took, words = [], "rods and masks " * 300
    for _ in range(30):
        begun = time.perf_counter()
        earlier = [watching.earlier_of(row, 1) for row in rows]
        long = post(*earlier, text=folded(words), said=words, links=SHOP)
        assert automatic.judged(rules, long) is None
        took.append(time.perf_counter() - begun)
    assert len(rules) == limits.AUTOMATIC_RULES
    assert min(took) < 0.002
