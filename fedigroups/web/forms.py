"""This module takes forms only from our own pages, and shows forms that it will take.

Two proofs: the browser says that it comes from our origin, and the form holds a token made of the
visitor's cookie, which no other site can read. A program that says no origin needs the token still.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from federation import limits
from federation.errors import Blocked
from fedigroups.accounts import reception as receptions
from fedigroups.accounts import secrets
from fedigroups.api import body as bodies
from fedigroups.api.body import Body
from fedigroups.web import cookies, render, visitors
from fedigroups.web.translation import gettext as _

FIELD = "form_token"
_OURS = frozenset({"", "same-origin"})


class Problems(dict[str, str]):
    """What is wrong, for each field; with the others nothing is."""

    def __missing__(self, field: str) -> str:
        return ""


async def read(request: Request, *, most: int = limits.FORM_BYTES, files: int = 0) -> Body:
    """What was filled in. Raises `Blocked` for a form that is not of a page of ours."""
    sent, is_good = await look(request, most=most, files=files)
    if not is_good:
        raise Blocked(
            "this form is too old, or cookies are off: go back, load the page again, and retry"
        )
    return sent


async def look(
    request: Request, *, most: int = limits.FORM_BYTES, files: int = 0
) -> tuple[Body, bool]:
    """What was filled in, and whether the token proves that it may be done.

    Without that, the form may be shown again with what was typed, and nothing else be done. Raises
    `Blocked` for what another site sent.
    """
    origin = request.headers.get("origin", "")
    site = request.headers.get("sec-fetch-site", "")
    if (origin and origin != receptions.of(request).origin) or site not in _OURS:
        raise Blocked("this form was sent from another site; nothing was done")
    sent = await bodies.read(request, most=most, files=files)
    visitor = visitor_of(request)
    is_good = visitor and secrets.same(sent.text(FIELD), visitors.token(request, visitor))
    return sent, bool(is_good)


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A page for one visitor, with the token for its forms; nobody keeps it.

    With `problems`, a text for each field, its status is 422.
    """
    visitor = visitor_of(request)
    fresh = "" if visitor else secrets.new()
    said = {"Cache-Control": "private, no-store"}
    response = render.page(
        request,
        template,
        status=422 if problems else status,
        headers=said | (headers or {}),
        indexed=False,
        form_token=visitors.token(request, visitor or fresh),
        problems=Problems(problems or {}),
        **values,
    )
    if fresh:
        cookies.give(request, response, cookies.VISIT, fresh, 0)
    return response


def done(request: Request, words: Mapping[str, str]) -> str:
    """What a page says of what was just done, by the word in its address; "" for nothing."""
    said = words.get(request.query_params.get("done", ""), "")
    return _(said) if said else ""


def visitor_of(request: Request) -> str:
    """The cookie that forms here are made of; empty where the browser shows none."""
    return cookies.read(request, cookies.SESSION) or cookies.read(request, cookies.VISIT)


def notice(
    request: Request,
    status: int,
    heading: str,
    text: str,
    *,
    link: str = "",
    word: str = "",
    **values: Any,
) -> Response:
    """A page that says one thing, and where to go from there."""
    return page(
        request,
        "notice.html",
        status=status,
        title=heading,
        heading=heading,
        text=text,
        link=link,
        word=word,
        **values,
    )
