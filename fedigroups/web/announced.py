"""This module decides which announcements a page shows: those that run, and were not read yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request

from federation import clock
from fedigroups import about, announcements
from fedigroups.web import addresses, cookies
from fedigroups.web import site as sites

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
    read = by_cookie(request) if dismissed is None else dismissed
    now = clock.now_ms()
    return [
        Shown(one.id, about.rendered(one.text))
        for one in standing
        if one.id not in read and announcements.runs(one, now)
    ]


def by_cookie(request: Request) -> frozenset[int]:
    """What a stranger has read."""
    said = cookies.read(request, cookies.DISMISSED)
    return frozenset(addresses.number(one) for one in said.split(".")[:KEPT])


def cookie(read: Iterable[int]) -> str:
    """The same, for a browser to remember: the newest of it."""
    return ".".join(str(one) for one in sorted(read, reverse=True)[:KEPT] if one)
