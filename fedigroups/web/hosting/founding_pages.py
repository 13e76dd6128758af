"""The page on which somebody makes a group, and the one that lists those in their care."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock, limits
from federation.errors import Malformed
from federation.models import Actor
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.groups import founding, lookup, roster
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Member
from fedigroups.web import forms, visitors
from fedigroups.web.hosting import fields
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import spoken
from fedigroups.web.visitors import signed_in

TWICE_MS = 10 * clock.MINUTE
"""A form that is sent again within this time leads to the group that it made."""


def routes() -> list[BaseRoute]:
    """The pages. `/groups/new` comes before `/groups/{name}`: no group has that name."""
    return [
        Route("/groups/new", signed_in(new), methods=["GET", "POST"]),
        Route("/hosting", signed_in(hosting)),
    ]


async def hosting(request: Request, session: Session) -> Response:
    """`/hosting`: the groups in somebody's care, and who waits there."""
    groups = await lookup.run_by(session.account.actor)
    waiting = {one.group.id: (await roster.counts(one.group)).get("asked", 0) for one in groups}
    return forms.page(
        request,
        "hosting/groups.html",
        title=_("Groups in your care"),
        nav="groups",
        groups=[(one.group, waiting[one.group.id]) for one in groups],
    )


async def new(request: Request, session: Session) -> Response:
    """`/groups/new`: a group in one page."""
    typed = Body({"language": spoken(), "join_policy": "open"})
    if request.method != "POST":
        return _page(request, typed, {})
    sent = await forms.read(request)
    name = sent.text("name").strip().lower()
    owner = session.account.actor
    try:
        await founding.check_room(owner)
        profile = Profile(
            title=fields.line(sent.text("title")) or name,
            summary=sent.text("summary").strip(),
            language=sent.text("language").strip(),
            join_policy=sent.text("join_policy"),
        )
        await founding.found(receptions.of(request).wire, name, owner, profile)
        await audit.by(owner, "group create", name=name)
    except Malformed as error:
        if not await _made_just_now(owner, name):
            return _page(request, sent, fields.blamed(error, "name"))
    return visitors.seen(f"/groups/{name}/settings?done=founded")


async def _made_just_now(owner: Actor, name: str) -> bool:
    """Whether the form was sent twice."""
    return len(name) <= limits.USERNAME_CHARS and await Member.exists(
        actor_id=owner.id,
        role="owner",
        group__name=name,
        group__hosted=True,
        group__state="open",
        group__created_at__gt=clock.now_ms() - TWICE_MS,
    )


def _page(request: Request, typed: Body, problems: dict[str, str]) -> Response:
    return forms.page(
        request,
        "hosting/new.html",
        title=_("New group"),
        nav="groups",
        typed=fields.texts(typed, fields.PROFILE),
        problems=problems,
    )
