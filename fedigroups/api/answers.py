"""This module answers programs: JSON always, `{"error": ...}` and a status for what fails."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from federation.errors import Refused, Slowed
from federation.sentences import Sentence

PREFIXES = ("/api/", "/oauth/")
PAGES = ("/oauth/authorize",)
"""What of these people read, in a browser."""

_WORDS = {
    404: "Record not found",
    405: "This address does not take that method",
}


class ApiError(Refused):
    """What a program is refused, with the status and the words that it is told."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(more.get("error_description") or error)
        self.status = status
        self.content = {"error": error, **more}


def is_for_programs(path: str) -> bool:
    """Whether an address is one that programs ask, which read no pages."""
    return path.startswith(PREFIXES) and not path.startswith(PAGES)


def json_answer(content: Any, status: int = 200) -> Response:
    """What is for one program alone: nobody keeps it."""
    headers = {"Cache-Control": "private, no-store"}
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def refusal(error: Exception, spoken: Callable[[str], str] = str) -> Response:
    """The answer to what was refused, or to what broke; `spoken` puts it into another language."""
    if isinstance(error, ApiError):
        content = error.content | {"error": spoken(error.content["error"])}
        answer = json_answer(content, error.status)
        if error.status == 401:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="Fedigroups"'
        return answer
    if isinstance(error, Slowed):
        said = Sentence("Too many requests: {refusal}", refusal=error.sentence)
        answer = json_answer({"error": spoken(said)}, 429)
        answer.headers["Retry-After"] = str(math.ceil(error.seconds))
        return answer
    if isinstance(error, Refused):
        status = 422 if error.status == 400 else error.status
        return json_answer({"error": spoken(error.sentence)}, status)
    if isinstance(error, HTTPException):
        words = _WORDS.get(error.status_code, error.detail)
        answer = json_answer({"error": words}, error.status_code)
        answer.headers.update(error.headers or {})
        return answer
    return json_answer({"error": "Something broke on our side; it was written down"}, 500)
