"""What the instance says of itself, and the lists that every client asks for when it starts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock, storage
from fedigroups.about import FIRST, Said
from fedigroups.accounts import reception as receptions
from fedigroups.api.answers import json_answer
from fedigroups.content import languages as tongues
from fedigroups.groups.visibility import open_sql
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import accounts as present
from fedigroups.mastodon.present import instances
from fedigroups.mastodon.present.instances import About
from fedigroups.mastodon.reading import people


def routes() -> list[BaseRoute]:
    """The addresses of the instance."""
    return [
        Route("/api/v1/instance", v1, methods=["GET"]),
        Route("/api/v2/instance", v2, methods=["GET"]),
        Route("/api/v1/instance/rules", rules, methods=["GET"]),
        Route("/api/v1/instance/peers", peers, methods=["GET"]),
        Route("/api/v1/instance/activity", activity, methods=["GET"]),
        Route("/api/v1/instance/languages", languages, methods=["GET"]),
        Route("/api/v1/instance/extended_description", description, methods=["GET"]),
    ]


async def v1(request: Request) -> Response:
    """`GET /api/v1/instance`."""
    return json_answer(instances.v1(await _about(request)))


async def v2(request: Request) -> Response:
    """`GET /api/v2/instance`."""
    return json_answer(instances.v2(await _about(request)))


async def rules(request: Request) -> Response:
    """`GET /api/v1/instance/rules`: those of the instance; each group has its own, too."""
    return json_answer(instances.rules(await _about(request)))


async def peers(_request: Request) -> Response:
    """`GET /api/v1/instance/peers`: whom we know is not told."""
    return json_answer([])


async def activity(_request: Request) -> Response:
    """`GET /api/v1/instance/activity`: what was said and who came, of twelve weeks."""
    now = clock.now_ms()
    starts = [now - now % clock.DAY - (7 * weeks - 1) * clock.DAY for weeks in range(1, 13)]
    weeks = storage.table("week", start="bigint")
    rows = await storage.rows(
        "SELECT week.start AS start, (SELECT COUNT(*) FROM post p JOIN actor a"  # noqa: S608 - our own SQL
        f" ON a.id = p.author_id WHERE a.local = ? AND {open_sql('p')}"
        "   AND p.received_at >= week.start AND p.received_at < week.start + ?) AS statuses,"
        " (SELECT COUNT(*) FROM account o WHERE o.confirmed_at > 0 AND o.approved_at > 0"
        "   AND o.created_at >= week.start AND o.created_at < week.start + ?) AS registrations,"
        " (SELECT COUNT(DISTINCT s.account_id) FROM session s"
        "   WHERE s.seen_at >= week.start AND s.seen_at < week.start + ?) AS logins"
        f" FROM {weeks} ORDER BY week.start DESC",
        *(True, 7 * clock.DAY, 7 * clock.DAY, 7 * clock.DAY),
        storage.packed([(start,) for start in starts]),
    )
    counted = ("statuses", "logins", "registrations")
    return json_answer(
        [
            {"week": str(row["start"] // clock.SECOND)} | {name: str(row[name]) for name in counted}
            for row in rows
        ]
    )


async def languages(_request: Request) -> Response:
    """`GET /api/v1/instance/languages`: those that have a name here."""
    named = sorted(tongues.NAMES.items())
    return json_answer([{"code": code, "name": name} for code, name in named])


async def description(request: Request) -> Response:
    """`GET /api/v1/instance/extended_description`."""
    said = _said(request).html("about", FIRST)
    return json_answer(
        {"updated_at": None, "content": said or f"<p>{instances.DESCRIPTION}</p>"},
    )


def _said(request: Request) -> Said:
    """What whoever runs the instance says of it; apps are answered in one language."""
    said: Said = request.app.state.site.said
    return said


async def _about(request: Request) -> About:
    """What there is to say. Two queries."""
    reception, site = receptions.of(request), request.app.state.site
    counted = await storage.row(
        "SELECT (SELECT COUNT(*) FROM account o JOIN actor a ON a.id = o.actor_id"  # noqa: S608 - our own SQL
        "   WHERE o.confirmed_at > 0 AND o.approved_at > 0 AND a.state = 'live') AS people,"
        " (SELECT COUNT(*) FROM post p JOIN actor a ON a.id = p.author_id"
        f"   WHERE a.local = ? AND {open_sql('p')}) AS statuses,"
        " (SELECT COUNT(*) FROM peer) AS peers,"
        " (SELECT COUNT(DISTINCT p.author_id) FROM post p JOIN actor a ON a.id = p.author_id"
        f"   WHERE a.local = ? AND p.received_at > ? AND {open_sql('p')}) AS active",
        *(True, True, clock.now_ms() - 30 * clock.DAY),
    ) or {"people": 0, "statuses": 0, "peers": 0, "active": 0}
    operator = await storage.row(
        f"{people.SELECT} JOIN account o ON o.actor_id = a.id"
        f" WHERE o.role = 'admin' AND {people.SHOWN} ORDER BY o.id LIMIT 1"
    )
    return About(
        name=reception.name,
        origin=reception.origin,
        host=asking.wire_of(request).config.host,
        contact=site.contact,
        source_url=site.source_url or f"{reception.origin}/about",
        signup=reception.signup,
        people=counted["people"],
        statuses=counted["statuses"],
        peers=counted["peers"],
        active_month=counted["active"],
        rules=_said(request).rules(FIRST),
        said=_said(request).html("about", FIRST),
        icon_url=_said(request).icon,
        vapid_key=reception.vapid.public,
        contact_account=present.account(operator, asking.pictures_of(request))
        if operator
        else None,
    )
