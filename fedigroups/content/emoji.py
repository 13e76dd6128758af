"""This module knows the custom emoji of other servers: pictures that texts name as `:fox:`."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from federation import limits
from fedigroups.content.sanitise import safe_url

Emoji = tuple[tuple[str, str], ...]
"""Codes, and the URLs of their pictures."""

_CODE = re.compile(r"[A-Za-z0-9_]{2,100}")
"""What stands between two colons; clients put it into HTML as it is."""
_KEPT = r'<(?P<raw>pre|code)>.*?</(?P=raw)>|<[^"<>]*(?:"[^"]*"[^"<>]*)*>'
"""Of clean HTML, what is no text: tags with what is quoted in them, and code."""


def said(document: Mapping[str, Any]) -> Emoji:
    """Those that a document of a stranger's brings along; what is none is left out."""
    found: dict[str, str] = {}
    for tag in tags(document):
        icon = tag.get("icon")
        url = icon.get("url") if isinstance(icon, dict) else None
        code = str(tag.get("name") or "").strip(":")
        if tag.get("type") != "Emoji" or not isinstance(url, str) or not safe_url(url):
            continue
        if _CODE.fullmatch(code):
            found[code] = url
    return tuple(found.items())


def stored(document: str) -> Emoji:
    """Those of a document as it was stored; none of what is no document."""
    if not document:
        return ()
    try:
        read = orjson.loads(document)
    except orjson.JSONDecodeError:
        return ()
    return said(read) if isinstance(read, dict) else ()


def tags(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tags of a document, which may be one or several, or nonsense."""
    listed = document.get("tag")
    several = listed if isinstance(listed, list) else [listed]
    return [tag for tag in several[:100] if isinstance(tag, dict)]


def pictured(html: str, emoji: Emoji, shown: Callable[[str], str]) -> str:
    """Clean HTML with pictures for the codes in its text, at the URLs that `shown` makes of theirs.

    What is more than `limits.EMOJI_PICTURES`, and what `shown` answers with "", stays text.
    """
    if not emoji or ":" not in html:
        return html
    urls = dict(emoji)
    left = limits.EMOJI_PICTURES

    def drawn(found: re.Match[str]) -> str:
        nonlocal left
        code = found["code"]
        url = shown(urls[code]) if code and left else ""
        if not url:
            return found[0]
        left -= 1
        return (
            f'<img class="emoji" src="{entities.escape(url)}" alt=":{code}:" title=":{code}:"'
            ' loading="lazy" decoding="async">'
        )

    return _pattern(tuple(urls)).sub(drawn, html)


@lru_cache(maxsize=256)
def _pattern(codes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"{_KEPT}|:(?P<code>{'|'.join(codes)}):", re.DOTALL)
