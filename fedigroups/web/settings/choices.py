"""The pages of what people choose for themselves, and of whom they invite."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Blocked, Malformed
from fedigroups.accounts import invitations, preferences
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.models import Account
from fedigroups.groups import lookup, mine
from fedigroups.groups.models import Group
from fedigroups.personal import hosts
from fedigroups.web import forms, refusals, versions, visitors
from fedigroups.web.settings.frame import page
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import signed_in

NO_GROUP = noted("No group: the app is told so")
INVITED = {"note": "", "uses": "1", "days": "7"}
"""What the form of an invitation has before anybody types."""


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/settings/preferences", signed_in(choices), methods=["GET", "POST"]),
        Route("/settings/blocks", signed_in(blocks), methods=["GET", "POST"]),
        Route("/settings/invitations", signed_in(invited), methods=["GET", "POST"]),
    ]


async def choices(request: Request, session: Session) -> Response:
    """`/settings/preferences`: what is taken for granted unless said otherwise, and which mail."""
    account = session.account
    problems: dict[str, str] = {}
    joined = await lookup.joined_by(account.actor_id)
    typed = now = _chosen(account)
    if request.method == "POST":
        sent = await forms.read(request)
        typed = {name: " ".join(sent.texts(name)).strip() for name in now}
        following, problems = versions.met(
            sent.text(versions.FIELD), now, typed, _called(joined, account)
        )
        typed |= following
        try:
            if not problems:
                await _choose(account, typed, {str(one.actor_id) for one in joined})
                return visitors.seen("/settings/preferences?kept")
        except Malformed as error:
            field = "language" if "a language" in str(error) else "form"
            problems = {field: refusals.said(error)}
    return page(
        request,
        session,
        "preferences",
        _("Preferences"),
        problems=problems,
        done=_("It is kept.") if "kept" in request.query_params and not problems else "",
        typed=typed,
        seen=versions.mark(now),
        visibilities=preferences.VISIBILITIES,
        mail_kinds=preferences.MAIL_ABOUT,
        joined=joined,
    )


def _chosen(account: Account) -> dict[str, str]:
    """What the form has before anybody types."""
    return {
        "visibility": account.visibility,
        "language": account.language,
        "posts_to": str(account.default_group_id),
        "mail_about": account.mail_about,
    }


def _called(joined: Sequence[Group], account: Account) -> dict[str, str]:
    """How people read the values that they are asked about."""
    groups = {str(one.actor_id): one.title for one in joined}
    mails = "; ".join(_(preferences.MAIL_ABOUT[kind]) for kind in account.mail_about.split())
    return preferences.VISIBILITIES | groups | {"0": NO_GROUP, account.mail_about: mails}


async def _choose(account: Account, typed: dict[str, str], joined: set[str]) -> None:
    """Keep it. Raises `Malformed` for what cannot be chosen."""
    await preferences.choose(
        account,
        default_group_id=int(typed["posts_to"]) if typed["posts_to"] in joined else 0,
        visibility=typed["visibility"],
        language=typed["language"],
        mail_about=typed["mail_about"].split(),
    )


async def blocks(request: Request, session: Session) -> Response:
    """`/settings/blocks`: whom one mutes or blocks, and whole servers, which are posted here."""
    reader_id = session.account.actor_id
    if request.method == "POST":
        sent = await forms.read(request)
        act = hosts.unblock if sent.text("act") == "unblock" else hosts.block
        await act(reader_id, sent.text("host"))
        return visitors.seen("/settings/blocks")
    return page(
        request,
        session,
        "blocks",
        _("Blocks and mutes"),
        judged=await mine.judged(reader_id),
        servers=[one["host"] for one in await hosts.blocked(reader_id)],
    )


async def invited(request: Request, session: Session) -> Response:
    """`/settings/invitations`: for moderators and admins of the instance."""
    account, reception = session.account, receptions.of(request)
    if not invitations.may_invite(account, reception.signup):
        raise Blocked("whoever runs this server invites people")
    link, problems, typed = "", {}, INVITED
    if request.method == "POST":
        sent = await forms.read(request)
        typed = {name: sent.text(name) for name in INVITED}
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
            link, typed = f"{reception.origin}/signup?invite={code}", INVITED
        except Malformed as error:
            problems = {"uses": refusals.said(error)}
    return page(
        request,
        session,
        "invitations",
        _("Invitations"),
        problems=problems,
        typed=typed,
        link=link,
        found=await invitations.open_ones(account),
    )
