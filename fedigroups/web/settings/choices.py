"""The pages of what people choose for themselves, and of whom they invite."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Blocked, Malformed
from fedigroups.accounts import invitations, preferences
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.models import Session
from fedigroups.groups import lookup, mine
from fedigroups.web import forms, refusals, visitors
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/settings/preferences", signed_in(choices), methods=["GET", "POST"]),
        Route("/settings/blocks", signed_in(blocks)),
        Route("/settings/invitations", signed_in(invited), methods=["GET", "POST"]),
    ]


async def choices(request: Request, session: Session) -> Response:
    """`/settings/preferences`: what is taken for granted unless said otherwise, and which mail."""
    problem = done = ""
    joined = await lookup.joined_by(session.account.actor_id)
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            chosen = sent.number("posts_to")
            await preferences.choose(
                session.account,
                default_group_id=chosen if chosen in {one.actor_id for one in joined} else 0,
                visibility=sent.text("visibility"),
                language=sent.text("language").strip(),
                mail_about=sent.texts("mail_about"),
            )
            done = _("It is kept.")
        except Malformed as error:
            problem = refusals.said(error)
    return page(
        request,
        session,
        "preferences",
        _("Preferences"),
        problem=problem,
        done=done,
        visibilities=preferences.VISIBILITIES,
        mail_kinds=preferences.MAIL_ABOUT,
        mail_about=session.account.mail_about.split(),
        joined=joined,
    )


async def blocks(request: Request, session: Session) -> Response:
    """`/settings/blocks`: whom one mutes or blocks, and no more."""
    judged = await mine.judged(session.account.actor_id)
    return page(request, session, "blocks", _("Blocks and mutes"), judged=judged)


async def invited(request: Request, session: Session) -> Response:
    """`/settings/invitations`: for moderators and admins of the instance."""
    account, reception = session.account, receptions.of(request)
    if not invitations.may_invite(account, reception.signup):
        raise Blocked("whoever runs this server invites people")
    link = problem = ""
    if request.method == "POST":
        sent = await forms.read(request)
        if sent.text("withdraw"):
            await invitations.withdraw(sent.number("withdraw"), account)
            return visitors.seen("/settings/invitations")
        try:
            _made, code = await invitations.invite(
                account,
                uses=sent.number("uses", 1),
                days=sent.number("days", 7),
                note=sent.text("note"),
            )
            link = f"{reception.origin}/signup?invite={code}"
        except Malformed as error:
            problem = refusals.said(error)
    found = await invitations.open_ones(account)
    return page(
        request, session, "invitations", _("Invitations"), problem=problem, link=link, found=found
    )
