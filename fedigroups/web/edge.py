"""This module refuses addresses that no honest program sends, before anything reads them."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from federation import limits


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


def _refusal(scope: Scope) -> PlainTextResponse | None:
    path, query = scope["path"], scope["query_string"]
    if len(path) + len(query) > limits.REQUEST_URL_BYTES:
        return PlainTextResponse("That address is too long.\n", 414)
    if "\0" in path or b"%00" in query or b"\0" in query:
        return PlainTextResponse("That address has a NUL in it.\n", 400)
    if len(path) > limits.SEGMENT_CHARS and max(map(len, path.split("/"))) > limits.SEGMENT_CHARS:
        return PlainTextResponse("There is nothing of that name here.\n", 404)
    return None
