"""The pages about people with an account here: letting in, suspending, and helping with letters."""

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
from fedigroups.accounts.roles import is_staff
from fedigroups.groups.models import Member
from fedigroups.moderation import account_acts
from fedigroups.web import addresses, errors, forms, refusals, versions, visitors
from fedigroups.web.authority import for_staff
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
            versions.check(sent, _stands(account))
            role = sent.text("role")
            await account_acts.act(
                receptions.of(request), session.account, account, kind, typed, role
            )
            await noted_down(
                session, f"user {kind}", name=account.actor.username, reason=typed, role=role
            )
            if kind == "refuse" or sent.text("from") == "list":
                return visitors.seen(f"/admin/people?state=pending&done={kind}")
            return visitors.seen(f"/admin/people/{account.id}?done={kind}")
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
        why=await audit.reason("user suspend", account.actor.username),
        memberships=await Member.filter(actor_id=account.actor_id, state="member")
        .select_related("group")
        .limit(PAGE),
        may=session.account.admin or not is_staff(account),
        seen=versions.mark(_stands(account)),
    )


def _stands(account: Account) -> dict[str, object]:
    """What whoever decides about them must have seen."""
    let_in = (account.approved_at, account.confirmed_at)
    return {"state": account.actor.state, "role": account.role, "let_in": let_in}
