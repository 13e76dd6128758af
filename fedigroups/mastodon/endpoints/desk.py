"""Working through reports in an app, by the staff of the instance: `/api/v1/admin/reports`.

They meet what they meet on the pages: what is before the staff, and before the groups that they
moderate, but nothing that is about themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.groups.models import Group
from fedigroups.mastodon.endpoints import administering, asking
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.reading import posts, windows
from fedigroups.moderation import filing, reporting
from fedigroups.moderation.models import Report
from fedigroups.moderation.reported import broken_rules
from fedigroups.oauth.access import Access

READ, WRITE = "admin:read:reports", "admin:write:reports"
CLOSED = "A moderator looked into what you reported, and has closed your report."
"""What whoever reported reads when an app, which has no field for words, closes it."""


def routes() -> list[BaseRoute]:
    """The addresses of reports, for the staff."""
    there = "/api/v1/admin/reports"
    one = f"{there}/{{id:int}}"
    return [
        Route(there, listed, methods=["GET"]),
        Route(one, single, methods=["GET"]),
        Route(f"{one}/assign_to_self", assign, methods=["POST"]),
        Route(f"{one}/unassign", unassign, methods=["POST"]),
        Route(f"{one}/resolve", resolve, methods=["POST"]),
        Route(f"{one}/reopen", reopen, methods=["POST"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v1/admin/reports`, newest first: the open ones, or with `resolved` the others.

    Those about nobody whom we know are on the pages alone: apps show whom a report is about.
    """
    access = await administering.staff(request, READ)
    said = await bodies.read(request)
    window = windows.asked(said, 100, 200)
    wanted = filing.before_staff(access.person).exclude(person_id=0)
    wanted = wanted.exclude(state="open") if said.flag("resolved") else wanted.filter(state="open")
    for name, column in (("account_id", "reporter_id"), ("target_account_id", "person_id")):
        if name in said:
            wanted = wanted.filter(**{column: said.number(name)})
    order = "id" if window.upward else "-id"
    page = wanted.filter(id__lt=window.below, id__gt=window.above).order_by(order)
    found = window.arranged(await page.limit(window.limit))
    return asking.paged(
        request, window, [row.id for row in found], await _shown(request, access, found)
    )


async def single(request: Request) -> Response:
    """`GET /api/v1/admin/reports/:id`."""
    access = await administering.staff(request, READ)
    return json_answer((await _shown(request, access, [await _asked(request, access)]))[0])


async def assign(request: Request) -> Response:
    """`POST .../assign_to_self`: from now on whoever asks looks into it."""
    access = await administering.staff(request, WRITE)
    found = await _asked(request, access)
    await filing.claim(found, access.person)
    return await _answered(request, access, found)


async def unassign(request: Request) -> Response:
    """`POST .../unassign`: nobody looks into it for now."""
    access = await administering.staff(request, WRITE)
    found = await _asked(request, access)
    await filing.let_go(found)
    return await _answered(request, access, found)


async def resolve(request: Request) -> Response:
    """`POST .../resolve`: it is closed; `text` (ours) is what whoever reported it is told."""
    access = await administering.staff(request, WRITE)
    found, said = await _asked(request, access), await bodies.read(request)
    if not found.claimed_by:
        await filing.claim(found, access.person)
        await found.refresh_from_db()
    text = said.text("text") or CLOSED
    await reporting.settle(asking.wire_of(request), access.person, found, "heed", text)
    return await _answered(request, access, found)


async def reopen(request: Request) -> Response:
    """`POST .../reopen`: somebody looks into it again."""
    access = await administering.staff(request, WRITE)
    found = await _asked(request, access)
    await filing.reopen(found)
    return await _answered(request, access, found)


async def _asked(request: Request, access: Access) -> Report:
    return await reporting.open_report(asking.number(request), access.person, staff=True)


async def _answered(request: Request, access: Access, found: Report) -> Response:
    await found.refresh_from_db()
    return json_answer((await _shown(request, access, [found]))[0])


async def _shown(request: Request, access: Access, found: Sequence[Report]) -> list[Entity]:
    """The Admin::Reports. Whoever acts as a group is known to their app as that group."""
    reader = asking.reader_of(request, access)
    known_as = {access.person.id: access.actor.id}
    people = {id for one in found for id in (one.reporter_id, one.person_id, one.claimed_by)}
    accounts = await administering.by_id(request, people | set(known_as.values()))
    statuses = await posts.by_id([one.post_id for one in found], reader)
    groups = {one.id: one for one in await Group.filter(id__in=[r.group_id for r in found] or [0])}
    shown = []
    for one in found:
        claimer = accounts.get(known_as.get(one.claimed_by, one.claimed_by))
        is_open = one.state == "open"
        shown.append(
            {
                "id": str(one.id),
                "action_taken": not is_open,
                "action_taken_at": None if is_open else date_time(one.decided_at),
                "category": one.category,
                "comment": one.text,
                "forwarded": bool(one.forwarded_at),
                "created_at": date_time(one.created_at),
                "updated_at": date_time(one.decided_at or one.created_at),
                "account": accounts.get(one.reporter_id),
                "target_account": accounts.get(one.person_id),
                "assigned_account": claimer if is_open else None,
                "action_taken_by_account": None if is_open else claimer,
                "statuses": [statuses[one.post_id]] if one.post_id in statuses else [],
                "rules": _rules(one, groups.get(one.group_id)),
            }
        )
    return shown


def _rules(one: Report, group: Group | None) -> list[Entity]:
    return [
        {"id": str(number), "text": rule, "hint": ""} for number, rule in broken_rules(one, group)
    ]
