"""The page on which people report a post, and that on which the staff reads reports."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from federation.models import Actor
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.groups import read
from fedigroups.moderation import acts, filing, reporting
from fedigroups.moderation import reported as reading
from fedigroups.moderation.reporting import Complaint
from fedigroups.moderation.wording import CANNED
from fedigroups.web import forms, refusals, visitors
from fedigroups.web.acting_pages import Met, met
from fedigroups.web.authority import for_staff
from fedigroups.web.hosting.fields import texts
from fedigroups.web.hosting.frame import AT_DESKS
from fedigroups.web.moderation.tried import NOTHING, refused
from fedigroups.web.staff.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in

TYPED = ("category", "rule", "text", "staff", "forward")


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/posts/{id}/report", signed_in(complain), methods=["GET", "POST"]),
        Route("/admin/reports", for_staff(staff_reports), methods=["GET", "POST"]),
    ]


async def complain(request: Request, session: Session) -> Response:
    """`/posts/{id}/report`: for whoever may read the post."""
    reporter = session.account.actor
    found = await met(request, reporter)
    problem, typed = "", texts(Body(), TYPED)
    if request.method == "POST":
        sent = await forms.read(request)
        typed = texts(sent, TYPED)
        try:
            said = _complaint(sent, found)
            await reporting.report(receptions.of(request).wire, reporter, said)
            return visitors.seen("/settings/decisions#reports")
        except Malformed as error:
            problem = refusals.said(error)
    return forms.page(
        request,
        "moderation/complain.html",
        status=422 if problem else 200,
        title=_("Report a post"),
        nav="groups",
        problem=problem,
        typed=typed,
        post=await read.post_view(found.post.id),
        rules=acts.rules(found.group),
        thread_link=found.thread_link,
        link=found.link,
        group=found.group.title or found.group.name,
        is_hosted=found.group.hosted,
        elsewhere=_elsewhere(found),
    )


def _complaint(sent: Body, found: Met) -> Complaint:
    rule = sent.number("rule")
    if rule:
        acts.rule_text(found.group, rule)
    return Complaint(
        person=found.post.author,
        posts=[found.post],
        text=sent.text("text"),
        category=sent.text("category"),
        rules=[rule] if rule else [],
        for_staff=sent.flag("staff"),
        forward=sent.flag("forward"),
    )


def _elsewhere(found: Met) -> str:
    """The server that could be told."""
    if not found.post.author.local:
        return found.post.author.host
    return "" if found.group.hosted else found.group.actor.host


async def staff_reports(request: Request, session: Session) -> Response:
    """`/admin/reports`: what was reported to the staff, or concerns no group here."""
    actor, tried = session.account.actor, NOTHING
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            await act(request, actor, sent, staff=True)
            about = {one: sent.text(one) for one in ("report", "text")}
            kind = sent.text("decision")
            await audit.by(actor, f"reports {kind}", **about)
            done = kind if kind in AT_DESKS else "decided"
            return visitors.seen(f"{request.url.path}?done={done}")
        except Malformed as error:
            tried = refused(sent, error)
    return page(
        request,
        session,
        "reports",
        _("Reports"),
        problems={"form": tried.problem} if tried.problem else {},
        tried=tried,
        reports=await reading.shown(await filing.for_staff(actor)),
    )


async def act(
    request: Request, actor: Actor, sent: Body, *, staff: bool, group_id: int = 0
) -> None:
    """Do what a form says about a report. Raises `Malformed`, and `NotHere` for one of others."""
    wire, kind = receptions.of(request).wire, sent.text("decision")
    found = await reporting.open_report(sent.number("report"), actor, staff=staff)
    if group_id and found.group_id != group_id:
        raise Malformed("that report is another group's")
    if kind == "claim":
        await filing.claim(found, actor)
    elif kind == "note":
        await filing.note(found, actor, sent.text("text"))
    elif kind == "forward":
        await reporting.forward(wire, found)
    else:
        ready = sent.number("canned", most=len(CANNED))
        text = CANNED[ready - 1] if ready else sent.text("text")
        await reporting.settle(wire, actor, found, kind, text)
