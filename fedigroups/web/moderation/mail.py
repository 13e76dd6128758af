"""The pages on which a member and the moderators of a group write to each other."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed, NotHere
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.groups.models import Group
from fedigroups.moderation import mail
from fedigroups.notify import telling
from fedigroups.web import addresses, forms, refusals, visitors
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in


def routes() -> list[BaseRoute]:
    """The pages."""
    group = "/groups/{name}"
    return [
        Route(f"{group}/mail", signed_in(own), methods=["GET", "POST"]),
        Route(f"{group}/moderation/mail", for_hosts(desk), methods=["GET", "POST"]),
    ]


async def own(request: Request, session: Session) -> Response:
    """`/groups/{name}/mail`: what somebody and the moderators wrote; 404 for strangers to them."""
    person, problem, typed = session.account.actor, "", ""
    group = await Group.get_or_none(
        name=request.path_params["name"], hosted=True, state="open"
    ).select_related("actor")
    found = await mail.between(group, person.id) if group else []
    if group is None or not await mail.may_write(group, person):
        raise NotHere("there is nothing here")
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            async with storage.transaction():
                await mail.write(group, person, sent.text("text"))
            return visitors.seen(request.url.path)
        except Malformed as error:
            problem, typed = refusals.said(error), sent.text("text")
    for one in found:
        await telling.done_with("mail_answer", one.id)
    return forms.page(
        request,
        "moderation/mail.html",
        status=422 if problem else 200,
        title=_("Mail with the moderators of %(group)s", group=group.title or group.name),
        nav="groups",
        group=group,
        found=found,
        problem=problem,
        typed=typed,
    )


async def desk(request: Request, host: Host) -> Response:
    """`/groups/{name}/moderation/mail?with=`: who wrote, and one of them."""
    problem, typed, number = "", "", addresses.asked_number(request, "with")
    if request.method == "POST":
        sent = await forms.read(request)
        number = sent.number("with")
    threads = await mail.newest(host.group)
    whom = next((actor for actor, _newest in threads if actor.id == number), None)
    if number and whom is None:
        raise NotHere("there is nothing here")
    if request.method == "POST" and whom is not None:
        try:
            wire = receptions.of(request).wire
            async with storage.transaction():
                await mail.answer(wire, host.hosted, host.actor, whom, sent.text("text"))
                await audit.by(host.actor, "moderate mail", name=host.group.name)
            return visitors.seen(f"{request.url.path}?with={whom.id}")
        except Malformed as error:
            problem, typed = refusals.said(error), sent.text("text")
    return page(
        request,
        host,
        "mail",
        _("Mail from members"),
        problems={"text": problem} if problem else {},
        typed=typed,
        found=await mail.between(host.group, whom.id) if whom else [],
        whom=whom,
        threads=threads,
    )
