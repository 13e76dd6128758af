"""The page on which somebody lets an app in, as themselves or as a group that they run."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from federation.errors import Blocked, Malformed
from fedigroups.accounts.entry_models import Session
from fedigroups.api import body as bodies
from fedigroups.api.body import Body
from fedigroups.content.sanitise import safe_url
from fedigroups.groups import lookup
from fedigroups.oauth import authorise, codes, scopes
from fedigroups.oauth.authorise import Asked, Unwell
from fedigroups.oauth.codes import Consent
from fedigroups.web import forms, headers, refusals, visitors
from fedigroups.web.session_pages import IN_A_WINDOW
from fedigroups.web.translation import gettext as _

PARAMETERS = (
    *("client_id", "redirect_uri", "response_type", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/oauth/authorize", consent, methods=["GET", "POST"])]


async def consent(request: Request) -> Response:
    """`/oauth/authorize` (RFC 6749 section 4.1.1): ask, then send the browser back with the answer.

    What is wrong is said on a page, from which a link leads to the app when that may be told it: an
    app is registered by anybody, and no address here sends people elsewhere (RFC 9700 4.11.2).
    """
    sent = await (forms.read(request) if request.method == "POST" else bodies.read(request))
    try:
        asked = await authorise.read(sent)
    except (Unwell, Malformed) as error:
        back = error.location if isinstance(error, Unwell) else ""
        heading, text = _("That did not work"), refusals.said(error)
        return forms.notice(request, 400, heading, text, link=back, word=_("Back to the app"))
    session = await visitors.session(request)
    if session is None or (request.method != "POST" and sent.text("force_login") in {"1", "true"}):
        return _sign_in_first(session, sent)
    if request.method != "POST":
        return await _form(request, session, asked, sent)
    return await _decided(request, session, asked, sent)


def _sign_in_first(session: Session | None, sent: Body) -> Response:
    """Whoever is signed in already, and is to be asked again, comes back without `force_login`."""
    asked = urlencode([(name, sent.text(name)) for name in PARAMETERS if name in sent])
    again = {"again": "1"} if session else {}
    return visitors.seen("/login?" + urlencode({"next": f"/oauth/authorize?{asked}"} | again))


async def _form(request: Request, session: Session, asked: Asked, sent: Body) -> Response:
    person = session.account.actor
    return forms.page(
        request,
        "consent.html",
        headers=IN_A_WINDOW | {"Content-Security-Policy": headers.leaving_to(asked.redirect_uri)},
        title=_("Let %(app)s in?", app=asked.app.name),
        app=asked.app,
        website=safe_url(asked.app.website),
        person=person,
        sentences=[scopes.sentence(one) for one in asked.scopes],
        groups=await lookup.run_by(person),
        hidden=[(name, sent.text(name)) for name in PARAMETERS if name in sent],
        target=_shown(asked),
    )


def _shown(asked: Asked) -> str:
    """Where the answer goes, as a person can judge it."""
    if asked.is_out_of_band:
        return _("this page, for you to copy")
    parts = urlsplit(asked.redirect_uri)
    return parts.netloc or _("the app of %(scheme)s:", scheme=parts.scheme)


async def _decided(request: Request, session: Session, asked: Asked, sent: Body) -> Response:
    if sent.text("decision") != "allow":
        if asked.is_out_of_band:
            return forms.notice(
                request, 200, _("Not let in"), _("%(app)s was not let in.", app=asked.app.name)
            )
        return _away(asked.answer(error="access_denied", error_description="It was not let in"))
    acting_id = sent.number("acting") or None
    if acting_id and not await lookup.runs(session.account.actor_id, acting_id):
        raise Blocked("you do not run this group")
    allowed = Consent(asked.app, asked.redirect_uri, asked.scopes, asked.challenge, acting_id)
    code = await codes.issue(allowed, session.account)
    if asked.is_out_of_band:
        return forms.page(request, "code.html", title=_("Your code"), app=asked.app, code=code)
    return _away(asked.answer(code=code))


def _away(location: str) -> Response:
    """To the app, by GET; the address where the browser comes from is told to nobody."""
    said = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"} | IN_A_WINDOW
    return RedirectResponse(location, 303, said)
