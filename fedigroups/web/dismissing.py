"""The button below an announcement with which whoever has read it puts it away."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.errors import Blocked, NotHere
from fedigroups import announcements
from fedigroups.accounts import reception as receptions
from fedigroups.web import (
    addresses,
    announced,
    cookies,
    forms,
    language_choice,
    translation,
    visitors,
)
from fedigroups.web import site as sites


def routes() -> list[BaseRoute]:
    """The press."""
    return [Route("/announcements/{id}/dismiss", dismiss, methods=["POST"])]


async def dismiss(request: Request) -> Response:
    """`POST /announcements/{id}/dismiss`: then back to the page that it was on.

    Of a stranger the browser remembers it, as it does the language: there is no token on pages
    that are the same for all. Raises `Blocked` for a form of another site.
    """
    origin = receptions.of(request).origin
    if request.headers.get("origin", origin) != origin:
        raise Blocked("this form was sent from another site; nothing was done")
    number = addresses.number(request.path_params["id"])
    response = visitors.seen(language_choice.where_they_were(request, origin))
    if me := await visitors.me(request):
        await forms.read(request)
        if not await announcements.dismiss(me.actor.id, number):
            raise NotHere("there is nothing here")
        return response
    standing = sites.of(request).announcements
    if read := next((one for one in standing if one.id == number), None):
        remembered = announced.cookie(request, read)
        cookies.give(request, response, cookies.DISMISSED, remembered, translation.YEAR)
    return response
