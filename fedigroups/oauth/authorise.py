"""This module reads what an app asks a person for, and where the answer may be sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from federation import limits
from federation.errors import Malformed
from fedigroups.accounts.app_models import App
from fedigroups.api.answers import ApiError
from fedigroups.api.body import Body
from fedigroups.oauth import apps, scopes
from fedigroups.oauth.apps import OUT_OF_BAND

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an app asks for: where to answer, which scopes, and its own state and challenge."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str

    @property
    def is_out_of_band(self) -> bool:
        """Whether the person copies the code from a page."""
        return self.redirect_uri == OUT_OF_BAND

    def answer(self, **said: str) -> str:
        """The address that the browser is sent to, with what is said and the app's own state."""
        return _answer(self.redirect_uri, said, self.state)


class Unwell(ApiError):
    """What an app asks for is wrong, and it is told so at `location` (RFC 6749 section 4.1.2.1)."""

    def __init__(self, redirect_uri: str, state: str, error: str, why: str) -> None:
        super().__init__(400, error, error_description=why)
        said = {"error": error, "error_description": why}
        self.location = _answer(redirect_uri, said, state) if redirect_uri != OUT_OF_BAND else ""


async def read(body: Body) -> Asked:
    """What is asked for in a query or a form.

    Raises `Malformed`, for the person alone to read, when the app is not known or may not have
    its answer there: then nobody is sent anywhere. Raises `Unwell` for all else.
    """
    app = await apps.known(body.text("client_id"))
    if app is None:
        raise Malformed(
            "The app is not known here any more: remove this server there, and add it again."
        )
    redirect_uri = body.text("redirect_uri")
    if redirect_uri not in apps.redirects(app):
        raise Malformed(
            "The app wants the answer at an address that it did not name when it registered."
        )
    state = body.text("state")[: limits.STATE_CHARS]
    if body.text("response_type") != "code":
        raise Unwell(redirect_uri, state, "unsupported_response_type", "response_type must be code")
    try:
        asked = scopes.parse(body.text("scope"))
    except ApiError as error:
        raise Unwell(redirect_uri, state, "invalid_scope", str(error)) from error
    if not scopes.is_within(asked, app.scopes.split()):
        raise Unwell(redirect_uri, state, "invalid_scope", "the app did not register for that")
    return Asked(app, redirect_uri, asked, state, _challenge(body, redirect_uri, state))


def _challenge(body: Body, redirect_uri: str, state: str) -> str:
    """The S256 challenge; empty when there is none. `plain` protects nobody, and is refused."""
    if "code_challenge" not in body and "code_challenge_method" not in body:
        return ""
    challenge = body.text("code_challenge")
    if body.text("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        why = "code_challenge must be of 43 characters, and code_challenge_method S256"
        raise Unwell(redirect_uri, state, "invalid_request", why)
    return challenge


def _answer(redirect_uri: str, said: dict[str, str], state: str) -> str:
    words = urlencode(said | ({"state": state} if state else {}))
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return f"{redirect_uri}{joint}{words}"
