"""The pages about people in a group: requests to join, all members, and one of them."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Blocked, Malformed
from federation.models import Actor
from fedigroups.accounts import reception as receptions
from fedigroups.groups import roster
from fedigroups.groups.models import Member
from fedigroups.groups.roster import Entry
from fedigroups.moderation import evasion
from fedigroups.moderation.evasion import Seen
from fedigroups.web import addresses, errors, forms, versions
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.acts import act
from fedigroups.web.hosting.frame import page, seen
from fedigroups.web.translation import gettext as _


def routes() -> list[BaseRoute]:
    """The pages."""
    group = "/groups/{name}"
    return [
        Route(f"{group}/requests", for_hosts(requests), methods=["GET", "POST"]),
        Route(f"{group}/members", for_hosts(members)),
        Route(f"{group}/members/{{id}}", for_hosts(member), methods=["GET", "POST"]),
    ]


async def requests(request: Request, host: Host) -> Response:
    """`/groups/{name}/requests`: who asks to come in, from where, and what they say."""
    problems, typed, about = {}, "", 0
    if request.method == "POST":
        sent = await forms.read(request)
        about, typed = sent.number("member"), sent.text("reason")
        kind = "approve" if sent.text("decision") == "approve" else "refuse_join"
        try:
            await act(receptions.of(request).wire, host, kind, await _person(host, about), typed)
            return seen(host, "requests", kind)
        except Malformed as error:
            problems = fields.blamed(error, "reason")
    asking = await roster.asking(host.group)
    names = {one.actor_id: Seen(one.handle.partition("@")[0]) for one in asking}
    return page(
        request,
        host,
        "requests",
        _("Requests to join"),
        problems=problems,
        typed=typed,
        about=about,
        asking=asking,
        hints=await evasion.hints(host.group, names),
    )


async def members(request: Request, host: Host) -> Response:
    """`/groups/{name}/members?state=&q=`: who is in the group, and who was."""
    state = request.query_params.get("state", "")
    state = state if state in roster.STATES else "member"
    query = request.query_params.get("q", "")[:200]
    before = addresses.asked_number(request, "before")
    found = await roster.listed(host.group, state, query, before)
    asked = {"state": state, "q": query}
    return page(
        request,
        host,
        "members",
        _("Members"),
        state=state,
        states=roster.STATES,
        counts=await roster.counts(host.group),
        asked=query,
        found=found,
        first=f"?{urlencode(asked)}" if before else "",
        later=f"?{urlencode(asked | {'before': found.next})}" if found.next else "",
    )


async def member(request: Request, host: Host) -> Response:
    """`/groups/{name}/members/{id}`: one of them, and what a host may do."""
    entry = await _entry(request, host)
    if entry is None:
        return errors.not_found(request)
    problems, typed = {}, {"reason": "", "days": ""}
    if request.method == "POST":
        sent = await forms.read(request)
        kind, typed = sent.text("act"), fields.texts(sent, typed)
        try:
            versions.check(sent, _stands(entry))
            if kind == "transfer":
                raise Blocked("a group is handed over with its owner's password, on its own page")
            person, days = await _person(host, entry.id), sent.number("days")
            await act(receptions.of(request).wire, host, kind, person, typed["reason"], days)
            return seen(host, f"members/{entry.id}", kind)
        except Malformed as error:
            problems = fields.blamed(error, "act")
    return page(
        request,
        host,
        "member",
        entry.name,
        problems=problems,
        typed=typed,
        entry=entry,
        hints=await _hints(host, entry),
        seen=versions.mark(_stands(entry)),
    )


def _stands(entry: Entry) -> dict[str, object]:
    """What a host who decides about them must have seen."""
    names = ("state", "role", "banned_until", "muted_until", "changed_at")
    return {name: getattr(entry, name) for name in names}


async def _hints(host: Host, entry: Entry) -> list[str]:
    """Which banned people they are like; not asked of the banned or of those who moderate."""
    if entry.state == "banned" or entry.role != "member":
        return []
    username = entry.handle.partition("@")[0]
    seen_here = await evasion.seen(host.group, entry.actor_id, username)
    found = await evasion.hints(host.group, {entry.actor_id: seen_here})
    return found.get(entry.actor_id, [])


async def _entry(request: Request, host: Host) -> Entry | None:
    number = addresses.number(request.path_params["id"])
    return await roster.one(host.group, number) if number else None


async def _person(host: Host, member_id: int) -> Actor:
    found = await Member.get_or_none(id=member_id, group_id=host.group.id).select_related("actor")
    if found is None:
        raise Malformed("they are not in the group any more")
    return found.actor
