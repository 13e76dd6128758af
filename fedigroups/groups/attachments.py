"""This module knows what is kept of what a post carries, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from federation import limits
from federation.documents import AttachmentDoc, ObjectDoc
from fedigroups.content import sanitise
from fedigroups.content.sanitise import safe_url

PICTURE_TYPES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/apng"}
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something attached to a post: where it is, and its text for those who do not see it."""

    kind: str
    url: str
    text: str
    media_type: str = ""
    width: int = 0
    height: int = 0

    @property
    def is_picture(self) -> bool:
        """Whether it is shown as a picture, and not as a link."""
        if self.media_type:
            return self.media_type in PICTURE_TYPES
        return self.kind == "Image"


def kept(document: ObjectDoc) -> str:
    """What a post's column keeps of them: those at addresses that a page may lead to."""
    kept = [_attachment(part) for part in document.attachments if safe_url(part.url)]
    return json.dumps(kept, ensure_ascii=False)


def addresses(document: ObjectDoc) -> list[str]:
    """Where those are of which a column is kept."""
    return [url for part in document.attachments if (url := safe_url(part.url))]


def _attachment(part: AttachmentDoc) -> dict[str, object]:
    """What is shown of it; what its author did not say is left out."""
    said: dict[str, object] = {
        "media_type": part.media_type,
        "width": part.width,
        "height": part.height,
        "blurhash": part.blurhash,
        "focus": list(part.focus) if any(part.focus) else "",
    }
    known = {name: value for name, value in said.items() if value}
    return {"kind": part.kind, "url": safe_url(part.url), "text": part.text} | known


def shown(text: str) -> tuple[Attachment, ...]:
    """The attachments in a post's column; their URLs are checked once more."""
    found: list[Mapping[str, Any]] = orjson.loads(text)
    return tuple(
        Attachment(
            sanitise.label(str(one.get("kind") or ""), 32),
            url,
            sanitise.label(str(one["text"]), limits.ALT_CHARS),
            str(one.get("media_type") or ""),
            int(one.get("width") or 0),
            int(one.get("height") or 0),
        )
        for one in found
        if (url := sanitise.safe_url(str(one.get("url") or "")))
    )
