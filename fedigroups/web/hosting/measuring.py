"""The page that shows how a group talks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.groups import conversation
from fedigroups.groups.conversation import Week
from fedigroups.web import charts, words
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.charts import Bar, Chart
from fedigroups.web.hosting.frame import page
from fedigroups.web.translation import gettext as _


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/groups/{name}/health", for_hosts(health))]


async def health(request: Request, host: Host) -> Response:
    """`/groups/{name}/health`: answered within a day, newcomers, who waits, how long it takes."""
    found = await conversation.measure(host.group, host.actor)
    return page(
        request,
        host,
        "health",
        _("How the group talks"),
        found=found,
        weeks=conversation.WEEKS,
        wait=words.lasted(found.median_ms) if found.median_ms is not None else "",
        threads=_threads(found.weeks),
        newcomers=_newcomers(found.weeks),
    )


def _threads(weeks: tuple[Week, ...]) -> Chart:
    bars = [Bar(words.short_day(one.begins_at), one.started, one.soon) for one in weeks]
    names = (_("Week from"), _("Threads started"), _("Answered within a day"))
    return charts.chart(_("Threads in each week, and how many were answered"), names, bars)


def _newcomers(weeks: tuple[Week, ...]) -> Chart:
    bars = [Bar(words.short_day(one.begins_at), one.newcomers) for one in weeks]
    names = (_("Week from"), _("Newcomers who started a thread"))
    return charts.chart(_("Newcomers in each week"), names, bars)
