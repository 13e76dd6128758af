"""The pages of how this instance fares: what grows, what is owed to whom, and what failed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock, storage
from fedigroups import audit
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.groups.models import Group
from fedigroups.moderation import filing
from fedigroups.web import addresses, charts, forms, visitors, words
from fedigroups.web.authority import for_staff
from fedigroups.web.charts import Bar, Chart
from fedigroups.web.staff import acted
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _
from inbox import report as arrivals
from outbox import report as deliveries

WEEKS = 12
WEEK = 7 * clock.DAY
FAILED = 50
ACTS = 100


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/admin", for_staff(dashboard)),
        Route("/admin/log", for_staff(acts)),
        Route("/admin/queue", for_staff(queue), methods=["GET", "POST"]),
    ]


async def dashboard(request: Request, session: Session) -> Response:
    """`/admin`: whether all is well, and what grows."""
    owed = await deliveries.hosts()
    waited = await arrivals.oldest_due()
    return page(
        request,
        session,
        "dashboard",
        _("How this server fares"),
        owed=sum(line.owed for line in owed),
        hosts=sum(line.owed > 0 for line in owed),
        arrivals=await arrivals.counts(),
        waited=words.lasted(waited) if waited > clock.MINUTE else "",
        letters=await Mail.filter(tries__gt=0).count(),
        people=await Account.filter(actor__state="live").count(),
        reports=await filing.waiting_for_staff(session.account.actor),
        asking=await Account.filter(actor__state="pending").count(),
        groups=await Group.filter(hosted=True, state="open").count(),
        accounts=await _grown(_("New accounts in each week"), "account", "created_at"),
        founded=await _grown(_("New groups in each week"), "groups", "created_at", hosted=True),
        joined=await _grown(_("New members of groups in each week"), "member", "joined_at"),
        posts=await _grown(_("Posts in each week"), "post", "received_at"),
    )


async def _grown(title: str, table: str, column: str, **where: object) -> Chart:
    since = clock.now_ms() - WEEKS * WEEK
    also = "".join(f" AND {name} = ?" for name in where)
    rows = await storage.rows(
        f"SELECT ({column} - ?) / ? AS week, COUNT(*) AS number FROM {table}"  # noqa: S608 - our own names
        f" WHERE {column} > ?{also} GROUP BY 1",
        *(since, WEEK, since, *where.values()),
    )
    counted = {int(row["week"]): row["number"] for row in rows}
    bars = [
        Bar(words.short_day(since + week * WEEK), counted.get(week, 0)) for week in range(WEEKS)
    ]
    return charts.chart(title, (_("Week from"), _("How many")), bars)


async def queue(request: Request, session: Session) -> Response:
    """`/admin/queue`: what is owed to whom, since when and why; what failed; trying again."""
    if request.method == "POST":
        host = (await forms.read(request)).text("host")
        await deliveries.retry(host)
        await arrivals.retry_host(host)
        await noted_down(session, "queue retry", host=host)
        return visitors.seen("/admin/queue?done=retry")
    return page(
        request,
        session,
        "queue",
        _("Queue"),
        owed=await deliveries.hosts(),
        ended=await deliveries.ended(limit=FAILED),
        failed=await arrivals.failed(FAILED),
    )


async def acts(request: Request, session: Session) -> Response:
    """`/admin/log`: who did what here, on pages and at the command line."""
    before = addresses.asked_number(request, "before")
    found = await audit.newest(ACTS + 1, before=before)
    return page(
        request,
        session,
        "log",
        _("Who did what"),
        acts=found[:ACTS],
        said=acted.act,
        fact=acted.fact,
        first="/admin/log" if before else "",
        later=f"?before={found[ACTS - 1].id}" if len(found) > ACTS else "",
    )
