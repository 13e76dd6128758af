"""This module reads what a visitor put into an address: numbers, handles, the way to sort."""

from __future__ import annotations

import re

from starlette.requests import Request

from federation import ids, limits
from fedigroups.groups.views import SORTS, Sort

_HANDLE = re.compile(
    r"@?([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?)"
    r"@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}(?::[0-9]{1,5})?)"
)


def number(text: str) -> int:
    """The id in `text`; 0, which no row has, when there is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return 0
    value = int(text)
    return value if value <= ids.BIGGEST else 0


def asked_number(request: Request, name: str) -> int:
    """The id in the query parameter `name`; 0 when there is none."""
    return number(request.query_params.get(name, ""))


def asked_sort(request: Request) -> Sort:
    """The order of threads that was asked for; `active` when it is none of ours."""
    asked = request.query_params.get("sort", "")
    return next((sort for sort in SORTS if sort == asked), "active")


def handle(text: str) -> str:
    """`name@host` of what a person typed (`@name@host`, with blanks); "" when it is no handle."""
    typed = text.strip()
    match = _HANDLE.fullmatch(typed) if len(typed) <= limits.HANDLE_CHARS else None
    return f"{match[1]}@{match[2].lower()}" if match else ""
