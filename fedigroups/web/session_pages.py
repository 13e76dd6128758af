"""The pages on which people sign in and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import Blocked
from fedigroups.accounts import factors, letters, passkeys, sessions, sign_in, signup, tickets
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.attempts import Place
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.models import Account
from fedigroups.api import body as bodies
from fedigroups.web import cookies, forms, visitors
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted
from inbox.pressure import address_of

HOME = visitors.HOME
IN_A_WINDOW = {"Cross-Origin-Opener-Policy": "unsafe-none"}
"""An app in a browser may have opened the page in a window of its own, and waits for its answer."""
WRONG = noted("That is nobody's name and password here.")
NO_PASSKEY = noted("That passkey opens nothing here, or it took too long. Try again.")


def routes() -> list[BaseRoute]:
    """Signing in, with a second factor where there is one, or a passkey, and out."""
    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/login/second", second, methods=["GET", "POST"]),
        Route("/login/passkey", passkey, methods=["GET", "POST"]),
        Route("/logout", logout, methods=["POST"]),
    ]


async def login(request: Request) -> Response:
    """`/login?next=`: name or address, and password."""
    if request.method != "POST":
        wanted = visitors.local(request.query_params.get("next", ""), HOME)
        if "again" not in request.query_params and await visitors.session(request):
            return visitors.seen(wanted)
        return _form(request, wanted)
    sent, reception = await forms.read(request), receptions.of(request)
    wanted = visitors.local(sent.text("next"), HOME)
    account = await sign_in.check(
        reception,
        sent.text("name"),
        sent.text("password"),
        address_of(request),
        cookies.read(request, cookies.KNOWN),
    )
    if account is None:
        return _form(request, wanted, name=sent.text("name"), problem=WRONG)
    if refusal := await _refusal(request, account, wanted):
        return refusal
    if not await factors.are_asked(account):
        return await begin(request, account, wanted)
    response = visitors.seen(visitors.leading_on("/login/second", wanted))
    secret = await tickets.issue(account.id, "second")
    cookies.give(request, response, cookies.SECOND, secret, limits.SECOND_FACTOR_SECONDS)
    return response


def _form(request: Request, wanted: str, *, name: str = "", problem: str = "") -> Response:
    return forms.page(
        request,
        "login.html",
        status=401 if problem else 200,
        headers=IN_A_WINDOW,
        title=_("Sign in"),
        nav="login",
        next=wanted,
        name=name[: limits.EMAIL_CHARS],
        problem=_(problem),
        signup=receptions.of(request).signup,
        sign_up=visitors.leading_on("/signup", wanted),
        forgot=visitors.leading_on("/forgot", wanted),
    )


async def _refusal(request: Request, account: Account, wanted: str) -> Response | None:
    """What is told to somebody who knows the password, and may not come in."""
    if account.actor.state not in {"live", "pending"}:
        return forms.notice(
            request,
            403,
            _("Not at the moment"),
            _("Whoever runs this server has suspended the account."),
        )
    if not account.confirmed_at:
        await signup.send_confirmation(
            receptions.of(request), account, account.actor.username, onward=wanted
        )
        return forms.notice(
            request,
            403,
            _("Confirm your address first"),
            _(
                "We wrote to %(email)s. Open the link in that mail, then sign in.",
                email=account.email,
            ),
        )
    if not account.approved_at:
        return forms.notice(
            request,
            403,
            _("Somebody must say yes first"),
            _("Whoever runs this server looks at new accounts, and will write to you."),
        )
    return None


async def second(request: Request) -> Response:
    """`/login/second?next=`: a code of the authenticator app, or a recovery code."""
    posted, reception = request.method == "POST", receptions.of(request)
    sent = await forms.read(request) if posted else await bodies.read(request)
    wanted = visitors.local(sent.text("next"), HOME)
    again = visitors.seen(visitors.leading_on("/login", wanted))
    ticket = await tickets.look("second", cookies.read(request, cookies.SECOND))
    if ticket is None:
        return again
    account = ticket.account
    if not posted:
        return await _second_form(request, account, wanted)
    reception.attempts.code(str(account.id), Place(address_of(request)))
    if not await tickets.try_once(ticket, limits.SECOND_FACTOR_TRIES):
        return again
    if not await factors.is_right(reception.seal, account, sent.text("code")):
        reception.attempts.failed_code(str(account.id))
        return await _second_form(request, account, wanted, wrong=True)
    refusal = await _refusal(request, account, wanted)
    if refusal is None and not await tickets.redeem(ticket):
        return again
    return refusal or await begin(request, account, wanted)


async def _second_form(
    request: Request, account: Account, wanted: str, *, wrong: bool = False
) -> Response:
    return forms.page(
        request,
        "second.html",
        status=401 if wrong else 200,
        headers=IN_A_WINDOW,
        title=_("Second factor"),
        nav="login",
        next=wanted,
        wrong=wrong,
        app=bool(account.second_factor_at),
        passkeys=bool(await passkeys.of(account)),
    )


async def passkey(request: Request) -> Response:
    """`/login/passkey?next=`: what a browser is to ask a passkey, and what that answered.

    It is asked by our script, so that nobody who only looks at the page has a challenge.
    """
    reception, visitor = receptions.of(request), forms.visitor_of(request)
    if request.method != "POST":
        if "text/html" in request.headers.get("accept", ""):  # somebody came back to the page
            wanted = visitors.local(request.query_params.get("next", ""), HOME)
            return visitors.seen(visitors.leading_on("/login", wanted))
        if not visitor:
            raise Blocked("cookies are off: without them nobody can sign in")
        options = passkeys.to_sign_in(reception, visitor)
        headers = {"Cache-Control": "private, no-store"}
        return Response(options, headers=headers, media_type="application/json")
    sent = await forms.read(request, most=limits.PASSKEY_BYTES)
    wanted = visitors.local(sent.text("next"), HOME)
    account = await sign_in.by_passkey(
        reception, sent.text("passkey"), visitor, address_of(request)
    )
    if account is None:
        return _form(request, wanted, problem=NO_PASSKEY)
    return await _refusal(request, account, wanted) or await begin(request, account, wanted)


async def begin(request: Request, account: Account, wanted: str) -> Response:
    """Sign somebody in with a new session, and show the page that they wanted."""
    agent, client = visitors.agent(request), request.client
    known = await Session.exists(account_id=account.id, agent=agent)
    if old := await visitors.session(request):
        await sessions.end(old.account, old.id)
    secret = await sessions.begin(account, address=client.host if client else "", agent=agent)
    if not known and "sign_in" in account.mail_about.split():
        reception = receptions.of(request)
        letter = letters.signed_in(reception.name, account.actor.username, agent, reception.origin)
        await reception.write(account.email, letter)
    response = visitors.seen(wanted)
    cookies.give_session(request, response, secret)
    cookies.mark(request, response, account.id)
    return response


async def logout(request: Request) -> Response:
    """`POST /logout`: the session ends here, not only in the browser."""
    await forms.read(request)
    if session := await visitors.session(request):
        await sessions.end(session.account, session.id)
    response = visitors.seen("/")
    cookies.take_session(request, response)
    cookies.take(request, response, cookies.ORDER)
    return response
