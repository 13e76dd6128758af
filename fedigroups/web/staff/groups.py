"""The pages of the groups here: finding one, suspending and closing it, writing to its owner."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation.errors import Malformed
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.models import Account
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group, Member
from fedigroups.moderation import suspending_groups
from fedigroups.web import addresses, errors, forms, refusals, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.hosting import fields
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _

PAGE = 50
STATES = ("open", "suspended", "closed")
TYPED = ("reason", "why", "confirm", "text")
FIELD = {"suspend": "reason", "close": "confirm", "contact": "text"}


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/admin/groups", for_staff(groups)),
        Route("/admin/groups/{id}", for_staff(group), methods=["GET", "POST"]),
    ]


async def groups(request: Request, session: Session) -> Response:
    """`/admin/groups?q=&state=`: the groups here, the newest first."""
    query = request.query_params.get("q", "").strip().lstrip("@!").lower()[:200]
    state = request.query_params.get("state", "")
    state = state if state in STATES else "open"
    before = addresses.asked_number(request, "before")
    found = Group.filter(hosted=True, state=state)
    if query:
        found = found.filter(Q(name__icontains=query) | Q(title__icontains=query))
    if before:
        found = found.filter(id__lt=before)
    rows = await found.order_by("-id").limit(PAGE + 1)
    asked = {"q": query, "state": state}
    later = urlencode(asked | {"before": rows[PAGE - 1].id}) if len(rows) > PAGE else ""
    return page(
        request,
        session,
        "groups",
        _("Groups"),
        found=rows[:PAGE],
        asked=query,
        state=state,
        first=f"?{urlencode(asked)}" if before else "",
        later=f"?{later}" if later else "",
    )


async def group(request: Request, session: Session) -> Response:
    """`/admin/groups/{id}`: one of them, and what may be done."""
    number = addresses.number(request.path_params["id"])
    found = await Group.get_or_none(id=number, hosted=True).select_related("actor")
    if found is None:
        return errors.not_found(request)
    problems, typed = {}, dict.fromkeys(TYPED, "")
    if request.method == "POST":
        sent = await forms.read(request)
        typed, kind = fields.texts(sent, TYPED), sent.text("act")
        try:
            await _act(request, session.account, found, kind, typed)
            said = {name: typed[name] for name in ("reason", "why", "text")}
            await noted_down(session, f"group {kind}", name=found.name, **said)
            return visitors.seen(f"/admin/groups/{found.id}?done=group_{kind}")
        except Malformed as error:
            problems = {_blamed(kind, typed): refusals.said(error)}
    hosts = Member.filter(group_id=found.id, state="member", role__in=["owner", "moderator"])
    return page(
        request,
        session,
        "group",
        found.title,
        found=found,
        problems=problems,
        typed=typed,
        why=await audit.reason("group suspend", found.name),
        hosts=await hosts.order_by("-role", "id").select_related("actor").limit(PAGE),
    )


def _blamed(kind: str, typed: dict[str, str]) -> str:
    """The field at which an act's refusal is said."""
    if kind == "close" and not typed["why"].strip():
        return "why"
    return FIELD.get(kind, "act")


async def _act(
    request: Request, by: Account, found: Group, kind: str, typed: dict[str, str]
) -> None:
    """Do it, committed. Raises `Malformed`: closing is for whoever runs the instance."""
    reception = receptions.of(request)
    match kind:
        case "suspend":
            await suspending_groups.suspend(reception, found, typed["reason"])
        case "lift":
            await suspending_groups.lift(reception, found)
        case "contact":
            await suspending_groups.contact(reception, found, typed["text"])
        case "close":
            if not by.admin:
                raise Malformed("that is for who runs this server")
            suspending_groups.check(typed["why"])
            if typed["confirm"].strip() != found.name:
                raise Malformed("that is not the name of the group")
            await suspending_groups.close(reception, Hosted(found, found.actor), typed["why"])
        case _:
            raise Malformed("choose what to do")
