"""The addresses at which apps register, get tokens, give them back, and learn where all that is."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fedigroups.accounts import factors, sign_in
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.app_models import App
from fedigroups.accounts.reception import Reception
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.oauth import access, apps, codes, scopes, tokens
from fedigroups.oauth.tokens import Issued
from inbox.pressure import address_of


def routes() -> list[BaseRoute]:
    """What programs ask; the page on which people consent is `fedigroups/web/consent_pages.py`."""
    return [
        Route("/api/v1/apps", register, methods=["POST"]),
        Route("/api/v1/apps/verify_credentials", verify, methods=["GET"]),
        Route("/oauth/token", token, methods=["POST"]),
        Route("/oauth/revoke", revoke, methods=["POST"]),
        Route("/.well-known/oauth-authorization-server", metadata, methods=["GET"]),
    ]


async def register(request: Request) -> Response:
    """`POST /api/v1/apps`: a new app, with its secret."""
    reception = receptions.of(request)
    reception.attempts.app(address_of(request))
    sent = await bodies.read(request)
    uris = [uri for text in sent.texts("redirect_uris") for uri in text.split()]
    made = await apps.register(
        sent.text("client_name"),
        uris,
        scopes.parse(sent.texts("scopes") if _is_list(sent) else sent.text("scopes")),
        sent.text("website").strip(),
        plain=not reception.is_secure,
    )
    return json_answer(
        document(request, made.app)
        | {
            "client_id": made.app.client_id,
            "client_secret": made.secret,
            "client_secret_expires_at": 0,
        }
    )


def _is_list(sent: Body) -> bool:
    return len(sent.texts("scopes")) > 1


async def verify(request: Request) -> Response:
    """`GET /api/v1/apps/verify_credentials`: the app whose token it is."""
    return json_answer(document(request, (await access.authorised_app(request)).app))


def document(request: Request, app: App) -> dict[str, object]:
    """An app as its entity, without its secret."""
    uris = apps.redirects(app)
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website or None,
        "scopes": app.scopes.split(),
        "redirect_uri": app.redirect_uris,
        "redirect_uris": uris,
        "vapid_key": receptions.of(request).vapid.public,
    }


async def token(request: Request) -> Response:
    """`POST /oauth/token`: a token for a code, for a password, or for an app itself."""
    reception, sent = receptions.of(request), await bodies.read(request)
    kind = sent.text("grant_type")
    client_id, secret = _client(request, sent)
    if kind == "authorization_code":
        issued = await _by_code(client_id, secret, sent)
    elif kind == "client_credentials":
        app = await apps.proven(client_id, secret)
        issued = await tokens.issue(app, _scopes(app, sent))
    elif kind == "password" and reception.password_grant:
        app = await apps.proven(client_id, secret)
        issued = await _by_password(reception, app, sent, address_of(request))
    else:
        raise ApiError(
            400,
            "unsupported_grant_type",
            error_description="grant_type must be one of " + ", ".join(_grants(reception)),
        )
    return json_answer(issued.document())


async def _by_code(client_id: str, secret: str, sent: Body) -> Issued:
    app = await apps.proven(client_id, secret) if secret else await apps.known(client_id)
    if app is None:
        raise ApiError(401, "invalid_client", error_description="there is no such client_id")
    return await codes.redeem(
        app,
        sent.text("code"),
        sent.text("redirect_uri"),
        sent.text("code_verifier"),
        proven=bool(secret),
    )


async def _by_password(reception: Reception, app: App, sent: Body, address: str) -> Issued:
    """Whoever has a second factor cannot show it here, and is sent to the page."""
    granted = _scopes(app, sent)
    login, password = sent.text("username"), sent.text("password")
    account = await sign_in.check(reception, login, password, address)
    if account is None or await factors.are_asked(account):
        raise ApiError(
            400,
            "invalid_grant",
            error_description="that is nobody's name and password, or there is a second factor: "
            "then sign in through the browser",
        )
    if not account.admitted or account.actor.state != "live":
        raise ApiError(
            400, "invalid_grant", error_description="this account may not be used at the moment"
        )
    return await tokens.issue(app, granted, account.id)


def _scopes(app: App, sent: Body) -> tuple[str, ...]:
    """The scopes that are asked for, of those that the app registered for."""
    asked = scopes.parse(sent.text("scope"))
    if not scopes.is_within(asked, app.scopes.split()):
        raise ApiError(
            400, "invalid_scope", error_description="the app did not register for that scope"
        )
    return asked


def _client(request: Request, sent: Body) -> tuple[str, str]:
    """Id and secret of the app, from the body or from HTTP Basic (RFC 6749 section 2.3.1)."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return sent.text("client_id"), sent.text("client_secret")
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError(
            401, "invalid_client", error_description="HTTP Basic cannot be read"
        ) from error
    return unquote_plus(name), unquote_plus(secret)


async def revoke(request: Request) -> Response:
    """`POST /oauth/revoke` (RFC 7009): the token opens nothing any more, whether it ever did."""
    sent = await bodies.read(request)
    client_id, secret = _client(request, sent)
    app = await apps.proven(client_id, secret) if secret else await apps.known(client_id)
    if app is None or not await tokens.revoke(app, sent.text("token")):
        raise ApiError(
            403,
            "unauthorized_client",
            error_description="You are not authorized to revoke this token",
        )
    return json_answer({})


async def metadata(request: Request) -> Response:
    """`/.well-known/oauth-authorization-server` (RFC 8414)."""
    reception = receptions.of(request)
    origin = reception.origin
    content = {
        "issuer": origin,
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "scopes_supported": list(scopes.ORDER),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": _grants(reception),
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "code_challenge_methods_supported": ["S256"],
        "service_documentation": f"{origin}/about",
    }
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600"}
    return JSONResponse(content, headers=headers)


def _grants(reception: Reception) -> list[str]:
    switched = ["password"] if reception.password_grant else []
    return ["authorization_code", "client_credentials", *switched]
