"""This module keeps the rules of groups that run by themselves, and knows what they judge by."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from federation import clock, ids, limits, storage
from federation.documents import ObjectDoc, read_object
from federation.errors import Malformed, NotHere
from federation.models import Actor
from federation.storage import Row
from fedigroups.content.sanitise import clean, excerpt, plain
from fedigroups.groups import attachments
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import approval, automatic
from fedigroups.moderation.automatic import Candidate, Earlier, Rule
from fedigroups.moderation.models import AutomaticRule, PromotionThread

TRIED = 500
"""The newest posts of a group of which a dry run says what would become of them."""
EXEMPT = frozenset({"links", "promotion"})
"""Rules that do not hold in a thread for promotion."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A post that a rule would have let wait."""

    post: Post
    kind: str

    @property
    def text(self) -> str:
        """How it begins."""
        return excerpt(self.post.content, 80)


async def rules(group: Group) -> list[AutomaticRule]:
    """The group's rules, in the order in which they were made."""
    return await AutomaticRule.filter(group_id=group.id).order_by("id")


async def _chosen(group: Group) -> list[Rule]:
    """The same as they judge, for each post that comes: by SQL of ours, in a third of the time."""
    rows = await storage.at_once(
        "SELECT kind, amount, days, words FROM automatic_rule WHERE group_id = ? ORDER BY id",
        group.id,
    )
    return [
        Rule(row["kind"], row["amount"], row["days"], tuple(row["words"].splitlines()))
        for row in rows
    ]


async def add(group: Group, rule: Rule) -> AutomaticRule:
    """Let a rule run from now on. Raises `Malformed` as `automatic.check`, and for too many."""
    automatic.check(rule)
    if await AutomaticRule.filter(group_id=group.id).count() >= limits.AUTOMATIC_RULES:
        raise Malformed(
            "a group has at most {most} rules; remove one first", most=limits.AUTOMATIC_RULES
        )
    now = clock.now_ms()
    return await AutomaticRule.create(
        id=ids.new(), group_id=group.id, created_at=now, **_columns(rule)
    )


async def change(group: Group, number: int, rule: Rule) -> None:
    """Let a rule run otherwise. Raises `Malformed` as `automatic.check`, and `NotHere`."""
    automatic.check(rule)
    if not await AutomaticRule.filter(group_id=group.id, id=number).update(**_columns(rule)):
        raise _missing(group, number)


async def remove(group: Group, number: int) -> None:
    """Let a rule run no more. Raises `NotHere`."""
    if not await AutomaticRule.filter(group_id=group.id, id=number).delete():
        raise _missing(group, number)


def _missing(group: Group, number: int) -> NotHere:
    return NotHere(
        "{group} has no rule {number}; `fedigroups moderate automatic` lists them",
        group=group.name,
        number=number,
    )


def _columns(rule: Rule) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "amount": rule.amount,
        "days": rule.days,
        "words": "\n".join(rule.words),
    }


async def reason(group: Group, author: Actor, document: ObjectDoc) -> str:
    """Why the new post waits by a rule, as its author is told; empty where none says so.

    One query for a group without rules; with them, however many, three at most.
    """
    chosen = await _chosen(group)
    if not chosen:
        return ""
    now = clock.now_ms()
    post = Candidate(
        group_id=group.id,
        at=now,
        author_since=author.published_at,
        earlier=await _earlier(chosen, author.id, now),
        promotes=await _promotes(chosen, group, document.in_reply_to),
        **_read(document),
    )
    found = automatic.judged(chosen, post)
    return automatic.SORTS[found.kind].why if found else ""


async def reason_of_edit(group: Group, post: Post, document: ObjectDoc) -> str:
    """Why the newer version of a post waits that was shown: a rule that let the older one pass."""
    chosen = await _chosen(group)
    if not chosen:
        return ""
    known = _candidate(post, await _known_of(chosen, [post]))
    before = replace(known, **_read(read_object(json.loads(post.document))))
    after = replace(known, **_read(document))
    fresh = [rule for rule in chosen if automatic.judged([rule], before) is None]
    found = automatic.judged(fresh, after)
    return automatic.SORTS[found.kind].why if found else ""


async def dry_run(group: Group, wanted: Sequence[Rule] = ()) -> tuple[int, list[Tried]]:
    """How many of the newest posts were looked at, and those that rules would let wait.

    These are the group's, or those that somebody thinks of making. Five queries at most, however
    many posts there are.
    """
    chosen = list(wanted) or await _chosen(group)
    newest = Post.filter(thread__group_id=group.id, state="live").order_by("-id").limit(TRIED)
    posts = await newest.select_related("author", "thread")
    known = await _known_of(chosen, posts)
    judged = [automatic.judged(chosen, _candidate(post, known)) for post in posts]
    caught = zip(posts, judged, strict=True)
    return len(posts), [Tried(post, rule.kind) for post, rule in caught if rule]


@dataclass(frozen=True, slots=True)
class _Known:
    """What rules look back at: before each post, by its id, and which threads are for promotion."""

    earlier: Mapping[int, Sequence[Earlier]]
    promotion: Container[int]


async def _known_of(chosen: Sequence[Rule], posts: Sequence[Post]) -> _Known:
    earlier = await _earlier_of(chosen, posts)
    if not _need(chosen, EXEMPT):
        return _Known(earlier, ())
    roots = {post.thread.root_id for post in posts}
    opened = PromotionThread.filter(id__in=roots or [0])
    return _Known(earlier, {one.id for one in await opened})


def _candidate(post: Post, known: _Known) -> Candidate:
    """A post that was shown, as it was judged when it came."""
    links = approval.links_in(post.content)
    return Candidate(
        group_id=post.thread.group_id,
        at=post.received_at,
        language=post.language,
        links=links,
        author_since=post.author.published_at,
        earlier=known.earlier.get(post.id, ()),
        promotes=post.parent_id is not None and post.thread.root_id in known.promotion,
        **_texts(f"{post.title} {post.warning} {post.content}", _beside(post), links),
    )


def _beside(post: Post) -> str:
    """As `approval.beside`, of a post that is kept."""
    pictures = [part.text for part in attachments.shown(post.attachments)]
    asks = post.kind == "Question" and post.document
    options = approval.options(json.loads(post.document)) if asks else ()
    return " ".join((*options, *pictures))


def _read(document: ObjectDoc) -> dict[str, Any]:
    """What rules look at in a post as it comes."""
    links = frozenset(approval.links(document))
    html = f"{document.name} {document.summary} {clean(document.content)}"
    texts = _texts(html, approval.beside(document), links)
    return {"language": document.language, "links": links, **texts}


def _texts(html: str, beside: str, links: Iterable[str]) -> dict[str, Any]:
    """What rules read, and by when patterns are through with it; `beside` is no HTML."""
    text = f"{plain(html)} {beside}".strip()
    return {
        "text": automatic.folded(text),
        "said": "\n".join((text, *sorted(links)))[: limits.PATTERN_TEXT_CHARS],
        "deadline": monotonic() + limits.PATTERN_SECONDS,
    }


def _need(chosen: Iterable[Rule], kinds: Container[str]) -> bool:
    return any(rule.kind in kinds for rule in chosen)


async def _promotes(chosen: Iterable[Rule], group: Group, parent_uri: str) -> bool:
    """Whether what answers that post stands in a thread for promotion."""
    if not parent_uri or not _need(chosen, EXEMPT):
        return False
    found = await storage.row(
        "SELECT 1 AS one FROM post p JOIN thread t ON t.id = p.thread_id"
        " JOIN promotion_thread w ON w.id = t.root_id WHERE p.uri = ? AND w.group_id = ?",
        *(parent_uri, group.id),
    )
    return found is not None


def _looks_back(chosen: Iterable[Rule]) -> bool:
    return any(automatic.SORTS[rule.kind].looks_back for rule in chosen)


_EARLIER = (
    "SELECT p.id, p.author_id, p.content, p.received_at, t.group_id, q.author_id AS answered,"
    " w.id AS promotion FROM post p JOIN thread t ON t.id = p.thread_id"
    " LEFT JOIN post q ON q.id = p.parent_id LEFT JOIN promotion_thread w ON w.id = t.root_id"
)


async def _earlier(chosen: Iterable[Rule], author_id: int, until: int) -> Sequence[Earlier]:
    if not _looks_back(chosen):
        return ()
    found = await storage.rows(
        f"{_EARLIER} WHERE p.author_id = ? AND p.state IN ('live', 'held')"
        " AND p.received_at < ? AND p.received_at > ? ORDER BY p.id DESC LIMIT ?",
        *(author_id, until, until - automatic.WINDOW, limits.EARLIER_POSTS),
    )
    return [earlier_of(row, author_id) for row in found]


async def _earlier_of(
    chosen: Iterable[Rule], posts: Sequence[Post]
) -> Mapping[int, Sequence[Earlier]]:
    """What `_earlier` finds before each of the posts, by its id. Two queries."""
    if not posts or not _looks_back(chosen):
        return {}
    pairs = await storage.rows(
        "SELECT x.after_id, x.id FROM (SELECT c.id AS after_id, p.id,"  # noqa: S608 - marks
        " ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY p.id DESC) AS place"
        " FROM post c JOIN post p ON p.author_id = c.author_id AND p.state IN ('live', 'held')"
        " AND p.received_at < c.received_at AND p.received_at > c.received_at - ?"
        f" WHERE c.id IN ({storage.marks(len(posts))})) AS x WHERE x.place <= ?"
        " ORDER BY x.id DESC",
        *(automatic.WINDOW, *(post.id for post in posts), limits.EARLIER_POSTS),
    )
    wanted = sorted({pair["id"] for pair in pairs}) or [0]
    rows = await storage.rows(f"{_EARLIER} WHERE p.id IN ({storage.marks(len(wanted))})", *wanted)
    known = {row["id"]: earlier_of(row, row["author_id"]) for row in rows}
    found: dict[int, list[Earlier]] = {}
    for pair in pairs:
        found.setdefault(pair["after_id"], []).append(known[pair["id"]])
    return found


def earlier_of(row: Row, author_id: int) -> Earlier:
    """A post of the author as rules look at it."""
    return Earlier(
        group_id=row["group_id"],
        at=row["received_at"],
        links=approval.links_in(row["content"]),
        answers_another=row["answered"] not in {None, author_id},
        promotes=row["promotion"] is not None,
    )
