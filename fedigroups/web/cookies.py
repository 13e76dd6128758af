"""This module knows the cookies of those who are signed in, are about to be, or fill in a form.

On https their names say `__Host-`, so that no other host of the domain can set them, and no page
without TLS. None is readable by scripts, nor sent along when another site posts a form.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from federation import limits
from fedigroups.accounts import browsers
from fedigroups.accounts import reception as receptions

SESSION = "fedigroups"
VISIT = "fedigroups-visit"
SECOND = "fedigroups-second"
"""Half of a sign-in: the password was right, the second factor is awaited."""
DISMISSED = "fedigroups-dismissed"
"""Which announcements a stranger has read."""
ORDER = "fedigroups-order"
"""In which order a member wants threads."""
KNOWN = "fedigroups-known"
"""Somebody signed in here before. It opens nothing, and is shown to the page of signing in alone,
so that pages can be kept for visitors who show no other cookie."""
KNOWN_SECONDS = 365 * 86_400


def read(request: Request, name: str) -> str:
    """What the browser shows; empty when it shows none."""
    return request.cookies.get(_named(request, name), "")


def is_signed_in(request: Request) -> bool:
    """Whether the browser shows a session, which may have ended: enough to choose a link."""
    return SESSION in request.cookies or f"__Host-{SESSION}" in request.cookies


def give(
    request: Request, response: Response, name: str, value: str, seconds: int, path: str = "/"
) -> None:
    """Have the browser keep it for so many seconds; with 0 until it is closed."""
    response.set_cookie(
        _named(request, name),
        value,
        max_age=seconds or None,
        path=path,
        secure=receptions.of(request).is_secure,
        httponly=True,
        samesite="lax",
    )


def take(request: Request, response: Response, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        _named(request, name),
        path="/",
        secure=receptions.of(request).is_secure,
        httponly=True,
        samesite="lax",
    )


def give_session(request: Request, response: Response, secret: str) -> None:
    """Have the browser keep a session; what it showed before it was signed in is forgotten."""
    give(request, response, SESSION, secret, limits.SESSION_SECONDS)
    take(request, response, VISIT)
    take(request, response, SECOND)


def take_session(request: Request, response: Response) -> None:
    """Have the browser forget a session, and the pages that it kept of whoever was signed in."""
    take(request, response, SESSION)
    response.headers["Clear-Site-Data"] = '"cache"'


def mark(request: Request, response: Response, account_id: int) -> None:
    """Have the browser be known as one of this account's from now on."""
    value = browsers.mark(receptions.of(request).form_key, str(account_id))
    give(request, response, KNOWN, value, KNOWN_SECONDS, path="/login")


def _named(request: Request, name: str) -> str:
    if not receptions.of(request).is_secure:
        return name
    # `__Host-` would have it sent to every page
    return f"__Secure-{name}" if name == KNOWN else f"__Host-{name}"
