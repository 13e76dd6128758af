"""This module refuses addresses that no honest program sends, before anything reads them."""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from federation import limits
from fedigroups.api import answers


class Edge:
    """ASGI middleware: what no row here could answer to is not looked for.

    400 for NUL in path or query (PostgreSQL has no such text), 404 for a longer name than columns
    have, 414 for 8 kB.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the refusal, or hand on."""
        answer = _refusal(scope) if scope["type"] == "http" else None
        await (answer or self.app)(scope, receive, send)


def _refusal(scope: Scope) -> Response | None:
    path, query = scope["path"], scope["query_string"]
    if len(path) + len(query) > limits.REQUEST_URL_BYTES:
        return _said(path, 414, "That address is too long.")
    if "\0" in path or b"%00" in query or b"\0" in query:
        return _said(path, 400, "That address has a NUL in it.")
    if len(path) > limits.SEGMENT_CHARS and max(map(len, path.split("/"))) > limits.SEGMENT_CHARS:
        return _said(path, 404, "There is nothing of that name here.")
    return None


def _said(path: str, status: int, words: str) -> Response:
    if answers.is_for_programs(path):
        return answers.json_answer({"error": words}, status)
    return PlainTextResponse(f"{words}\n", status)
