"""The pages of what opens an account: its password, address, browsers and apps."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed
from fedigroups.accounts import doors, recovery, sessions, signup
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.oauth import scopes, tokens
from fedigroups.web import agents, cookies, forms, refusals, visitors
from fedigroups.web.settings.frame import WRONG, page, proven
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import signed_in
from inbox.pressure import address_of


def routes() -> list[BaseRoute]:
    """Under /settings."""
    return [
        Route("/settings", signed_in(overview)),
        Route("/settings/password", signed_in(password), methods=["GET", "POST"]),
        Route("/settings/email", signed_in(email), methods=["GET", "POST"]),
        Route("/settings/sessions", signed_in(browsers), methods=["GET", "POST"]),
        Route("/settings/apps", signed_in(apps), methods=["GET", "POST"]),
    ]


async def overview(request: Request, session: Session) -> Response:
    """`/settings`: whose account it is, and the way to all else."""
    return page(request, session, "overview", _("Settings"))


async def password(request: Request, session: Session) -> Response:
    """`/settings/password`: another password; all other browsers and all apps are signed out."""
    if request.method != "POST":
        return page(request, session, "password", _("Password"))
    sent = await forms.read(request)
    problems, done = {}, ""
    if not await proven(request, session, sent.text("current")):
        problems = {"current": WRONG}
    else:
        try:
            await recovery.change(
                receptions.of(request),
                session.account,
                sent.text("password"),
                but_session=session.id,
            )
            done = _("It is changed. Other browsers and all apps are signed out.")
        except Malformed as error:
            problems = {"password": refusals.said(error)}
    return page(request, session, "password", _("Password"), problems=problems, done=done)


async def email(request: Request, session: Session) -> Response:
    """`/settings/email`: another address, which is in force once it is confirmed."""
    if request.method != "POST":
        return page(request, session, "email", _("E-mail address"), typed="")
    sent, reception = await forms.read(request), receptions.of(request)
    problems, done, typed = {}, "", sent.text("email")
    reception.attempts.mail(address_of(request))
    if not await proven(request, session, sent.text("current")):
        problems = {"current": WRONG}
    else:
        try:
            await signup.change_address(reception, session.account, typed)
            done = _("We wrote to the new address. Open the link in that mail within two days.")
            typed = ""
        except Malformed as error:
            problems = {"email": refusals.said(error)}
    values = {"problems": problems, "done": done, "typed": typed}
    return page(request, session, "email", _("E-mail address"), **values)


async def browsers(request: Request, session: Session) -> Response:
    """`/settings/sessions`: where somebody is signed in, and how to end that."""
    if request.method == "POST":
        sent = await forms.read(request)
        if sent.text("everywhere"):
            async with storage.transaction():
                await doors.close(session.account)
            response = visitors.seen("/login")
            cookies.take_session(request, response)
            return response
        await sessions.end(session.account, sent.number("session"))
        return visitors.seen("/settings/sessions")
    found = [(agents.called(one.agent), one) for one in await sessions.of(session.account)]
    return page(request, session, "sessions", _("Sessions"), sessions=found, here=session.id)


async def apps(request: Request, session: Session) -> Response:
    """`/settings/apps`: which apps were let in, and how to remove them."""
    if request.method == "POST":
        sent = await forms.read(request)
        await tokens.show_out(session.account, sent.number("token"))
        return visitors.seen("/settings/apps")
    found = [
        (token, [scopes.sentence(one) for one in token.scopes.split()])
        for token in await tokens.of(session.account)
    ]
    return page(request, session, "apps", _("Apps"), tokens=found)
