"""This module puts the headers on every answer that tell browsers what a page of ours may do."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SELF = "'self'"


def policy(images: str = SELF, leaving: str = "") -> str:
    """What a page may load: from here alone, and nothing inline; scripts are our own files.

    `images` are the sources of pictures; `leaving` are schemes that a form may lead to, beside
    our own pages.
    """
    forms = f"{SELF} {leaving}".strip()
    return (
        f"default-src 'none'; style-src 'self'; img-src {images}; manifest-src 'self'; "
        f"connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}; "
        "script-src 'self'"
    )


_HOST = re.compile(r"[A-Za-z0-9.\[\]:-]+")


def leaving_to(uri: str) -> str:
    """The policy of a page whose form is answered with a redirect to this address."""
    parts = urlsplit(uri)
    is_web = parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc)
    target = f"{parts.scheme}://{parts.netloc}" if is_web else f"{parts.scheme}:"
    return policy(leaving=target)


_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
        b"microphone=(), payment=(), usb=()",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HTTPS_ALONE = (b"strict-transport-security", b"max-age=31536000")
"""For this host, not for those below it: they need not be ours."""

Headers = list[tuple[bytes, bytes]]


class SecurityHeaders:
    """ASGI middleware; wrap it around the whole app, so that error pages have the headers too.

    What a response already says for itself is kept. With `https` browsers come by that alone.
    `images` is where pages have pictures from.
    """

    def __init__(self, app: ASGIApp, *, https: bool, images: str = SELF) -> None:
        self.app = app
        ours = (*_ALWAYS, (b"content-security-policy", policy(images).encode()))
        self._always = (*ours, _HTTPS_ALONE) if https else ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app inside does, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_ours(list(message.get("headers", ())))
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _with_ours(self, headers: Headers) -> Headers:
        """The headers of an answer, to which ours are added where it says nothing itself."""
        said = dict(headers)
        headers += [pair for pair in self._always if pair[0] not in said]
        cache = said.get(b"cache-control", b"")
        if b"immutable" in cache:
            return headers
        wanted = [b"Accept"]
        if said.get(b"content-type", b"").startswith(b"text/html"):
            wanted.append(b"Accept-Language")
            if not cache:
                headers.append((b"cache-control", b"no-cache"))
        return _varied(headers, said.get(b"vary", b""), wanted)


def _varied(headers: Headers, vary: bytes, wanted: list[bytes]) -> Headers:
    """With `Vary: Accept`: the same URL is a page for people and a document for programs.

    A page depends on the language of whoever asks, too.
    """
    known = vary.lower().replace(b" ", b"").split(b",")
    more = [name for name in wanted if name.lower() not in known]
    if not more:
        return headers
    others = [pair for pair in headers if pair[0] != b"vary"]
    return [*others, (b"vary", b", ".join([vary, *more] if vary else more))]
