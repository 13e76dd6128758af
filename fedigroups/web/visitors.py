"""This module knows who looks at a page, and where they go on to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from urllib.parse import parse_qsl, quote

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation import limits
from federation import origin as origins
from federation.models import Actor
from fedigroups import announcements
from fedigroups.accounts import reception as receptions
from fedigroups.accounts import secrets, sessions
from fedigroups.accounts.entry_models import Session
from fedigroups.content import sanitise
from fedigroups.groups import notices
from fedigroups.web import cookies
from fedigroups.web import site as sites
from fedigroups.web.answers import Endpoint

Link = tuple[str, str]
"""Where it leads, and its word."""
OwnPage = Callable[[Request, Session], Awaitable[Response]]
HOME = "/feed"
"""Where whoever signed in goes, unless they were on their way to another page."""
_WAYS_IN = frozenset(
    {"/login", "/login/second", "/login/passkey", "/signup", "/confirm", "/forgot", "/reset"}
)
"""The pages that somebody passes on the way to another, which their address names as `next`."""


@dataclass(frozen=True, slots=True)
class Me:
    """Whoever is signed in, as every page shows them."""

    session: Session
    token: str
    """For the forms on the page."""
    icon: str
    unread: int
    links: tuple[Link, ...] = ()
    """What else is in their menu."""
    dismissed: frozenset[int] = frozenset()
    """The announcements that they have read."""

    @property
    def actor(self) -> Actor:
        """As whom they act."""
        return self.session.account.actor

    @property
    def username(self) -> str:
        """Their name in addresses."""
        return self.actor.username

    @property
    def handle(self) -> str:
        """`olga@groups.example`."""
        return self.actor.handle

    @property
    def name(self) -> str:
        """What they call themselves."""
        return sanitise.label(self.actor.name, 80) or self.username


async def me(request: Request) -> Me | None:
    """Whoever is signed in and looks at the page; it is made for them from now on."""
    if already := known(request):
        return already
    found = await session(request)
    if found is None:
        return None
    actor = found.account.actor
    mine = request.state.me = Me(
        session=found,
        token=token(request, cookies.read(request, cookies.SESSION)),
        icon=sites.of(request).pictures.shown(actor.icon_url, "icon"),
        unread=await notices.unread(actor.id),
        dismissed=await announcements.dismissed(actor.id, sites.of(request).announcements),
    )
    return mine


def known(request: Request) -> Me | None:
    """Whoever is signed in, on a page of `for_anybody` or `signed_in`; None for strangers."""
    found: Me | None = getattr(request.state, "me", None)
    return found


def reader_id(request: Request) -> int:
    """The id of `known`, for what is read for them; 0 for strangers."""
    mine = known(request)
    return mine.actor.id if mine else 0


def forget(request: Request) -> None:
    """Make the page for a stranger: whoever was signed in is not here any more."""
    request.state.me, request.state.left = None, True


def seems_signed_in(request: Request) -> bool:
    """Whether the browser shows a session, which may have ended, and not by this very request."""
    return cookies.is_signed_in(request) and not getattr(request.state, "left", False)


def token(request: Request, visitor: str) -> str:
    """What forms on a page for this visitor hold: it is made of a cookie of theirs."""
    return secrets.keyed(receptions.of(request).form_key, "form", visitor)


def for_anybody(page: Endpoint) -> Endpoint:
    """The page for strangers, and with what is theirs for whoever is signed in."""

    @wraps(page)
    async def endpoint(request: Request) -> Response:
        if not cookies.is_signed_in(request) or await me(request) is None:
            return await page(request)
        response = await page(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return endpoint


async def session(request: Request) -> Session | None:
    """The session of whoever looks at the page, with account and actor."""
    shown = cookies.read(request, cookies.SESSION)
    return await sessions.find(shown) if shown else None


def signed_in(page: OwnPage) -> Endpoint:
    """The page for whoever is signed in; others sign in first, and come back."""

    @wraps(page)
    async def endpoint(request: Request) -> Response:
        found = await me(request)
        return await page(request, found.session) if found else to_sign_in(request)

    return endpoint


def to_sign_in(request: Request) -> Response:
    """To the page on which one signs in; afterwards the page that was asked for is shown.

    After a press that is the page that it was on. A script is answered 401: it would put the page
    that it is led to into its own.
    """
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"Cache-Control": "private, no-store"})
    return seen(leading_on("/login", whereabouts(request)))


def whereabouts(request: Request) -> str:
    """The page that somebody is on: after a press the one that it was on; on a way in, whereto.

    It is local; `HOME` for the front page, from which nobody is going anywhere.
    """
    is_read = request.method in {"GET", "HEAD"}
    asked = request.url if is_read else URL(request.headers.get("referer", ""))
    if not is_read and not origins.same_origin(str(asked), sites.of(request).origin):
        return HOME
    path = f"{asked.path}?{asked.query}".rstrip("?")
    if asked.path in _WAYS_IN:
        path = dict(parse_qsl(asked.query)).get("next", HOME)
    return HOME if path == "/" else local(path, HOME)


def seen(location: str) -> Response:
    """What was posted is done: see another page (303), by GET."""
    return RedirectResponse(location, 303, {"Cache-Control": "private, no-store"})


def arrived(request: Request, location: str) -> Response:
    """The same for a form that our script may have sent, to show how far it is.

    A script is not told where in a page a 303 leads, so it is answered 201.
    """
    if "x-progress" not in request.headers:
        return seen(location)
    return Response(status_code=201, headers={"Location": location, "Cache-Control": "no-store"})


def local(path: str, default: str) -> str:
    """`path` when it is one of this instance, which no browser takes for another's address."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    is_plain = path.isascii() and path.isprintable() and not any(sign in path for sign in ' \\"<>')
    return path if is_local and is_plain and len(path) <= limits.REQUEST_URL_BYTES else default


def leading_on(page: str, wanted: str) -> str:
    """The page, and where it leads on to; where that is `HOME`, it need not be said."""
    return page if wanted == HOME else f"{page}?next={quote(wanted, safe='')}"


def agent(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")[: limits.AGENT_CHARS]
