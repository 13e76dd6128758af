"""This module measures whether a group talks: who is answered, how soon, and who is not.

A thread is answered once somebody else than its author replies where whoever looks can read it.
Times are those at which things reached this server, for authors may say what they like.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from federation import clock, storage
from federation.models import Actor
from fedigroups.content import sanitise
from fedigroups.groups.models import Group
from fedigroups.groups.visibility import readable_sql

WEEKS = 12
SOON = clock.DAY
WEEK = 7 * clock.DAY
SAMPLE = 5_000
"""Threads that are looked at, the newest: where more are started, a shorter time is measured."""
SHOWN = 25

_THREADS = (
    "SELECT t.id AS thread_id, t.title, p.content, p.received_at AS asked_at, a.username, a.host,"
    " (SELECT MIN(r.received_at) FROM post r WHERE r.thread_id = t.id AND r.id <> t.root_id"
    f" AND r.author_id <> p.author_id AND {readable_sql('r')}) AS answered_at,"
    " CASE WHEN EXISTS (SELECT 1 FROM post q JOIN thread u ON u.id = q.thread_id"
    " WHERE q.author_id = p.author_id AND u.group_id = t.group_id AND q.id < p.id)"
    " THEN 0 ELSE 1 END AS newcomer"
    " FROM thread t JOIN post p ON p.id = t.root_id JOIN actor a ON a.id = p.author_id"
    f" WHERE t.group_id = ? AND p.received_at >= ? AND {readable_sql('p')}"
    " ORDER BY t.id DESC LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A thread as somebody started it, and when somebody else first answered (0: nobody did)."""

    id: int
    title: str
    handle: str
    at: int
    answered_at: int
    newcomer: bool
    """It was the first thing that they wrote in the group."""

    @property
    def soon(self) -> bool:
        """Whether it was answered within a day."""
        return 0 < self.answered_at <= self.at + SOON


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days: threads that were started in them, and those of them answered within a day."""

    begins_at: int
    started: int
    soon: int
    newcomers: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """How a group talks; shares are of whole percents, None where nothing can be said yet."""

    weeks: tuple[Week, ...]
    started: int
    soon_percent: int | None
    """Of the threads that are older than a day."""
    median_ms: int | None
    """Until the first answer, of those that have one."""
    newcomers: int
    newcomers_percent: int | None
    """Of those whose first thread is older than a day, how many were answered within one."""
    unanswered: tuple[Asked, ...]
    newest: tuple[Asked, ...]
    """The first threads of newcomers."""


async def measure(group: Group, viewer: Actor) -> Conversation:
    """How the group talked in the last twelve weeks, as far as `viewer` may read it. One query."""
    now = clock.now_ms()
    since = now - WEEKS * WEEK
    seen = [viewer.id] * 3
    rows = await storage.rows(_THREADS, *seen, group.id, since, *seen, SAMPLE)
    return summed([_asked(row) for row in rows], now)


def summed(asked: Sequence[Asked], now: int) -> Conversation:
    """The figures of threads, the newest first, as they stand at `now`."""
    first = [one for one in asked if one.newcomer]
    waits = [one.answered_at - one.at for one in asked if one.answered_at]
    return Conversation(
        weeks=tuple(_week(asked, now - left * WEEK) for left in range(WEEKS, 0, -1)),
        started=len(asked),
        soon_percent=_percent(asked, now),
        median_ms=int(median(waits)) if waits else None,
        newcomers=len(first),
        newcomers_percent=_percent(first, now),
        unanswered=tuple(one for one in asked if not one.answered_at)[:SHOWN],
        newest=tuple(first[:SHOWN]),
    )


def _week(asked: Sequence[Asked], begins_at: int) -> Week:
    within = [one for one in asked if begins_at <= one.at < begins_at + WEEK]
    return Week(
        begins_at,
        len(within),
        sum(one.soon for one in within),
        sum(one.newcomer for one in within),
    )


def _percent(asked: Sequence[Asked], now: int) -> int | None:
    """Those that were answered within a day, of those that had a day."""
    ripe = [one for one in asked if one.at <= now - SOON]
    return round(100 * sum(one.soon for one in ripe) / len(ripe)) if ripe else None


def _asked(row: storage.Row) -> Asked:
    return Asked(
        id=row["thread_id"],
        title=sanitise.label(row["title"]) or sanitise.excerpt(row["content"], 80),
        handle=f"{row['username']}@{row['host']}",
        at=row["asked_at"],
        answered_at=row["answered_at"] or 0,
        newcomer=bool(row["newcomer"]),
    )
