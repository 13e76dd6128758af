"""The switch of languages in the foot of every page: a cookie, and back to where one was."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Blocked
from fedigroups.accounts import reception as receptions
from fedigroups.api import body as bodies
from fedigroups.web import cookies, translation, visitors


def routes() -> list[BaseRoute]:
    """The switch."""
    return [Route("/language", choose, methods=["POST"])]


async def choose(request: Request) -> Response:
    """`POST /language`: pages are in that language from now on, in this browser.

    The pages that hold the form are the same for all, so it has no token; another site could
    change the language of pages at most, and may not do that either. Raises `Blocked`.
    """
    origin = receptions.of(request).origin
    if request.headers.get("origin", origin) != origin:
        raise Blocked("this form was sent from another site; nothing was done")
    sent = await bodies.read(request)
    response = visitors.seen(where_they_were(request, origin))
    if (language := sent.text("to")) in translation.LANGUAGES:
        cookies.give(request, response, translation.COOKIE, language, translation.YEAR)
    return response


def where_they_were(request: Request, origin: str) -> str:
    """The page of ours that the form was on; the first one when the browser does not say."""
    came = urlsplit(request.headers.get("referer", ""))
    if f"{came.scheme}://{came.netloc}" != origin:
        return "/"
    return visitors.local(f"{came.path}?{came.query}".rstrip("?"), "/")
