"""This module knows who looks at a page, and where they go on to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fedigroups.accounts import sessions
from fedigroups.accounts.models import Session
from fedigroups.web import cookies
from fedigroups.web.answers import Endpoint

NEXT_CHARS = 4_000

OwnPage = Callable[[Request, Session], Awaitable[Response]]


async def session(request: Request) -> Session | None:
    """The session of whoever looks at the page, with account and actor."""
    shown = cookies.read(request, cookies.SESSION)
    return await sessions.find(shown) if shown else None


def signed_in(page: OwnPage) -> Endpoint:
    """The page for whoever is signed in; others sign in first, and come back."""

    async def endpoint(request: Request) -> Response:
        found = await session(request)
        return await page(request, found) if found else to_sign_in(request)

    return endpoint


def to_sign_in(request: Request) -> Response:
    """To the page on which one signs in; a page that was asked for is shown afterwards."""
    path = f"{request.url.path}?{request.url.query}".rstrip("?")
    wanted = path if request.method == "GET" else request.url.path
    return seen(f"/login?next={quote(wanted, safe='')}")


def seen(location: str) -> Response:
    """What was posted is done: see another page (303), by GET."""
    return RedirectResponse(location, 303, {"Cache-Control": "private, no-store"})


def local(path: str, default: str) -> str:
    """`path` when it is one of this instance, which no browser takes for another's address."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    is_plain = path.isascii() and path.isprintable() and not any(sign in path for sign in ' \\"<>')
    return path if is_local and is_plain and len(path) <= NEXT_CHARS else default


def agent(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")[:200]
