"""This module knows what everybody may read of decisions, and what only moderators may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from federation import ids, storage
from federation.storage import Row
from fedigroups.groups.models import Group
from fedigroups.groups.visibility import open_sql, place_sql
from fedigroups.moderation.acts import rules
from fedigroups.moderation.kinds import KINDS

PAGE = 50
TIMED = 1_000
"""Of how many decisions, the newest, the median time is taken."""
LISTED = tuple(name for name, kind in KINDS.items() if kind.listed)


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision as it is read; empty is what the reader may not know."""

    id: int
    kind: str
    rule: int
    rule_text: str
    text: str
    person: str
    """The handle of whom it concerned."""
    post_uri: str
    post_url: str
    until: int
    at: int
    decider: str = ""
    """The handle of who decided, for moderators; empty for a rule that runs by itself."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How strict and how fast the moderators of a group are."""

    received: int
    """Posts that were shown, or decided about."""
    accepted: int
    refused: int
    turned_away: int
    removed: int
    by_rule: tuple[tuple[int, str, int], ...]
    """Number, text and how often something was refused or removed by it."""
    median_ms: int | None
    """How long a post waits; None when none did yet."""
    appeals: int
    overturned: int


async def entries(group: Group, before: int = 0) -> list[Entry]:
    """What everybody may read, newest first; `before` is the id to go on from. One query.

    Whoever has gone is not named, and a post is told only while everybody may read it.
    """
    rows = await _rows(group, LISTED, before)
    return [
        _entry(
            row,
            person=not row["unnamed"] and row["person_state"] == "live",
            post=bool(row["is_open"]),
        )
        for row in rows
    ]


async def log(group: Group, before: int = 0) -> list[Entry]:
    """Everything, with names and deciders: for moderators alone. One query."""
    rows = await _rows(group, tuple(KINDS), before)
    return [_entry(row, person=True, post=True, decider=True) for row in rows]


async def _rows(group: Group, kinds: Sequence[str], before: int) -> list[Row]:
    return await storage.rows(
        "SELECT d.*, a.username, a.host, a.state AS person_state, p.page_url,"  # noqa: S608 - our own SQL
        " b.username AS by_username, b.host AS by_host,"
        f" CASE WHEN {open_sql('p')} THEN 1 ELSE 0 END AS is_open FROM decision d"
        " LEFT JOIN actor a ON a.id = d.person_id LEFT JOIN actor b ON b.id = d.decider_id"
        f" LEFT JOIN post p ON p.id = d.post_id WHERE d.group_id = ?"
        f" AND d.kind IN ({storage.marks(len(kinds))}) AND d.id < ? ORDER BY d.id DESC LIMIT ?",
        *(group.id, *kinds, before or ids.BIGGEST, PAGE),
    )


def _entry(row: Row, *, person: bool, post: bool, decider: bool = False) -> Entry:
    return Entry(
        id=row["id"],
        kind=row["kind"],
        rule=row["rule"],
        rule_text=row["rule_text"],
        text=row["text"],
        person=_handle(row["username"], row["host"]) if person else "",
        post_uri=row["object_uri"] if post else "",
        post_url=row["page_url"] or row["object_uri"] if post else "",
        until=row["until"],
        at=row["created_at"],
        decider=_handle(row["by_username"], row["by_host"]) if decider else "",
    )


def _handle(username: str | None, host: str | None) -> str:
    return f"{username}@{host}" if username else ""


async def figures(group: Group) -> Figures:
    """Counted from decisions and from what everybody may see, so that they tell of nothing else."""
    counted = await storage.rows(
        "SELECT kind, rule, COUNT(*) AS count FROM decision WHERE group_id = ? GROUP BY kind, rule",
        group.id,
    )
    kinds: dict[str, int] = {}
    numbers: dict[int, int] = {}
    for row in counted:
        kinds[row["kind"]] = kinds.get(row["kind"], 0) + row["count"]
        if row["rule"] and row["kind"] in {"refuse", "remove"}:
            numbers[row["rule"]] = numbers.get(row["rule"], 0) + row["count"]
    texts = dict(enumerate(rules(group), 1))
    return Figures(
        received=await _kept(group) + kinds.get("turn_away", 0),
        accepted=kinds.get("accept", 0),
        refused=kinds.get("refuse", 0),
        turned_away=kinds.get("turn_away", 0),
        removed=kinds.get("remove", 0),
        by_rule=tuple((n, texts.get(n, ""), numbers[n]) for n in sorted(numbers)),
        median_ms=await _median(group),
        appeals=kinds.get("uphold", 0) + kinds.get("overturn", 0),
        overturned=kinds.get("overturn", 0),
    )


async def _kept(group: Group) -> int:
    """Posts that everybody sees, or whose place they do, and those that were refused."""
    found = await storage.rows(
        "SELECT (SELECT COUNT(*) FROM post p JOIN thread t ON t.id = p.thread_id"  # noqa: S608 - our own SQL
        f"   WHERE t.group_id = ? AND (({open_sql('p')}) OR ({place_sql('p')})))"
        " + (SELECT COUNT(*) FROM submission s JOIN post p ON p.id = s.id"
        "   WHERE s.group_id = ? AND s.state = 'refused' AND p.state = 'held') AS count",
        *(group.id, group.id),
    )
    return int(found[0]["count"])


async def _median(group: Group) -> int | None:
    rows = await storage.rows(
        "SELECT took_ms FROM decision WHERE group_id = ? AND took_ms > 0 ORDER BY id DESC LIMIT ?",
        *(group.id, TIMED),
    )
    return int(median(row["took_ms"] for row in rows)) if rows else None
