"""This module knows what a decision is before it is taken: who, about what, and why."""

from __future__ import annotations

from dataclasses import dataclass

from federation.errors import Malformed
from federation.limits import DECISION_CHARS
from federation.models import Actor
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Group, Post
from fedigroups.moderation.kinds import KINDS, Kind
from fedigroups.moderation.models import Decision, Report

UNSAID = "the moderator's server sent no reason"
"""What somebody is told when a moderator elsewhere gave none: there it cannot be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A decision that is about to be taken; `decide` takes it.

    `post` has its author, thread, and the thread's group with its actor loaded.
    """

    kind: str
    hosted: Hosted
    decider: Actor | None = None
    """Whoever decides; None for a rule of the group that runs by itself."""
    text: str = ""
    """The reason, in words for whom it concerns."""
    rule: int = 0
    """The number of the rule that it rests on, from 1."""
    post: Post | None = None
    person: Actor | None = None
    """Whom it concerns; of a post its author."""
    inner: Inner | None = None
    """The activity that it is about, or (`comes`) in which the decision came from its server."""
    comes: bool = False
    until: int = 0
    """When it ends by itself, in ms; 0 for never."""
    takes_posts: bool = False
    """A ban that removes what they wrote in the group, too."""
    unnamed: bool = False
    object_uri: str = ""
    """The id of what was turned away, of which nothing is kept."""
    language: str = ""
    """The language of whom it concerns, where it is known otherwise than from the post."""
    about: Decision | None = None
    """Of a decision about an appeal, what that is against; of a reversal, what it reverses."""
    report: Report | None = None
    """Of the answer to a report, that report."""

    @property
    def concerned(self) -> Actor | None:
        """Whom it concerns."""
        if self.person is not None:
            return self.person
        return self.post.author if self.post is not None else None

    @property
    def needed(self) -> Post:
        """The post that it is about, which this kind of decision has."""
        if self.post is None:
            raise RuntimeError(f"{self.kind} is about a post")
        return self.post

    @property
    def needed_person(self) -> Actor:
        """The person whom it is about, whom this kind of decision has."""
        if self.person is None:
            raise RuntimeError(f"{self.kind} is about a person")
        return self.person


def check(act: Act) -> Kind:
    """What kind it is. Raises `Malformed` without the reason or the rule that it needs."""
    kind = check_words(act.kind, act.text, act.rule)
    if act.rule:
        rule_text(act.hosted.group, act.rule)
    return kind


def check_words(name: str, text: str, rule: int) -> Kind:
    """The kind of that name. Raises `Malformed` without the words or the rule that it needs."""
    kind = KINDS[name]
    if kind.gives_reason and not text.strip():
        raise Malformed("to {act} needs a reason that whom it concerns can read", act=said(name))
    if len(text) > DECISION_CHARS:
        raise Malformed("a reason has at most {most} characters", most=DECISION_CHARS)
    if kind.needs_rule and not rule:
        raise Malformed("to {act} needs the number of the rule that it rests on", act=said(name))
    return kind


def said(kind: str) -> str:
    """A kind as people say it."""
    return kind.replace("_", " ")


def rules(group: Group) -> list[str]:
    """The group's rules, in their order."""
    return [line.strip() for line in group.rules.splitlines() if line.strip()]


def rule_text(group: Group, number: int) -> str:
    """The rule of that number, from 1. Raises `Malformed`."""
    written = rules(group)
    if not 1 <= number <= len(written):
        raise Malformed(
            "{group} has no rule {number}: it has {most}; `fedigroups moderate rules {group}` "
            "lists them",
            group=group.name,
            number=number,
            most=len(written),
        )
    return written[number - 1]
