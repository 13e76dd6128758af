"""The pages on which people make an account, and confirm that an address is theirs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import Malformed
from fedigroups.accounts import invitations, signup, tickets
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.people import Wish
from fedigroups.accounts.reception import Reception
from fedigroups.api import body as bodies
from fedigroups.web import forms, refusals, session_pages, translation, visitors
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from fedigroups.web.visitors import HOME
from inbox.pressure import address_of

SETTLED = {
    "closed": (
        noted("Nobody new at the moment"),
        noted("Accounts cannot be made here at the moment."),
    ),
    "invite": (
        noted("By invitation"),
        noted(
            "Accounts here are by invitation: ask somebody who has one. To join a group you need "
            "none; an account on any server of the fediverse will do."
        ),
    ),
}


def routes() -> list[BaseRoute]:
    """Sign-up, and the link in its mail."""
    return [
        Route("/signup", sign_up, methods=["GET", "POST"]),
        Route("/confirm", confirm, methods=["GET", "POST"]),
    ]


async def sign_up(request: Request) -> Response:
    """`/signup?invite=&next=`: the form, where anybody may come, or comes with an invitation."""
    reception = receptions.of(request)
    if request.method != "POST":
        invitation = request.query_params.get("invite", "")
        invited = reception.signup != "closed" and await invitations.is_good(invitation)
        if reception.signup in SETTLED and not invited:
            return forms.notice(request, 403, *map(_, SETTLED[reception.signup]))
        wanted = visitors.local(request.query_params.get("next", ""), HOME)
        return _form(request, reception, Wish(name=""), invitation if invited else "", wanted)
    sent = await forms.read(request)
    reception.attempts.sign_up(address_of(request))
    invitation, wanted = sent.text("invitation"), visitors.local(sent.text("next"), HOME)
    wish = Wish(
        name=sent.text("name").strip().removeprefix("@"),
        email=sent.text("email").strip(),
        password=sent.text("password"),
        reason=sent.text("reason"),
        locale=translation.spoken(),
    )
    try:
        account = await signup.ask(
            reception, wish, invitation=invitation, seen=address_of(request), onward=wanted
        )
    except Malformed as error:
        return _form(request, reception, wish, invitation, wanted, problem=refusals.said(error))
    if account.admitted:
        account.actor = await account.actor
        return await session_pages.begin(request, account, wanted)
    return _waiting(request, reception, wish, wanted)


def _form(
    request: Request,
    reception: Reception,
    wish: Wish,
    invitation: str,
    wanted: str,
    *,
    problem: str = "",
) -> Response:
    return forms.page(
        request,
        "signup.html",
        status=422 if problem else 200,
        title=_("Make an account"),
        nav="login",
        name=wish.name[: limits.USERNAME_CHARS],
        email=wish.email[: limits.EMAIL_CHARS],
        reason=wish.reason[: limits.REASON_CHARS],
        invitation=invitation[: limits.SECRET_CHARS],
        next=wanted,
        leads_on=wanted != HOME,
        needs_reason=reception.signup == "approval" and not invitation,
        problem=problem,
    )


def _waiting(request: Request, reception: Reception, wish: Wish, wanted: str) -> Response:
    text = _until_a_yes(wanted)
    if reception.confirm_email:
        text = _(
            "We wrote to %(email)s. Open the link in that mail within two days.", email=wish.email
        )
    return forms.notice(request, 200, _("Almost done"), text)


def _until_a_yes(wanted: str) -> str:
    """What whoever waits for a yes is told; no letter of that leads on."""
    text = _("Whoever runs this server looks at new accounts, and will write to you.")
    again = _("Then open once more the link that brought you here.")
    return text if wanted == HOME else f"{text} {again}"


async def confirm(request: Request) -> Response:
    """`/confirm?token=&next=`: programs open links too, so it asks before it changes anything."""
    posted = request.method == "POST"
    sent = await forms.read(request) if posted else await bodies.read(request)
    shown, wanted = sent.text("token"), visitors.local(sent.text("next"), HOME)
    sign_in = visitors.leading_on("/login", wanted)
    ticket = await tickets.look("confirm", shown)
    if ticket is None:
        return _stale(request, sign_in)
    if not posted:
        return forms.page(
            request,
            "confirm.html",
            title=_("Confirm your address"),
            email=ticket.email,
            name=ticket.account.actor.username,
            shown=shown,
            next=wanted,
        )
    try:
        account = await signup.confirm(receptions.of(request), ticket)
    except Malformed as error:
        return forms.notice(request, 422, _("That did not work"), refusals.said(error))
    if not account.approved_at:
        text = _until_a_yes(wanted)
        return forms.notice(request, 200, _("Your address is confirmed"), text)
    return forms.notice(
        request, 200, _("Your address is confirmed"), "", link=sign_in, word=_("Sign in")
    )


def _stale(request: Request, sign_in: str) -> Response:
    text = _("It was used already, or its time is up. Sign in, and you are written to once more.")
    heading = _("This link opens nothing")
    return forms.notice(request, 410, heading, text, link=sign_in, word=_("Sign in"))
