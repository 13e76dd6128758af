"""This module decides which announcements a page shows: those that run, and were not read yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from federation import clock
from fedigroups import about, announcements
from fedigroups.models import Announcement
from fedigroups.web import cookies
from fedigroups.web import site as sites

_MARK = re.compile(r"[0-9]{1,19}-[0-9a-f]{8}")
KEPT = 20
"""How many a stranger's browser remembers to have read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An announcement on a page."""

    id: int
    html: str


def shown(request: Request, dismissed: frozenset[int] | None) -> list[Shown]:
    """Those for whoever looks at the page; for a stranger (None) by what their browser shows."""
    standing = sites.of(request).announcements
    if not standing:
        return []
    read = by_cookie(request) if dismissed is None else ()
    put_away = dismissed or ()
    now = clock.now_ms()
    return [
        Shown(one.id, about.rendered(one.text))
        for one in standing
        if one.id not in put_away and mark(one) not in read and announcements.runs(one, now)
    ]


def mark(one: Announcement) -> str:
    """What a stranger's browser remembers of it: with another text it is shown again."""
    return f"{one.id}-{sha256(one.text.encode()).hexdigest()[:8]}"


def by_cookie(request: Request) -> list[str]:
    """What a stranger has read, the newest last."""
    return cookies.read(request, cookies.DISMISSED).split(".")[-KEPT:]


def cookie(request: Request, read: Announcement) -> str:
    """The same and one more, for a browser to remember."""
    known = [one for one in by_cookie(request) if _MARK.fullmatch(one) and one != mark(read)]
    return ".".join([*known, mark(read)][-KEPT:])
