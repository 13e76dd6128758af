"""This module reads reports for those who look into them: handles, words, what went before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from federation import storage
from federation.models import Actor
from fedigroups.content.sanitise import excerpt, safe_url
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import acts
from fedigroups.moderation.models import Report


@dataclass(frozen=True, slots=True)
class Note:
    """What one of them told the others."""

    author: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A report as it is read; people are handles."""

    report: Report
    reporter: str
    person: str
    claimer: str
    post: Post | None
    excerpt: str
    rules: tuple[str, ...]
    links: tuple[str, ...]
    notes: tuple[Note, ...]
    earlier: int
    """How many other reports the same group has of the same person."""
    can_forward: bool


async def shown(reports: Sequence[Report]) -> list[Reported]:
    """The reports, which have their notes loaded. Four queries, however many there are."""
    if not reports:
        return []
    people = {one.id: one for one in await Actor.filter(id__in=_people(reports) or [0])}
    posts = {one.id: one for one in await Post.filter(id__in=[r.post_id for r in reports] or [0])}
    places = Group.filter(id__in=[r.group_id for r in reports] or [0])
    groups = {one.id: one for one in await places}
    counts = await _counts(reports)
    return [_shown(one, people, posts, groups, counts) for one in reports]


def _people(reports: Iterable[Report]) -> list[int]:
    found: set[int] = set()
    for one in reports:
        found |= {one.reporter_id, one.person_id, one.claimed_by, *(n.author_id for n in one.notes)}
    return sorted(found)


async def _counts(reports: Sequence[Report]) -> dict[tuple[int, int], int]:
    rows = await storage.rows(
        "SELECT group_id, person_id, COUNT(*) AS count FROM report WHERE person_id IN"  # noqa: S608 - marks
        f" ({storage.marks(len(reports)) or '?'}) AND person_id <> 0 GROUP BY group_id, person_id",
        *([one.person_id for one in reports] or [0]),
    )
    return {(row["group_id"], row["person_id"]): row["count"] for row in rows}


def _shown(
    one: Report,
    people: dict[int, Actor],
    posts: dict[int, Post],
    groups: dict[int, Group],
    counts: dict[tuple[int, int], int],
) -> Reported:
    person, post = people.get(one.person_id), posts.get(one.post_id)
    # what its author deleted nobody reads, moderators neither
    readable = post if post is not None and post.state != "deleted" else None
    return Reported(
        report=one,
        reporter=_handle(people, one.reporter_id),
        person=_handle(people, one.person_id),
        claimer=_handle(people, one.claimed_by),
        post=readable,
        excerpt=excerpt(f"{readable.title} {readable.content}", 300) if readable else "",
        rules=tuple(f"{n}. {rule}" for n, rule in broken_rules(one, groups.get(one.group_id))),
        links=tuple(filter(None, map(safe_url, json.loads(one.objects)))),
        notes=tuple(Note(_handle(people, n.author_id), n.text, n.created_at) for n in one.notes),
        earlier=counts.get((one.group_id, one.person_id), 1) - 1,
        can_forward=person is not None and not person.local and not one.forwarded_at,
    )


def _handle(people: dict[int, Actor], id: int) -> str:
    return people[id].handle if id in people else ""


def broken_rules(one: Report, group: Group | None) -> list[tuple[int, str]]:
    """The rules of the group that a report names, by number; none that is there no more."""
    written = acts.rules(group) if group else []
    numbers = [int(number) for number in one.rules.split(",") if number]
    return [(number, written[number - 1]) for number in numbers if 0 < number <= len(written)]
