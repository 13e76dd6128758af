"""The page on which hosts say from which servers the group takes people, and who has to go."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from fedigroups.accounts import reception as receptions
from fedigroups.groups import roster
from fedigroups.groups.founding import Profile
from fedigroups.web import forms, versions
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.acts import act
from fedigroups.web.hosting.frame import page, seen
from fedigroups.web.hosting.texts import change
from fedigroups.web.translation import gettext as _

AT_ONCE = 25
"""Members whom one request removes; the page then goes on with the rest."""


def routes() -> list[BaseRoute]:
    """The page."""
    path = "/groups/{name}/settings/servers"
    return [Route(path, for_hosts(servers), methods=["GET", "POST"])]


async def servers(request: Request, host: Host) -> Response:
    """`/groups/{name}/settings/servers`: both lists, and the members from servers not taken."""
    now = {name: getattr(host.group, name) for name in fields.SERVERS}
    typed = now | {"reason": ""}
    problems: dict[str, str] = {}
    removed, goes_on = 0, False
    if request.method == "POST":
        sent = await forms.read(request)
        removes = sent.text("do") == "remove"
        try:
            if removes:
                typed["reason"] = sent.text("reason")
                gone = await _remove(request, host, typed["reason"])
                removed, goes_on = sent.number("removed") + gone, gone == AT_ONCE
            else:
                typed |= fields.texts(sent, fields.SERVERS)
                following, problems = versions.met(sent.text(versions.FIELD), now, typed)
                typed |= following
                if not problems:
                    lists = {name: typed[name] for name in fields.SERVERS}
                    await change(request, host, "servers", Profile(**lists))
            if not (goes_on or problems):
                return seen(host, "settings/servers", "shut_out" if removed else "kept")
        except Malformed as error:
            problems = fields.blamed(error, "reason" if removes else "servers_blocked")
    outside = await roster.outside(host.group)
    left = sum(outside.values())
    return page(
        request,
        host,
        "servers",
        _("Servers"),
        typed=typed,
        problems=problems,
        seen=versions.mark(now),
        outside=outside,
        left=left,
        goes_on=goes_on and left > 0,
        done_with=removed,
    )


async def _remove(request: Request, host: Host, reason: str) -> int:
    """Put some of them out, each by a decision that reaches them; how many."""
    wire = receptions.of(request).wire
    people = await roster.people_of(host.group, await roster.outside(host.group), AT_ONCE)
    for person in people:
        await act(wire, host, "expel", person, reason)
    return len(people)
