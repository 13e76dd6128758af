"""This module lets nothing be changed while the operator wants that: readers read on."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fedigroups.api import answers
from fedigroups.readonly import ReadOnly
from fedigroups.web import errors

RETRY_SECONDS = 120
WORDS = "This server is being looked after: it can be read, and changed again soon."
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Reading:
    """ASGI middleware inside the ambient database: 503 for what would change something.

    Other servers come again, so nothing is lost of what they send.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._read_only = ReadOnly()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or say when to come again."""
        changes = scope["type"] == "http" and scope["method"] not in _READS
        if changes and await self._read_only():
            response = await self._later(Request({**scope, "app": self.app}))
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _later(self, request: Request) -> Response:
        headers = {"Retry-After": str(RETRY_SECONDS)}
        if answers.is_for_programs(request.url.path):
            said = answers.json_answer({"error": WORDS}, 503)
            said.headers.update(headers)
            return said
        if "text/html" in request.headers.get("accept", ""):
            return await errors.on_http(request, HTTPException(503, headers=headers))
        return PlainTextResponse(f"{WORDS}\n", 503, headers)
