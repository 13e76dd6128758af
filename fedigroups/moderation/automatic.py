"""This module decides whether a rule that runs by itself lets a post wait.

It reads nothing but what it is given. Patterns are RE2's, which take time in proportion to the
text whatever they are; all of them together have a deadline, so that no rule of a host can be slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import monotonic
from typing import Any
from unicodedata import normalize

import re2

from federation import clock, limits
from federation.errors import Malformed
from federation.origin import host_or_empty
from fedigroups.content.catalogues import noted

WINDOW = 30 * clock.DAY
"""What an author did before that no rule looks at."""
DAYS_OF_WEEK = 7
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that runs by itself: its kind, and what the hosts of the group chose."""

    kind: str
    amount: int = 0
    days: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the same author wrote before, in whatever group here."""

    group_id: int
    at: int
    links: frozenset[str] = frozenset()
    answers_another: bool = False
    promotes: bool = False
    """It stands in a thread in which the group takes promotion."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post that comes, and what is known of its author."""

    group_id: int
    at: int
    text: str = ""
    """Title and words, in plain text, folded by `folded`."""
    said: str = ""
    """The same as it was written, and where it leads to: what patterns look at."""
    language: str = ""
    links: frozenset[str] = frozenset()
    author_since: int = 0
    """When the account was made, as its server says; 0 where it does not."""
    earlier: Sequence[Earlier] = ()
    promotes: bool = False
    """It answers in a thread in which the group takes promotion."""
    deadline: float = inf
    """Until when, by `time.monotonic`, patterns are looked for."""

    def here(self, days: int) -> list[Earlier]:
        """What the author wrote in this group within so many days before it."""
        since = self.at - days * clock.DAY
        return [one for one in self.earlier if one.group_id == self.group_id and one.at > since]


Judge = Callable[[Rule, Candidate], bool]


def _is_new(rule: Rule, post: Candidate) -> bool:
    return 0 < post.at - rule.days * clock.DAY < post.author_since


def _newcomer_says_much(rule: Rule, post: Candidate) -> bool:
    known = post.here(WINDOW // clock.DAY)
    begun = min((one.at for one in known), default=post.at)
    return begun > post.at - rule.days * clock.DAY and len(post.here(1)) >= rule.amount


def _comes_too_soon(rule: Rule, post: Candidate) -> bool:
    since = post.at - rule.amount * clock.MINUTE
    return any(one.at > since for one in post.here(1))


def _links_often(rule: Rule, post: Candidate) -> bool:
    with_links = [one for one in post.here(rule.days) if one.links and not one.promotes]
    return bool(post.links) and not post.promotes and len(with_links) >= rule.amount


def _promotes(rule: Rule, post: Candidate) -> bool:
    """One post with links to a domain is free; each further one costs so many answers to others.

    What is said in the thread for promotion costs nothing, and is no answer either.
    """
    if post.promotes:
        return False
    known = [one for one in post.here(rule.days) if not one.promotes]
    answers = sum(one.answers_another for one in known)
    for host in _hosts(post.links):
        before = sum(host in _hosts(one.links) for one in known)
        if before and answers < before * rule.amount:
            return True
    return False


def _says_it_everywhere(rule: Rule, post: Candidate) -> bool:
    since = post.at - rule.days * clock.DAY
    recent = (one for one in post.earlier if one.at > since)
    groups = {one.group_id for one in recent if not one.links.isdisjoint(post.links)}
    return len(groups - {post.group_id}) >= rule.amount


def _has_words(rule: Rule, post: Candidate) -> bool:
    padded = f" {post.text} "
    return any(_padded(one) in padded for one in rule.words)


@lru_cache(maxsize=4_096)
def _padded(word: str) -> str:
    return f" {folded(word)} "


def _matches(rule: Rule, post: Candidate) -> bool:
    return any(
        monotonic() < post.deadline and compiled(one).search(post.said) for one in rule.words
    )


def _never(_rule: Rule, _post: Candidate) -> bool:
    """What a group does each week lets nothing wait."""
    return False


def _is_in_another_language(rule: Rule, post: Candidate) -> bool:
    spoken = post.language.partition("-")[0].lower()
    return bool(spoken) and spoken not in rule.words


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of rule: how it judges, what the author is told, and what hosts must choose."""

    judge: Judge
    why: str
    needs: tuple[str, ...]
    looks_back: bool = False
    """Whether it judges by what the author wrote before."""


SORTS: Mapping[str, Sort] = {
    "age": Sort(_is_new, noted("your account is newer than this group asks for"), ("days",)),
    "newcomers": Sort(
        _newcomer_says_much,
        noted("who is new in this group writes only so many posts a day"),
        ("amount", "days"),
        looks_back=True,
    ),
    "cooldown": Sort(
        _comes_too_soon,
        noted("it comes very soon after what you wrote before"),
        ("amount",),
        looks_back=True,
    ),
    "links": Sort(
        _links_often,
        noted("you posted as many links as this group takes in that time"),
        ("amount", "days"),
        looks_back=True,
    ),
    "promotion": Sort(
        _promotes,
        noted("it leads to the same place as posts of yours before, and you answered few others"),
        ("amount", "days"),
        looks_back=True,
    ),
    "everywhere": Sort(
        _says_it_everywhere,
        noted("you posted the same link in several groups"),
        ("amount", "days"),
        looks_back=True,
    ),
    "words": Sort(
        _has_words, noted("it has words that moderators of this group look at first"), ("words",)
    ),
    "patterns": Sort(
        _matches, noted("it has words that moderators of this group look at first"), ("words",)
    ),
    "languages": Sort(
        _is_in_another_language, noted("it is in another language than this group's"), ("words",)
    ),
    "weekly": Sort(_never, "", ("amount", "words")),
}
PROMOTION = noted(
    "Here you may show what you make, write or sell. Say in a sentence or two what it has to do "
    "with this group."
)
"""How the thread begins that `weekly` opens: on the day `amount` (1: Monday), named by `words`."""


def check(rule: Rule) -> None:
    """Raises `Malformed` for a kind that is not known, without what it needs, and for too much."""
    if rule.kind not in SORTS:
        raise Malformed(f"there is no rule {rule.kind!r}; there are {', '.join(SORTS)}")
    if missing := [one for one in SORTS[rule.kind].needs if not getattr(rule, one)]:
        raise Malformed(f"{rule.kind} needs --{' and --'.join(missing)}")
    if rule.days * clock.DAY > WINDOW and rule.kind != "age":
        raise Malformed("rules look back {most} days at most", most=WINDOW // clock.DAY)
    if rule.kind == "weekly" and rule.amount > DAYS_OF_WEEK:
        raise Malformed("a week has the days 1 (Monday) to 7 (Sunday)")
    if len(rule.words) > limits.RULE_WORDS:
        raise Malformed("a rule has at most {most} words", most=limits.RULE_WORDS)
    if any(len(word) > limits.RULE_WORD_CHARS for word in rule.words):
        raise Malformed(
            "a word of a rule has at most {most} characters", most=limits.RULE_WORD_CHARS
        )
    if rule.kind == "patterns":
        for pattern in rule.words:
            _check_pattern(pattern)


def several(kind: str, typed: str) -> tuple[str, ...]:
    """The words that were typed, with commas or one a line; patterns and titles may have commas."""
    lines = typed if kind in {"patterns", "weekly"} else typed.replace(",", "\n")
    return tuple(filter(None, map(str.strip, lines.splitlines())))


def _check_pattern(pattern: str) -> None:
    try:
        steps = compiled(pattern).programsize
    except re2.error as error:
        why = error.args[0].decode()
        raise Malformed("{pattern} is no pattern: {why}", pattern=pattern, why=why) from error
    if steps > limits.PATTERN_STEPS:
        raise Malformed("{pattern} repeats too much: write a shorter pattern", pattern=pattern)


@lru_cache(maxsize=4_096)
def compiled(pattern: str) -> Any:
    """The pattern of RE2, without case. Raises `re2.error`."""
    return re2.compile(pattern, _OPTIONS)


def judged(rules: Iterable[Rule], post: Candidate) -> Rule | None:
    """The first of the rules that lets the post wait."""
    return next((rule for rule in rules if SORTS[rule.kind].judge(rule, post)), None)


def folded(text: str) -> str:
    """Its words with one space between them, without case and signs at their ends.

    As they are read: what nobody sees is left out, and letters are what they look like to be.
    """
    seen = _UNSEEN.sub("", normalize("NFKC", text))
    words = (word.strip(".,;:!?\"'()[]«»„“”*_") for word in seen.casefold().split())
    return " ".join(filter(None, words))


def _hosts(links: Iterable[str]) -> set[str]:
    return set(filter(None, map(_host, links)))


@lru_cache(maxsize=4_096)
def _host(link: str) -> str:
    return host_or_empty(link).removeprefix("www.")
