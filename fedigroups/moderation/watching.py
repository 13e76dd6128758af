"""This module keeps the rules of groups that run by themselves, and knows what they judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from federation.documents import ObjectDoc
from federation.errors import Malformed, NotHere
from federation.models import Actor
from federation.storage import Row
from fedigroups.content.sanitise import clean, plain
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import approval, automatic
from fedigroups.moderation.automatic import Candidate, Earlier, Rule
from fedigroups.moderation.models import AutomaticRule

TRIED = 500
"""The newest posts of a group of which a dry run says what would become of them."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A post that a rule would have let wait."""

    post: Post
    kind: str


async def rules(group: Group) -> list[AutomaticRule]:
    """The group's rules, in the order in which they were made."""
    return await AutomaticRule.filter(group_id=group.id).order_by("id")


async def add(group: Group, rule: Rule) -> AutomaticRule:
    """Let a rule run from now on. Raises `Malformed` as `automatic.check`, and for too many."""
    automatic.check(rule)
    if await AutomaticRule.filter(group_id=group.id).count() >= limits.AUTOMATIC_RULES:
        raise Malformed(f"a group has at most {limits.AUTOMATIC_RULES} rules; remove one first")
    return await AutomaticRule.create(
        id=ids.new(),
        group_id=group.id,
        kind=rule.kind,
        amount=rule.amount,
        days=rule.days,
        words="\n".join(word.strip() for word in rule.words),
        created_at=clock.now_ms(),
    )


async def remove(group: Group, number: int) -> None:
    """Let a rule run no more. Raises `NotHere`."""
    if not await AutomaticRule.filter(group_id=group.id, id=number).delete():
        raise NotHere(f"{group.name} has no rule {number}; `fedigroups moderate rules` lists them")


async def reason(group: Group, author: Actor, document: ObjectDoc) -> str:
    """Why the new post waits by a rule, as its author is told; empty where none says so.

    One query for a group without rules, two for others.
    """
    chosen = [_rule(one) for one in await rules(group)]
    if not chosen:
        return ""
    now = clock.now_ms()
    post = Candidate(
        group_id=group.id,
        at=now,
        text=automatic.folded(
            plain(f"{document.name} {document.summary} {clean(document.content)}")
        ),
        language=document.language,
        links=frozenset(approval.links(document)),
        author_since=author.published_at,
        earlier=await _earlier(author.id, now),
    )
    found = automatic.judged(chosen, post)
    return automatic.SORTS[found.kind].why if found else ""


async def dry_run(group: Group) -> tuple[int, list[Tried]]:
    """How many of the newest posts were looked at, and those that the rules would let wait."""
    chosen = [_rule(one) for one in await rules(group)]
    newest = Post.filter(thread__group_id=group.id, state="live").order_by("-id").limit(TRIED)
    posts = await newest.select_related("author")
    found: list[Tried] = []
    for post in posts:
        candidate = Candidate(
            group_id=group.id,
            at=post.received_at,
            text=automatic.folded(plain(f"{post.title} {post.warning} {post.content}")),
            language=post.language,
            links=approval.links_in(post.content),
            author_since=post.author.published_at,
            earlier=await _earlier(post.author_id, post.received_at),
        )
        if rule := automatic.judged(chosen, candidate):
            found.append(Tried(post, rule.kind))
    return len(posts), found


async def _earlier(author_id: int, until: int) -> Sequence[Earlier]:
    found = await storage.rows(
        "SELECT p.content, p.received_at, t.group_id, q.author_id AS answered FROM post p"
        " JOIN thread t ON t.id = p.thread_id LEFT JOIN post q ON q.id = p.parent_id"
        " WHERE p.author_id = ? AND p.state IN ('live', 'held') AND p.received_at < ?"
        " AND p.received_at > ? ORDER BY p.id DESC LIMIT ?",
        *(author_id, until, until - automatic.WINDOW, limits.EARLIER_POSTS),
    )
    return [earlier_of(row, author_id) for row in found]


def earlier_of(row: Row, author_id: int) -> Earlier:
    """A post of the author as rules look at it."""
    return Earlier(
        group_id=row["group_id"],
        at=row["received_at"],
        links=approval.links_in(row["content"]),
        answers_another=row["answered"] not in {None, author_id},
    )


def _rule(row: AutomaticRule) -> Rule:
    return Rule(row.kind, row.amount, row.days, tuple(row.words.splitlines()))
