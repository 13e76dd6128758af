"""This module decides at which URL a picture is shown: ours, or our copy of somebody else's."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, get_args

from federation import origin as origins
from fedigroups.content.sanitise import safe_url
from fedigroups.media import names

Size = Literal["icon", "banner", "preview", "whole"]
"""Of an actor the first two, of a post the others."""
SIZES: tuple[Size, ...] = get_args(Size)
PATH = "/media"
PROXY = f"{PATH}/proxy"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a signed path of ours asks for: a picture of another server, in some size."""

    size: Size
    url: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """The one place that makes URLs to show.

    `place` is where our own files are found. Unless `proxied`, pictures of other servers are shown
    from where they are, and those servers then see who looks.
    """

    origin: str
    place: str
    secret: bytes = field(repr=False)
    proxied: bool = True

    def file(self, key: str) -> str:
        """The URL of a file of ours."""
        return f"{self.place}/{key}"

    def shown(self, url: str, size: Size = "whole") -> str:
        """The URL at which the picture that is at `url` is shown; "" for what is no URL of one."""
        return _shown(self, url, size) if url else ""

    def is_ours(self, url: str) -> bool:
        """Whether the URL is that of a file in our store, here or where it used to be served."""
        for place in (self.place, f"{self.origin}{PATH}"):
            if url.startswith(f"{place}/"):
                return bool(names.stem_of(url.removeprefix(f"{place}/")))
        return False

    def asked(self, size: str, signature: str, name: str) -> Asked | None:
        """What is asked for, or None unless we signed just that: we are nobody's open proxy."""
        try:
            url = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
        except ValueError:
            return None
        if size not in SIZES or not safe_url(url):
            return None
        asked = Asked(size, url)
        wanted = _path(self.secret, asked.size, url)
        given = f"{PROXY}/{size}/{signature}/{name}"
        return asked if hmac.compare_digest(wanted.encode(), given.encode()) else None

    @property
    def sources(self) -> str:
        """What a page's policy must allow as sources of pictures."""
        if not self.proxied:
            return "'self' https: http:" if self.origin.startswith("http:") else "'self' https:"
        elsewhere = origins.origin_of(self.place)
        return "'self'" if elsewhere == self.origin else f"'self' {elsewhere}"


@lru_cache(maxsize=8_192)  # a page has the same few people hundreds of times
def _shown(pictures: Pictures, url: str, size: Size) -> str:
    if pictures.is_ours(url):
        return names.preview_beside(url) if size == "preview" else url
    url = safe_url(url)
    if not url or not pictures.proxied or origins.same_origin(url, pictures.origin):
        return url
    return f"{pictures.origin}{_path(pictures.secret, size, url)}"


def _path(secret: bytes, size: Size, url: str) -> str:
    key = hmac.new(secret, b"fedigroups pictures", hashlib.sha256).digest()
    digest = hmac.new(key, f"{size}\n{url}".encode(), hashlib.sha256).digest()
    return f"{PROXY}/{size}/{_text(digest[:16])}/{_text(url.encode())}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
