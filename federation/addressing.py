"""This module decides to whom a document is addressed, who may see it, and whom it names.

https://www.w3.org/TR/activitypub/#delivery
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from federation import limits
from federation.documents.readers import (
    Document,
    canonical_or_empty,
    ids_of,
    kind_of,
    many,
    uri_of,
    uris_of,
)
from federation.vocabulary import PUBLIC, PUBLIC_SPELLINGS

Visibility = Literal["public", "unlisted", "followers", "direct"]

_BLIND = ("bto", "bcc")
_WIDTH: dict[Visibility, int] = {"direct": 0, "followers": 1, "unlisted": 2, "public": 3}


@dataclass(frozen=True, slots=True)
class Audience:
    """The canonical recipients of one document; Public is `vocabulary.PUBLIC` in any spelling."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()


def read(doc: Document) -> Audience:
    """To whom a document is addressed; at most `limits.RECIPIENTS` are read of each list."""
    return Audience(
        _recipients(doc.get("to")), _recipients(doc.get("cc")), _recipients(doc.get("audience"))
    )


def visibility(*docs: Document) -> Visibility:
    """Who may see what these documents say: the narrowest of them counts.

    A document without `to` and `cc` says nothing about it (bridges leave them out on one of
    activity and object); when none says anything it is direct.
    """
    said = [_visibility(doc) for doc in docs if _is_addressed(doc)]
    return min(said, key=_WIDTH.__getitem__, default="direct")


def has_blind(doc: Document) -> bool:
    """Whether the document, or the object in it, says whom it was sent to in secret."""
    inner = doc.get("object")
    return any(doc.get(key) for key in _BLIND) or (isinstance(inner, dict) and has_blind(inner))


def without_blind(doc: Document) -> Document:
    """The document without `bto` and `bcc`, nor in the object in it: its sender forgot to."""
    kept = {key: value for key, value in doc.items() if key not in _BLIND}
    inner = kept.get("object")
    return kept | {"object": without_blind(inner)} if isinstance(inner, dict) else kept


def named(activity: Document, obj: Document | None) -> list[str]:
    """Every URI that an activity or its object names as a place where it belongs, each once.

    In the order of how plainly they say so: `audience`, `to`, `cc`, `target` and its owner
    (FEP-400e), mentions, and the Groups among `attributedTo` (PeerTube); of each the activity's
    before the object's. Public is not among them.
    """
    docs = [activity] if obj is None else [activity, obj]
    found: dict[str, None] = {}
    for key in ("audience", "to", "cc"):
        for doc in docs:
            found.update(dict.fromkeys(_recipients(doc.get(key))))
    for reader in (_targets, mentions, _groups):
        for doc in docs:
            found.update(dict.fromkeys(reader(doc)))
    found.pop(PUBLIC, None)
    return list(found)


def mentions(obj: Document) -> list[str]:
    """The URIs that the Mention tags of a document point to, each once."""
    tags = many(obj.get("tag"))[: limits.TAGS]
    hrefs = (canonical_or_empty(tag.get("href")) for tag in tags if kind_of(tag) == "Mention")
    return list(dict.fromkeys(href for href in hrefs if href))[: limits.MENTIONS]


def _recipients(value: Any) -> tuple[str, ...]:
    return tuple(_spelt(ids_of(many(value)[: limits.RECIPIENTS])))


def _spelt(ids: list[str]) -> Iterator[str]:
    for id in ids:
        if id in PUBLIC_SPELLINGS:
            yield PUBLIC
        elif uri := canonical_or_empty(id):
            yield uri


def _visibility(doc: Document) -> Visibility:
    read_ = read(doc)
    if PUBLIC in read_.to:
        return "public"
    if PUBLIC in read_.cc:
        return "unlisted"
    everybody = (*read_.to, *read_.cc)
    return "followers" if any(_is_followers(uri) for uri in everybody) else "direct"


def _is_addressed(doc: Document) -> bool:
    return doc.get("to") is not None or doc.get("cc") is not None


def _is_followers(uri: str) -> bool:
    """By its path, as there is no telling otherwise; Friendica has `/followers/ann`."""
    return "followers" in uri.split("/")[3:]


def _targets(doc: Document) -> list[str]:
    found: list[str] = []
    for target in many(doc.get("target"))[: limits.ATTACHMENTS]:
        found += uris_of(target)
        if isinstance(target, dict):
            found += uris_of(target.get("attributedTo"))[: limits.ATTACHMENTS]
    return found


def _groups(doc: Document) -> list[str]:
    owners = many(doc.get("attributedTo"))[: limits.ATTACHMENTS]
    return [uri for owner in owners if kind_of(owner) == "Group" and (uri := uri_of(owner))]
