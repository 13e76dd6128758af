"""This module reads single values out of documents in which everything may be one, many or absent.

None of these refuses: what cannot be read is as if it were not there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from federation import limits
from federation.errors import Malformed
from federation.origin import canonical

Document = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_YEARS = range(1970, 2200)
_KIND_CHARS = 32
_TIME_CHARS = 64


def many(value: Any) -> list[Any]:
    """All values: of a list its items, of nothing none."""
    if isinstance(value, list):
        return [item for item in value if item is not None]
    return [] if value is None else [value]


def one(value: Any) -> Any | None:
    """The first of the values, None when there is none."""
    if isinstance(value, list):
        return next((item for item in value if item is not None), None)
    return value


def id_of(value: Any) -> str:
    """The id of the first of the values, as it is spelt there; "" when there is none."""
    found = one(value)
    if isinstance(found, dict):
        found = found.get("id")
    return found if isinstance(found, str) else ""


def ids_of(value: Any) -> list[str]:
    """The ids of all the values that have one, as they are spelt there."""
    return [found for item in many(value) if (found := id_of(item))]


def canonical_or_empty(value: Any) -> str:
    """The canonical spelling of a URL, "" for whatever is none."""
    if not isinstance(value, str) or not value:
        return ""
    try:
        return canonical(value)
    except Malformed:
        return ""


def uri_of(value: Any) -> str:
    """The canonical id of the first of the values, "" when it has none."""
    return canonical_or_empty(id_of(value))


def uris_of(value: Any) -> list[str]:
    """The canonical ids of the values, without those that have none."""
    return [found for item in many(value) if (found := uri_of(item))]


def kind_of(value: Any) -> str:
    """The type of an embedded object; "" unless it has exactly one, and that a short string."""
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, list) and len(kind) == 1:
        kind = kind[0]
    return kind if isinstance(kind, str) and len(kind) <= _KIND_CHARS else ""


def text_of(document: Document, key: str) -> str:
    """A text that may also be given by language, in `key` itself or in `keyMap`.

    Of several languages the document's own is taken, otherwise the first.
    """
    plain = one(document.get(key))
    if isinstance(plain, str):
        return plain
    for by_language in (plain, document.get(f"{key}Map")):
        if isinstance(by_language, dict) and (text := _one_language(document, by_language)):
            return text
    return ""


def _one_language(document: Document, texts: Document) -> str:
    own = document.get("language")
    chosen = texts.get("@value") or (texts.get(own) if isinstance(own, str) else None)
    for text in (chosen, *texts.values()):
        if isinstance(found := one(text), str):
            return found
    return ""


def short(value: Any, chars: int) -> str:
    """A string cut to so many characters, "" for anything else."""
    return value[:chars] if isinstance(value, str) else ""


def matching(pattern: re.Pattern[str], value: Any) -> str:
    """A string of which all fits the pattern, "" for anything else."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def name_of(document: Document) -> str:
    """The `name`, cut to `limits.NAME_CHARS`."""
    return text_of(document, "name")[: limits.NAME_CHARS]


def page_of(value: Any) -> str:
    """The URL among strings and Links that leads to an HTML page, otherwise the first URL."""
    first = ""
    for item in many(value)[: limits.ATTACHMENTS]:
        url = link_of(item)
        if url and isinstance(item, dict) and item.get("mediaType") == "text/html":
            return url
        first = first or url
    return first


def link_of(value: Any) -> str:
    """The URL of a string, a Link, or an object with `url`, in its canonical spelling; or ""."""
    found = one(value)
    for _ in range(3):
        if not isinstance(found, dict):
            break
        found = one(found.get("href") or found.get("url"))
    return canonical_or_empty(found)


def time_of(value: Any) -> int | None:
    """A time in milliseconds since 1970; None for what is no time between 1970 and 2199.

    Any precision is taken (Pleroma writes nanoseconds), and a time without a zone is UTC.
    """
    if not isinstance(value, str) or len(value) > _TIME_CHARS:
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    ms = (moment - _EPOCH) // _MILLISECOND
    return ms if ms >= 0 else None
