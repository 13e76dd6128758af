"""The pages that say what is not there, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from tortoise.exceptions import BaseORMException, ValidationError

from federation.errors import Malformed, Refused, Slowed
from federation.faults import is_away
from fedigroups.api import answers
from fedigroups.web import refusals, render, translation
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

AWAY_SECONDS = 30
"""After which whoever met a database that is away may ask again."""

log = structlog.get_logger("fedigroups.web")

TEXTS = {
    400: (
        noted("That did not work"),
        noted("The address has something in it that this server cannot read."),
    ),
    403: (noted("You may not do that"), noted("It is not for you, or not like this.")),
    404: (
        noted("There is nothing here"),
        noted("The address may be mistyped, or what was here is not open to everybody."),
    ),
    405: (
        noted("Not like that"),
        noted("This address is not for what your program tried to do with it."),
    ),
    410: (
        noted("This is gone"),
        noted("It was here once. Whoever had a say in it took it away for good."),
    ),
    413: (noted("That is too much"), noted("Send less at once.")),
    429: (
        noted("Not so fast"),
        noted("Too much came from where you are; please try again in a while."),
    ),
    500: (
        noted("Something broke on our side"),
        noted("It is not your fault, and it was written down. Please try again in a moment."),
    ),
    503: (
        noted("Just for reading, for a while"),
        noted(
            "This server is being looked after, and takes nothing new. Go back: your browser still"
            " has what you typed. Send it again in a few minutes."
        ),
    ),
}


def not_found(request: Request) -> Response:
    """404: it is not here, or not for a stranger; both look the same."""
    return _page(request, 404)


def gone(request: Request) -> Response:
    """410: it was here."""
    return _page(request, 410)


def not_open(request: Request, state: str) -> Response:
    """Of a group that is closed for good 410; of one that is suspended 403."""
    if state == "suspended":
        return _page(request, 403, said=_("Whoever runs this server has suspended this group."))
    return gone(request)


async def on_http(request: Request, error: Exception) -> Response:
    """The page for an HTTPException of Starlette's, or JSON for programs."""
    if answers.is_for_programs(request.url.path):
        return answers.refusal(error)
    status, headers = (
        (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    )
    return _page(request, status, headers)


async def on_refusal(request: Request, error: Exception) -> Response:
    """The page for what we refuse on purpose, in the words of the refusal; JSON for programs.

    Programs get the English that the rules have, which some compare; people's own language else.
    """
    is_english = translation.spoken() == translation.ENGLISH
    answer = answers.refusal(error, str if is_english else refusals.of_text)
    if answers.is_for_programs(request.url.path):
        return answer
    wait = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}
    text = refusals.said(error) if isinstance(error, Refused) else ""
    status = error.status if isinstance(error, Refused) else answer.status_code
    return _page(request, status, wait, text)


async def on_misfit(request: Request, _error: Exception) -> Response:
    """What is longer than whatever is kept of its kind: there is no such thing here."""
    return await on_refusal(request, Malformed("something that was sent is longer than it may be"))


async def on_database(request: Request, error: Exception) -> Response:
    """503 while the database is away, which is a line in the log; else it is a fault of ours."""
    if not is_away(error):
        raise error
    log.error("web.database_away", path=request.url.path, reason=str(error))
    wait = {"Retry-After": str(AWAY_SECONDS)}
    if answers.is_for_programs(request.url.path):
        said = {"error": "This server's database does not answer; please try again in a minute"}
        answer = answers.json_answer(said, 503)
        answer.headers.update(wait)
        return answer
    heading = _("Away for a moment")
    text = _(
        "The database of this server does not answer. Please try again in a minute: your browser"
        " still has what you typed."
    )
    return _page(request, 503, wait, text, heading)


async def on_crash(request: Request, error: Exception) -> Response:
    """The page for anything that was not foreseen; it needs neither database nor site."""
    if answers.is_for_programs(request.url.path):
        return answers.refusal(error)
    if getattr(request.app.state, "site", None) is None:
        return PlainTextResponse("Something broke on our side.\n", 500)
    return _page(request, 500)


def handlers() -> Mapping[Any, Any]:
    """For Starlette's `exception_handlers`."""
    refused = {Refused: on_refusal, Slowed: on_refusal, ValidationError: on_misfit}
    faults = (BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError)
    database = dict.fromkeys(faults, on_database)
    return {HTTPException: on_http, **database, **refused, Exception: on_crash}


def _page(
    request: Request,
    status: int,
    headers: Mapping[str, str] | None = None,
    said: str = "",
    called: str = "",
) -> Response:
    heading, text = TEXTS.get(status, TEXTS[500 if status >= 500 else 400])
    return render.page(
        request,
        "error.html",
        status=status,
        headers=headers,
        title=called or _(heading),
        indexed=False,
        status_code=status,
        heading=called or _(heading),
        text=said or _(text),
    )
