"""Who somebody is, for the app that they sign in with; and signing up through an app."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Malformed
from federation.sentences import Sentence
from fedigroups.accounts import reception as receptions
from fedigroups.accounts import signup
from fedigroups.accounts.people import Wish
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.mastodon.endpoints import asking, profiles
from fedigroups.oauth import tokens
from fedigroups.oauth.access import authorised, authorised_app
from inbox.pressure import address_of


def routes() -> list[BaseRoute]:
    """The addresses of identity."""
    return [
        Route("/api/v1/accounts", sign_up, methods=["POST"]),
        Route("/api/v1/accounts/verify_credentials", verify_credentials, methods=["GET"]),
    ]


async def verify_credentials(request: Request) -> Response:
    """`GET /api/v1/accounts/verify_credentials`: the person, or the group that they act as."""
    access = await authorised(request, "read:accounts", "profile")
    return json_answer(await profiles.credentials(access, asking.pictures_of(request)))


async def sign_up(request: Request) -> Response:
    """`POST /api/v1/accounts`: a new account, and a token for it, which opens once it is let in."""
    reception, access = receptions.of(request), await authorised_app(request, "write:accounts")
    reception.attempts.sign_up(address_of(request))
    sent = await bodies.read(request)
    if not sent.flag("agreement"):
        raise _invalid("agreement", "ERR_ACCEPTED", "must be accepted")
    wish = Wish(
        name=sent.text("username").strip(),
        email=sent.text("email"),
        password=sent.text("password"),
        reason=sent.text("reason"),
        locale=sent.text("locale")[:16],
    )
    try:
        account = await signup.ask(
            reception, wish, invitation=sent.text("invite_code"), seen=address_of(request)
        )
    except Malformed as error:
        said = Sentence("Validation failed: {refusal}", refusal=error.sentence)
        raise ApiError(422, said, details={}) from error
    issued = await tokens.issue(access.app, access.scopes, account.id)
    return json_answer(issued.document())


def _invalid(field: str, code: str, words: str) -> ApiError:
    details = {field: [{"error": code, "description": words}]}
    return ApiError(422, f"Validation failed: {field} {words}", details=details)
