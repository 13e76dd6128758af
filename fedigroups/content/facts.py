"""This module knows the facts that people state of themselves: pairs of a word and a value.

Between servers each is a `PropertyValue` of schema.org among an actor's attachments, as Mastodon
has it: the value is HTML, and a link in it says `rel=me` for pages that link back.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from fedigroups.content.sanitise import REL, clean, label, safe_url

MOST = 8
NAME_CHARS, VALUE_CHARS = 100, 500
TERMS = {
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
}
"""What a context says of them, in Mastodon's words."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A word, and what belongs to it, as HTML that may be shown."""

    name: str
    html: str


def own(stored: str) -> tuple[Fact, ...]:
    """Those of somebody here, from the JSON list of pairs that is kept."""
    return tuple(Fact(name, _linked(value)) for name, value in orjson.loads(stored))


def stated(document: str | Mapping[str, Any]) -> tuple[Fact, ...]:
    """Those that the document of an actor elsewhere states; what is none of that is left out."""
    said = document if isinstance(document, Mapping) else _parsed(document)
    listed = said.get("attachment")
    shown = [
        (label(str(one.get("name") or ""), NAME_CHARS), str(one.get("value") or ""))
        for one in (listed if isinstance(listed, list) else [listed])
        if isinstance(one, Mapping) and one.get("type") == "PropertyValue"
    ]
    return tuple(Fact(name, _cleaned(value[:VALUE_CHARS])) for name, value in shown[:MOST] if name)


def written(facts: Sequence[Fact]) -> list[dict[str, str]]:
    """The attachments that state them."""
    return [{"type": "PropertyValue", "name": one.name, "value": one.html} for one in facts]


def _parsed(document: str) -> Mapping[str, Any]:
    try:
        read = orjson.loads(document)
    except orjson.JSONDecodeError:  # of whom only the name is known, nothing is kept
        return {}
    return read if isinstance(read, Mapping) else {}


def _linked(value: str) -> str:
    """The value as HTML; what is an address is a link."""
    text = html.escape(value)
    url = safe_url(value) if value.startswith(("https://", "http://")) else ""
    return f'<a href="{html.escape(url)}" rel="me {REL}">{text}</a>' if url else text


@lru_cache(maxsize=2_048)  # the accounts of a page come again and again, and cleaning is slow
def _cleaned(value: str) -> str:
    return clean(value)
