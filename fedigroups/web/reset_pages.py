"""The pages for whoever forgot a password; they never tell whether an address is known."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from fedigroups.accounts import mailboxes, recovery, tickets
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Ticket
from fedigroups.api import body as bodies
from fedigroups.web import cookies, forms, refusals, visitors
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import HOME
from inbox.pressure import address_of


def routes() -> list[BaseRoute]:
    """Asking for a link, and the page that it leads to."""
    return [
        Route("/forgot", forgot, methods=["GET", "POST"]),
        Route("/reset", reset, methods=["GET", "POST"]),
    ]


async def forgot(request: Request) -> Response:
    """`/forgot?next=`: to whom a link is to be sent."""
    if request.method != "POST":
        return _forgot_form(request, visitors.local(request.query_params.get("next", ""), HOME))
    sent, reception = await forms.read(request), receptions.of(request)
    wanted = visitors.local(sent.text("next"), HOME)
    reception.attempts.mail(address_of(request))
    try:
        email = mailboxes.check(sent.text("email"))
    except Malformed as error:
        return _forgot_form(request, wanted, problem=refusals.said(error))
    text = _("If somebody here has that address, they get a mail with a link, good for an hour.")
    answer = forms.notice(request, 200, _("Look into your mail"), text)
    # a letter takes longer than none: whoever asks has the answer before either
    answer.background = BackgroundTask(recovery.ask, reception, email, wanted)
    return answer


def _forgot_form(request: Request, wanted: str, *, problem: str = "") -> Response:
    return forms.page(
        request,
        "forgot.html",
        status=422 if problem else 200,
        title=_("Forgot the password?"),
        next=wanted,
        problem=problem,
    )


async def reset(request: Request) -> Response:
    """`/reset?token=&next=`: a new password."""
    posted = request.method == "POST"
    sent = await forms.read(request) if posted else await bodies.read(request)
    shown, wanted = sent.text("token"), visitors.local(sent.text("next"), HOME)
    ticket = await tickets.look("reset", shown)
    if ticket is None:
        text = _("It was used already, or its time is up.")
        return forms.notice(
            request,
            410,
            _("This link opens nothing"),
            text,
            link=visitors.leading_on("/forgot", wanted),
            word=_("Ask for another"),
        )
    if not posted:
        return _form(request, ticket, shown, wanted)
    try:
        await recovery.redeem(receptions.of(request), ticket, sent.text("password"))
    except Malformed as error:
        return _form(request, ticket, shown, wanted, problem=refusals.said(error))
    visitors.forget(request)
    response = forms.notice(
        request,
        200,
        _("Your password is changed"),
        _("You are signed out everywhere, and apps must ask you again."),
        link=visitors.leading_on("/login", wanted),
        word=_("Sign in"),
    )
    cookies.take_session(request, response)
    cookies.mark(request, response, ticket.account.id)
    return response


def _form(
    request: Request, ticket: Ticket, shown: str, wanted: str, *, problem: str = ""
) -> Response:
    return forms.page(
        request,
        "reset.html",
        status=422 if problem else 200,
        title=_("Choose a new password"),
        name=ticket.account.actor.username,
        shown=shown,
        next=wanted,
        problem=problem,
    )
