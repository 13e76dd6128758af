"""This module registers apps, and knows where a browser may be sent back to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from fedigroups.accounts import secrets
from fedigroups.accounts.app_models import App
from fedigroups.api.answers import ApiError
from fedigroups.content.sanitise import label, safe_url
from fedigroups.setting_values import is_loopback

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The app has no address: the person copies the code from a page."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_NEVER = frozenset(
    {"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "ws", "wss"}
)
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Registered:
    """A new app, and its secret, which is told this once."""

    app: App
    secret: str


async def register(
    name: str, redirect_uris: Sequence[str], scopes: Sequence[str], website: str, *, plain: bool
) -> Registered:
    """A new app, committed. With `plain` it may be reached over http (an instance that is itself).

    Raises `Malformed` for no name, a redirect URI that could run a script, and a website that is
    no http(s) address.
    """
    shown = label(name, limits.APP_NAME_CHARS)
    if not shown:
        raise Malformed("an app needs a name: client_name")
    if not 1 <= len(redirect_uris) <= limits.APP_REDIRECTS:
        raise Malformed(f"an app has 1 to {limits.APP_REDIRECTS} redirect_uris")
    for uri in redirect_uris:
        check_redirect(uri, plain=plain)
    if website and not safe_url(website):
        raise Malformed("website must be an http or https address")
    secret = secrets.new()
    app = await App.create(
        id=ids.new(),
        name=shown,
        website=website,
        redirect_uris="\n".join(redirect_uris),
        scopes=" ".join(scopes),
        client_id=secrets.new(),
        secret_digest=secrets.digest(secret),
        created_at=clock.now_ms(),
    )
    return Registered(app, secret)


def check_redirect(uri: str, *, plain: bool) -> None:
    """Raise `Malformed` for a redirect URI that no app may have (RFC 6749 section 3.1.2, 8252)."""
    parts = _split(uri)
    if uri == OUT_OF_BAND:
        return
    if parts is None or not _SCHEME.fullmatch(parts.scheme) or parts.scheme.lower() in _NEVER:
        raise Malformed(f"{uri[:100]!r} cannot be a redirect URI")
    if parts.fragment or "#" in uri or parts.username is not None:
        raise Malformed("a redirect URI has neither a fragment nor a user")
    if parts.scheme in {"http", "https"} and not parts.hostname:
        raise Malformed("a redirect URI of this scheme has a host")
    if parts.scheme == "http" and not plain and not is_loopback(uri):
        raise Malformed("a redirect URI is https, except on the machine of its person")


def _split(uri: str) -> SplitResult | None:
    if len(uri) > limits.URI_CHARS or not _VISIBLE.fullmatch(uri) or "\\" in uri:
        return None
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def redirects(app: App) -> list[str]:
    """Where a browser may be sent back to, character by character."""
    return app.redirect_uris.split("\n")


async def known(client_id: str) -> App | None:
    """The app of an id."""
    return await App.get_or_none(client_id=client_id) if 0 < len(client_id) <= 64 else None


async def proven(client_id: str, secret: str) -> App:
    """The app, whose secret was shown. Raises `ApiError` (`invalid_client`)."""
    app = await known(client_id)
    if app is None or not secrets.same(secrets.digest(secret), app.secret_digest):
        raise ApiError(
            401,
            "invalid_client",
            error_description="there is no app with this client_id and this client_secret",
        )
    return app


async def retire() -> None:
    """Forget the apps that nobody uses: registering costs a stranger nothing."""
    await storage.execute(
        "DELETE FROM app WHERE created_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM oauth_token t WHERE t.app_id = app.id"
        "   AND (t.account_id IS NOT NULL OR t.created_at >= ?))"
        " AND NOT EXISTS (SELECT 1 FROM oauth_code c WHERE c.app_id = app.id)",
        clock.now_ms() - limits.APP_UNUSED_SECONDS * clock.SECOND,
        clock.now_ms() - limits.APP_UNUSED_SECONDS * clock.SECOND,
    )
