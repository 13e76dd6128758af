"""This module stands before all that programs ask: slashes at the end, CORS, shares.

It wraps the app, so that what is refused or breaks inside has these headers too: without them a
client in a browser cannot read the refusal.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.errors import Slowed
from fedigroups.api import answers, shares
from fedigroups.api.shares import Shares
from inbox.pressure import address_of

EXPOSED = "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
)
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key"),
    (b"access-control-max-age", b"86400"),
)


class Front:
    """ASGI middleware for the addresses that programs ask; all others go by."""

    def __init__(self, app: ASGIApp, counted: Shares) -> None:
        self.app = app
        self.shares = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight or a refusal, or hand on, and add the headers."""
        if scope["type"] == "http" and scope["path"].startswith(answers.PREFIXES):
            scope["path"] = scope["path"].rstrip("/")  # toot opens /oauth/authorize/
        if scope["type"] != "http" or not answers.is_for_programs(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_ours(scope, list(message.get("headers", ())))
            await send(message)

        await self._answer(scope)(scope, receive, send_on)

    def _answer(self, scope: Scope) -> ASGIApp:
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return Response(status_code=204)
        if headers.get("authorization", "").lower().startswith("bearer "):
            return self.app  # whoever looks at the token takes of its account's share
        try:
            self.shares.take_of_visitor(scope, address_of(Request(scope)))
        except Slowed as error:
            return answers.refusal(error)
        return self.app


def _with_ours(scope: Scope, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    ours = [*_CORS, *shares.headers(scope)]
    if scope["method"] == "OPTIONS":
        ours += _PREFLIGHT
    names = {name for name, _ in ours}
    return [pair for pair in headers if pair[0] not in names] + ours
