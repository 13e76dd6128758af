"""This module decides what an object says: a post, a reply, a vote, in anybody's spelling.

https://www.w3.org/TR/activitystreams-vocabulary/#object-types
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from federation import limits
from federation.documents.readers import (
    Document,
    canonical_or_empty,
    kind_of,
    link_of,
    many,
    matching,
    name_of,
    page_of,
    short,
    text_of,
    time_of,
    uri_of,
    uris_of,
)
from federation.errors import Malformed
from federation.origin import canonical, host_of
from federation.vocabulary import POST_TYPES, PUBLIC_SPELLINGS

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_MEDIA_TYPE_CHARS = 128
_MEDIA_TYPE = re.compile(r"[a-z]{1,16}/[A-Za-z0-9.+-]{1,64}")
_BLURHASH = re.compile(rf"[0-9A-Za-z#$%*+,.:;=?@\[\]^_{{|}}~-]{{6,{limits.BLURHASH_CHARS}}}")


@dataclass(frozen=True, slots=True)
class AttachmentDoc:
    """Something that a post carries or leads to."""

    kind: str
    url: str
    text: str
    media_type: str = ""
    width: int = 0
    height: int = 0
    blurhash: str = ""
    focus: tuple[float, float] = (0.0, 0.0)
    """Of a picture, what must stay in view: from -1 (left, below) to 1 (right, above)."""


@dataclass(frozen=True, slots=True)
class TagDoc:
    """A mention, a hashtag or an emoji; `href` is "" where it has none."""

    kind: str
    href: str
    name: str


@dataclass(frozen=True, slots=True)
class ObjectDoc:
    """An object as read: ids canonical, texts raw but cut to `federation.limits`."""

    id: str
    kind: str
    attributed_to: str
    """Its author: of several the first that is not said to be a Group."""
    owners: tuple[str, ...]
    """Everybody that it is attributed to."""
    name: str
    content: str
    """As it was sent: to be sanitised before anybody sees it."""
    summary: str
    source: str
    media_type: str
    url: str
    """The page to read it on; nothing is ever looked up by it."""
    in_reply_to: str
    published: int | None
    updated: int | None
    language: str
    sensitive: bool
    attachments: tuple[AttachmentDoc, ...]
    tags: tuple[TagDoc, ...]
    context: str
    is_vote: bool
    """Whether it is a vote in a poll: neither a reply nor a post."""
    can_announce: tuple[str, ...] | None
    """Who may announce it without asking (GoToSocial); None when anybody may."""
    document: Document

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing in it to read, to see or to answer."""
        texts = (self.name, self.content, self.summary, self.source)
        asks = any(key in self.document for key in ("oneOf", "anyOf"))
        return not (self.attachments or asks or any(text.strip() for text in texts))


def read_object(document: Document) -> ObjectDoc:
    """What the object says.

    Refuses (`Malformed`) one without an id or a single type, a post without an author, and one
    whose author is on another host than itself (FEP-fe34).
    """
    value = document.get("id")
    if not isinstance(value, str):
        raise Malformed("an object must have an id")
    id, kind = canonical(value), kind_of(document)
    if not kind:
        raise Malformed(f"the object {id} must have exactly one type")
    author = _author(document, id, kind)
    name = name_of(document)
    content = text_of(document, "content")[: limits.CONTENT_CHARS]
    in_reply_to = uri_of(document.get("inReplyTo"))
    return ObjectDoc(
        id=id,
        kind=kind,
        attributed_to=author,
        owners=tuple(uris_of(document.get("attributedTo"))[: limits.ATTACHMENTS]),
        name=name,
        content=content,
        summary=text_of(document, "summary")[: limits.SUMMARY_CHARS],
        source=_source(document.get("source")),
        media_type=short(document.get("mediaType"), _MEDIA_TYPE_CHARS),
        url=page_of(document.get("url")),
        in_reply_to=in_reply_to,
        published=time_of(document.get("published")),
        updated=time_of(document.get("updated")),
        language=_language(document),
        sensitive=document.get("sensitive") is True,
        attachments=_attachments(document.get("attachment")),
        tags=_tags(document.get("tag")),
        context=uri_of(document.get("context")),
        is_vote=kind == "Note" and bool(name and in_reply_to and author and not content),
        can_announce=_can_announce(document.get("interactionPolicy")),
        document=document,
    )


def _author(document: Document, id: str, kind: str) -> str:
    """PeerTube names the channel, a Group, beside the person, in either order."""
    owners = many(document.get("attributedTo"))
    named = [owner for owner in owners if isinstance(owner, str)]
    embedded = [item for item in owners if isinstance(item, dict) and kind_of(item) != "Group"]
    author = next((uri for owner in (*named, *embedded) if (uri := uri_of(owner))), "")
    if not author and kind in POST_TYPES:
        raise Malformed(f"the post {id} must be attributed to an actor")
    if author and host_of(author) != host_of(id):
        raise Malformed(f"the object {id} is not on the host of its author {author}")
    return author


def _source(value: Any) -> str:
    text = text_of(value, "content") if isinstance(value, dict) else value
    return short(text, limits.CONTENT_CHARS)


def _language(document: Document) -> str:
    """Lemmy writes `{identifier, name}`, PeerTube the same, Mastodon a `contentMap` of one."""
    value = document.get("language")
    if isinstance(value, dict):
        value = value.get("identifier")
    by_language = document.get("contentMap")
    if not isinstance(value, str) and isinstance(by_language, dict) and len(by_language) == 1:
        value = next(iter(by_language))
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else ""


def _attachments(value: Any) -> tuple[AttachmentDoc, ...]:
    read = (_attachment(item) for item in many(value)[: limits.ATTACHMENTS])
    return tuple(attachment for attachment in read if attachment.url)


def _attachment(item: Any) -> AttachmentDoc:
    if not isinstance(item, dict):
        return AttachmentDoc("Link", link_of(item), "")
    return AttachmentDoc(
        kind_of(item),
        link_of(item),
        name_of(item),
        media_type=matching(_MEDIA_TYPE, item.get("mediaType")),
        width=_side(item.get("width")),
        height=_side(item.get("height")),
        blurhash=matching(_BLURHASH, item.get("blurhash")),
        focus=_focus(item.get("focalPoint")),
    )


def _side(value: Any) -> int:
    is_side = isinstance(value, int) and 0 < value <= limits.IMAGE_SIDE
    return int(value) if is_side else 0


def _focus(value: Any) -> tuple[float, float]:
    """Two numbers from -1 to 1; anything else is the centre."""
    numbers = [one for one in many(value)[:3] if isinstance(one, int | float)]
    if len(numbers) != 2 or not all(-1 <= one <= 1 for one in numbers):
        return 0.0, 0.0
    return float(numbers[0]), float(numbers[1])


def _tags(value: Any) -> tuple[TagDoc, ...]:
    return tuple(
        TagDoc(kind_of(item), canonical_or_empty(item.get("href")), name_of(item))
        for item in many(value)[: limits.TAGS]
        if isinstance(item, dict)
    )


def _can_announce(policy: Any) -> tuple[str, ...] | None:
    """An absent or empty rule leaves it open to anybody; one that names nobody, to nobody.

    `always` is what GoToSocial called `automaticApproval` before 0.20.
    """
    rule = policy.get("canAnnounce") if isinstance(policy, dict) else None
    if not isinstance(rule, dict) or not rule:
        return None
    allowed = many(rule.get("automaticApproval", rule.get("always")))
    if any(isinstance(item, str) and item in PUBLIC_SPELLINGS for item in allowed):
        return None
    return tuple(uris_of(allowed)[: limits.RECIPIENTS])
