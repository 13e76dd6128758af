"""This module puts the headers on every answer that tell browsers what a page of ours may do."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SOURCES = (
    "default-src 'none'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
POLICY = f"{_SOURCES}; script-src 'none'"
"""No scripts at all, and nothing inline: there are none to allow."""
LEAVING = f"{_SOURCES} https:; script-src 'none'"
"""For the page whose form is answered with a redirect to the visitor's own server."""
LEAVING_HTTP = f"{_SOURCES} https: http:; script-src 'none'"
"""The same for an instance that itself speaks plain http, on loopback."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware; wrap it around the whole app, so that error pages have the headers too.

    What a response already says for itself is kept.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app inside does, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _add(headers: MutableHeaders) -> None:
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", POLICY)
    if "immutable" in headers.get("cache-control", ""):
        return
    # The same URL is a page for people and a document for programs.
    headers.add_vary_header("Accept")
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Cache-Control", "no-cache")
