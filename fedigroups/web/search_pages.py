"""The page of the search: groups and posts, within one group or over all of them."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from fedigroups.content import sanitise
from fedigroups.groups import directory, finding, read
from fedigroups.groups.finding import Found, Search
from fedigroups.groups.models import Group
from fedigroups.groups.views import GroupCard
from fedigroups.web import addresses, cookies, errors, render, visitors
from fedigroups.web import site as sites
from fedigroups.web.translation import gettext as _

GROUPS = 4
"""Groups that stand above the posts."""


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/search", visitors.for_anybody(search))]


async def search(request: Request) -> Response:
    """`/search?q=&in=`: what a visitor finds; members find what their groups show them, too."""
    typed = sanitise.label(request.query_params.get("q", ""), limits.QUERY_CHARS)
    within = request.query_params.get("in", "")
    group = await read.find_group(within) if within else None
    if within and (group is None or group.state != "open"):
        return errors.not_found(request)
    before = addresses.asked_number(request, "before")
    found = await _posts(request, typed, group, before)
    groups, more = await _groups(typed) if not (group or before) else ((), "")
    asked = {"q": typed} | ({"in": within} if group else {})
    first = f"/search?{urlencode(asked)}"
    return render.page(
        request,
        "search.html",
        title=_("Search for “%(words)s”", words=typed) if typed else _("Search"),
        indexed=False,
        query="" if group else typed,
        typed=typed,
        group=read.card_of(group) if group else None,
        groups=groups,
        more_groups=more,
        found=await finding.shown(found),
        is_first=not before,
        first=first,
        later=f"{first}&before={found.next}" if found.next else "",
    )


async def _posts(request: Request, typed: str, group: Group | None, before: int) -> Found:
    if not typed:
        return Found()
    mine = await visitors.me(request) if cookies.is_signed_in(request) else None
    asked = Search(
        typed,
        mine.actor.id if mine else 0,
        sites.of(request).host,
        group_id=group.id if group else 0,
    )
    return await finding.find(asked, before=before)


async def _groups(typed: str) -> tuple[tuple[GroupCard, ...], str]:
    """The groups here with these words, and where there are more of them."""
    if not typed:
        return (), ""
    found = await directory.find(directory.Wish(typed), limit=GROUPS)
    return found.groups, f"/groups?{urlencode({'q': typed})}" if found.next else ""
