"""This module keeps reports: each once, for those who may look into it and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.groups.models import Member
from fedigroups.groups.policies import STAFF
from fedigroups.moderation.models import Report, ReportNote
from fedigroups.notify import telling

SHOWN = 100
CATEGORIES = ("violation", "spam", "legal", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What is reported to the moderators of a group (`group_id` 0: to the staff alone)."""

    activity_uri: str
    reporter: Actor
    objects: Sequence[str]
    group_id: int = 0
    person_id: int = 0
    post_id: int = 0
    text: str = ""
    category: str = "other"
    rules: Sequence[int] = ()
    for_staff: bool = False


async def file(filed: Filed) -> int:
    """Keep it, inside the caller's transaction; its id, or 0 where nothing new is said.

    That is a Flag that came before, the same report that is open still, and more than
    `limits.REPORTS_A_DAY`. What is about a moderator of the group the staff sees, too.
    """
    if await _is_old(filed) or await _are_too_many(filed.reporter):
        return 0
    about_host = await _moderates(filed.group_id, filed.person_id)
    row = await storage.row(
        "INSERT INTO report (id, activity_uri, group_id, reporter_id, person_id, post_id, objects,"
        " text, category, rules, for_staff, claimed_by, state, outcome, forwarded_at, decided_at,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'open', '', 0, 0, ?)"
        " ON CONFLICT (activity_uri, group_id) DO NOTHING RETURNING id",
        *(ids.new(), filed.activity_uri, filed.group_id, filed.reporter.id),
        *(filed.person_id, filed.post_id, json.dumps(list(filed.objects))),
        filed.text.strip()[: limits.REPORT_CHARS],
        filed.category if filed.category in CATEGORIES else "other",
        ",".join(map(str, sorted(set(filed.rules))))[:255],
        filed.for_staff or not filed.group_id or about_host,
        clock.now_ms(),
    )
    if row is None:
        return 0
    await telling.at_the_desk(filed.group_id, "report", row["id"], but=filed.person_id)
    return int(row["id"])


async def _is_old(filed: Filed) -> bool:
    return await Report.filter(
        reporter_id=filed.reporter.id,
        group_id=filed.group_id,
        person_id=filed.person_id,
        post_id=filed.post_id,
        objects=json.dumps(list(filed.objects)),
        state="open",
    ).exists()


async def _are_too_many(reporter: Actor) -> bool:
    since = clock.now_ms() - clock.DAY
    today = Report.filter(reporter_id=reporter.id, created_at__gt=since)
    return await today.count() >= limits.REPORTS_A_DAY


async def _moderates(group_id: int, person_id: int) -> bool:
    staff = Member.filter(group_id=group_id, state="member", role__in=list(STAFF))
    return bool(person_id) and await staff.filter(actor_id=person_id).exists()


async def waiting(group_id: int, viewer: Actor | None = None) -> list[Report]:
    """The open reports of a group, oldest first, with notes; none that is about the viewer."""
    return await _of_others(viewer).filter(group_id=group_id, state="open")


async def for_staff(viewer: Actor | None = None) -> list[Report]:
    """The open reports that the staff of the instance sees; none that is about the viewer."""
    return await _of_others(viewer).filter(for_staff=True, state="open")


async def waiting_for_staff(viewer: Actor) -> int:
    """How many there are of these."""
    found = Report.filter(for_staff=True, state="open").exclude(person_id=viewer.id)
    return await found.count()


def before_staff(viewer: Actor) -> QuerySet[Report]:
    """Whatever somebody of the staff looks into, open or not: theirs, and of groups they moderate.

    None that is about the viewer.
    """
    moderated = Member.filter(actor_id=viewer.id, state="member", role__in=list(STAFF))
    own = Q(group_id__in=Subquery(moderated.filter(group__hosted=True).values("group_id")))
    return Report.filter(Q(for_staff=True) | own).exclude(person_id=viewer.id)


async def by(reporter: Actor) -> list[Report]:
    """What somebody reported, newest first."""
    return await Report.filter(reporter_id=reporter.id).order_by("-id").limit(SHOWN)


def _of_others(viewer: Actor | None) -> QuerySet[Report]:
    query = Report.exclude(person_id=viewer.id) if viewer else Report.all()
    return query.order_by("id").limit(SHOWN).prefetch_related("notes")


async def claim(report: Report, actor: Actor) -> None:
    """From now on `actor` looks into it, whoever did before."""
    await Report.filter(id=report.id, state="open").update(claimed_by=actor.id)


async def let_go(report: Report) -> None:
    """Nobody looks into it for now."""
    await Report.filter(id=report.id, state="open").update(claimed_by=0)


async def note(report: Report, actor: Actor, text: str) -> None:
    """Tell the others who look into it something. Raises `Malformed` without a text."""
    if not text.strip():
        raise Malformed("a note says something")
    await ReportNote.create(
        id=ids.new(),
        report_id=report.id,
        author_id=actor.id,
        text=text.strip()[: limits.REPORT_CHARS],
        created_at=clock.now_ms(),
    )


async def close(report: Report, state: str, outcome: str) -> None:
    """Nobody looks into it any more. Raises `Malformed` when that is so already."""
    closed = await Report.filter(id=report.id, state="open").update(
        state=state, outcome=outcome.strip(), decided_at=clock.now_ms()
    )
    if not closed:
        raise Malformed("that report was answered meanwhile; look at the list again")
    await telling.done_with("report", report.id)


async def reopen(report: Report) -> None:
    """Look into it again; the ledger keeps how it was answered. Raises `Malformed` for an open one.

    Whoever reported it is told anew how it ends.
    """
    opened = (
        await Report.filter(id=report.id)
        .exclude(state="open")
        .update(state="open", outcome="", claimed_by=0, decided_at=0)
    )
    if not opened:
        raise Malformed("that report is open")
    await telling.at_the_desk(report.group_id, "report", report.id, but=report.person_id)
