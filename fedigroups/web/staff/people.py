"""The pages of who has an account here: letting in, suspending, and helping with letters."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation import storage
from federation.errors import Malformed
from fedigroups.accounts import doors, signup
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.models import Account, Session
from fedigroups.accounts.reception import Reception
from fedigroups.groups.models import Member
from fedigroups.moderation import suspending
from fedigroups.web import addresses, errors, forms, refusals, visitors
from fedigroups.web.authority import for_staff, is_staff
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _

PAGE = 50
STATES = ("pending", "live", "suspended")


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/admin/people", for_staff(people)),
        Route("/admin/people/{id}", for_staff(person), methods=["GET", "POST"]),
    ]


async def people(request: Request, session: Session) -> Response:
    """`/admin/people?q=&state=`: who is here, and who asks to be."""
    query, state = request.query_params.get("q", "")[:200], request.query_params.get("state", "")
    before = addresses.asked_number(request, "before")
    found = Account.filter(actor__state=state if state in STATES else "live")
    if query.strip():
        name = query.strip().lstrip("@").lower()
        found = found.filter(
            Q(actor__username__icontains=name) | Q(actor__name__icontains=name) | Q(email_key=name)
        )
    if before:
        found = found.filter(id__lt=before)
    rows = await found.order_by("-id").limit(PAGE + 1).select_related("actor")
    asked = {"q": query, "state": state}
    later = urlencode(asked | {"before": rows[PAGE - 1].id}) if len(rows) > PAGE else ""
    return page(
        request,
        session,
        "people",
        _("People"),
        found=rows[:PAGE],
        asked=query,
        state=state if state in STATES else "live",
        first=f"?{urlencode(asked)}" if before else "",
        later=f"?{later}" if later else "",
    )


async def person(request: Request, session: Session) -> Response:
    """`/admin/people/{id}`: one of them, and what may be done."""
    number = addresses.number(request.path_params["id"])
    account = await Account.get_or_none(id=number).select_related("actor")
    if account is None:
        return errors.not_found(request)
    problems, typed = {}, ""
    if request.method == "POST":
        sent = await forms.read(request)
        kind, typed = sent.text("act"), sent.text("reason")
        try:
            await act(receptions.of(request), session.account, account, kind, typed)
            await noted_down(session, f"user {kind}", account.actor.username)
            there = "/admin/people" if kind == "refuse" else f"/admin/people/{account.id}"
            return visitors.seen(f"{there}?done={kind}")
        except Malformed as error:
            problems = {"reason": refusals.said(error)}
    return page(
        request,
        session,
        "person",
        account.actor.username,
        somebody=account,
        problems=problems,
        typed=typed,
        memberships=await Member.filter(actor_id=account.actor_id, state="member")
        .select_related("group")
        .limit(PAGE),
        may=session.account.admin or not is_staff(account),
    )


async def act(
    reception: Reception, by: Account, account: Account, kind: str, reason: str = ""
) -> None:
    """Do it. Raises `Malformed` for what cannot be done; moderators touch no other staff."""
    if account.id == by.id or (is_staff(account) and not by.admin):
        raise Malformed("that is for who runs this server")
    match kind:
        case "approve":
            await signup.approve(reception, account)
        case "refuse":
            await signup.refuse(account)
        case "confirm":
            await signup.send_confirmation(reception, account, account.actor.username)
        case "suspend":
            await suspending.suspend(reception, account, reason)
        case "lift":
            await suspending.lift(reception, account)
        case "sign_out":
            async with storage.transaction():
                await doors.close(account)
        case _:
            raise Malformed("choose what to do")
