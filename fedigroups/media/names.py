"""This module knows how files are named in the store: never by who brought them.

A picture has a stem, `ab/cd/` and 32 digits; its file is the stem with the ending of its type, its
preview the stem with `-preview.webp`.
"""

from __future__ import annotations

import re
import secrets

PREVIEW = "-preview.webp"
PREVIEW_TYPE = "image/webp"
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
}
TAKEN = (*_ENDINGS, "image/avif")
"""What may be uploaded; a file of the last kind is kept as another."""
_FILE = re.compile(
    r"(?P<stem>[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32})(?P<rest>-preview\.webp|\.(?:jpg|png|webp|gif))"
)


def new() -> str:
    """A new stem: 128 bits of chance, below two folders."""
    return of(secrets.token_hex(16))


def of(digest: str) -> str:
    """The stem of a copy: of one picture the same, whichever process fetches it."""
    return f"{digest[:2]}/{digest[2:4]}/{digest[:32]}"


def file(stem: str, type_: str) -> str:
    """The key of a picture's file; KeyError for a type that we do not make."""
    return stem + _ENDINGS[type_]


def preview(stem: str) -> str:
    """The key of a picture's preview."""
    return stem + PREVIEW


def stem_of(key: str) -> str:
    """The stem of a picture by the key of its file or of its preview; "" for what is no key."""
    found = _FILE.fullmatch(key)
    return found["stem"] if found else ""


def preview_beside(url: str) -> str:
    """The URL of the preview of the picture whose file is at a URL of ours."""
    return f"{url.rpartition('.')[0]}{PREVIEW}"
