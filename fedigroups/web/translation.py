"""This module knows in which language a page is said, and says texts in it.

Texts are English in code and templates; `locale/*.po` has them in the other languages, and is read
when a server starts. A visitor's own choice (a cookie) is first, then what their browser asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from fedigroups.content import catalogues
from fedigroups.content.catalogues import noted

__all__ = ["gettext", "ngettext", "noted"]

LANGUAGES = {"en": "English", "it": "Italiano", "es": "Español"}
"""How each language calls itself."""
ENGLISH = "en"
LOCALES = {"en": "en_GB", "it": "it", "es": "es"}
"""After whose custom dates and numbers are written."""
COOKIE = "fedigroups-language"
YEAR = 31_536_000
HEADER_CHARS = 400

_CHOSEN = re.compile(rb"(?:^|;\s*)(?:__Host-)?" + COOKIE.encode() + rb"=([a-z]{2})(?=;|$)")
_ALONE = re.compile(rb"(?:__Host-)?" + COOKIE.encode() + rb"=([a-z]{2})")


_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


def ready() -> None:
    """Read all catalogs, so that no visitor waits until theirs is."""
    for language in LANGUAGES:
        catalogues.read(language)


def spoken() -> str:
    """The language of the page that is being made."""
    return _spoken.get()


def locale() -> str:
    """Its name with a country, for dates and numbers."""
    return LOCALES[_spoken.get()]


def gettext(text: str, **values: object) -> str:
    """The text in the language that is spoken; `%(name)s` in it is the value of that name."""
    said = catalogues.read(_spoken.get()).gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, number: int) -> str:
    """One of two texts, or of as many as the language has for numbers."""
    return catalogues.read(_spoken.get()).ngettext(one, many, number)


def chosen(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The language for whoever sends these headers."""
    wished = b""
    for name, value in headers:
        if name == b"cookie" and (found := _CHOSEN.search(value)):
            if (language := found[1].decode()) in LANGUAGES:
                return language
        elif name == b"accept-language" and not wished:
            wished = value
    return negotiated(wished)


def by_cookie_alone(cookie: bytes) -> str:
    """The language in a `Cookie` header that holds nothing else; "" for any other header."""
    found = _ALONE.fullmatch(cookie)
    language = found[1].decode() if found else ""
    return language if language in LANGUAGES else ""


@lru_cache(maxsize=256)
def negotiated(wished: bytes) -> str:
    """The first of our languages in an `Accept-Language` header (RFC 9110 section 12.5.4)."""
    ranked: list[tuple[float, str]] = []
    for part in wished[:HEADER_CHARS].decode("latin-1").lower().split(","):
        tag, _, weight = part.strip().partition(";")
        language = tag.strip().partition("-")[0]
        if language in LANGUAGES and (rank := _weight(weight)) > 0:
            ranked.append((rank, language))
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else ENGLISH


def _weight(text: str) -> float:
    """The number in `q=0.8`; 1 without one, 0 for what cannot be read."""
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    return float(value) if re.fullmatch(r"[01](\.[0-9]{0,3})?", value.strip()) else 0.0


class Spoken:
    """ASGI middleware: all that answers a request speaks the language of whoever asked."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app inside does, in that language."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        before = _spoken.set(chosen(scope["headers"]))
        try:
            await self.app(scope, receive, send)
        finally:
            _spoken.reset(before)
