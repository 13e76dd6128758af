"""This module decides what an actor document says, and believes only what is on its own origin.

https://www.w3.org/TR/activitypub/#actor-objects, FEP-fe34, FEP-521a
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from federation import limits
from federation.documents.readers import (
    Document,
    kind_of,
    link_of,
    many,
    matching,
    name_of,
    page_of,
    text_of,
    time_of,
    uri_of,
    uris_of,
)
from federation.errors import Malformed
from federation.origin import canonical, same_origin
from federation.vocabulary import ACTOR_TYPES

_USERNAME = re.compile(r"[^\s@/\\:?#<>\"'&\x00-\x20\x7f-\x9f\ud800-\udfff]{1,255}")
_HANDLE = re.compile(r"[^\s@/\\<>\"'&\x00-\x20\x7f-\x9f]{1,255}@[A-Za-z0-9.:_-]{1,255}")


@dataclass(frozen=True, slots=True)
class KeyDoc:
    """A key that an actor publishes: `material` is PEM for `rsa`, a multibase for `ed25519`."""

    id: str
    owner: str
    algorithm: Literal["rsa", "ed25519"]
    material: str


@dataclass(frozen=True, slots=True)
class ActorDoc:
    """An actor as read: URLs canonical, texts raw but cut to `federation.limits`."""

    id: str
    kind: str
    username: str
    """"" when it has none, or none that a handle could carry."""
    name: str
    summary: str
    """As it was sent: to be sanitised before anybody sees it."""
    url: str
    icon_url: str
    banner_url: str
    inbox: str
    shared_inbox: str
    outbox: str
    followers: str
    moderators: str
    """Of a Group, the collection of its moderators (FEP-1b12)."""
    featured: str
    published: int | None
    updated: int | None
    moved_to: str
    also_known_as: tuple[str, ...]
    suspended: bool
    discoverable: bool
    indexable: bool
    """Whether its posts may be searched (FEP-5feb): unless it says that they may not."""
    keys: tuple[KeyDoc, ...]
    """Those that name this actor as their owner, and are on its origin."""
    webfinger: str
    """The handle it claims (FEP-2c59); to be verified."""
    document: Document


def read_actor(document: Document) -> ActorDoc:
    """What the actor says of itself.

    Refuses (`Malformed`) a document without an id or with a type that no actor has. An inbox, a
    collection or a key that is not on the actor's own origin is left out.
    """
    value = document.get("id")
    if not isinstance(value, str):
        raise Malformed("an actor must have an id")
    id, kind = canonical(value), kind_of(document)
    if kind not in ACTOR_TYPES:
        raise Malformed(f"{id} is not an actor")
    return ActorDoc(
        id=id,
        kind=kind,
        username=matching(_USERNAME, document.get("preferredUsername")),
        name=name_of(document),
        summary=text_of(document, "summary")[: limits.SUMMARY_CHARS],
        url=page_of(document.get("url")),
        icon_url=_icon(document.get("icon")),
        banner_url=_icon(document.get("image")),
        inbox=_own(document.get("inbox"), id),
        shared_inbox=_shared_inbox(document.get("endpoints"), id),
        outbox=_own(document.get("outbox"), id),
        followers=_own(document.get("followers"), id),
        moderators=_moderators(document, kind, id),
        featured=_own(document.get("featured"), id),
        published=time_of(document.get("published")),
        updated=time_of(document.get("updated")),
        moved_to=uri_of(document.get("movedTo")),
        also_known_as=tuple(uris_of(document.get("alsoKnownAs"))[: limits.ALIASES]),
        suspended=document.get("suspended") is True,
        discoverable=document.get("discoverable") is not False,
        indexable=document.get("indexable") is not False,
        keys=_keys(document, id),
        webfinger=matching(_HANDLE, document.get("webfinger")),
        document=document,
    )


def _own(value: Any, id: str) -> str:
    """A URL on the origin of that id; a list is none, an embedded collection is its id."""
    url = "" if isinstance(value, list) else uri_of(value)
    return url if same_origin(url, id) else ""


def _shared_inbox(endpoints: Any, id: str) -> str:
    return _own(endpoints.get("sharedInbox"), id) if isinstance(endpoints, dict) else ""


def _moderators(document: Document, kind: str, id: str) -> str:
    """Lemmy names the collection in `attributedTo`; PeerTube lists the owner there, as objects."""
    if kind != "Group":
        return ""
    if found := _own(document.get("moderators"), id):
        return found
    owner = document.get("attributedTo")
    return _own(owner, id) if isinstance(owner, str) else ""


def _icon(value: Any) -> str:
    """The last of several: PeerTube lists them from the smallest."""
    urls = [url for item in many(value)[: limits.ATTACHMENTS] if (url := link_of(item))]
    return urls[-1] if urls else ""


def _keys(document: Document, id: str) -> tuple[KeyDoc, ...]:
    found = [
        *(_rsa_key(item) for item in many(document.get("publicKey"))[: limits.KEYS_PER_ACTOR]),
        *(_multikey(item) for item in many(document.get("assertionMethod"))[: limits.MULTIKEYS]),
    ]
    owned = [key for key in found if key and key.owner == id and same_origin(key.id, id)]
    return tuple(owned[: limits.KEYS_PER_ACTOR])


def _rsa_key(item: Any) -> KeyDoc | None:
    return _key(item, "owner", "rsa", "publicKeyPem", "-----BEGIN ")


def _multikey(item: Any) -> KeyDoc | None:
    """Only Ed25519 keys begin with `z6Mk` (FEP-521a)."""
    if kind_of(item) != "Multikey":
        return None
    return _key(item, "controller", "ed25519", "publicKeyMultibase", "z6Mk")


def _key(
    item: Any, owner: str, algorithm: Literal["rsa", "ed25519"], field: str, prefix: str
) -> KeyDoc | None:
    if not isinstance(item, dict):
        return None
    material, id, of = item.get(field), uri_of(item.get("id")), uri_of(item.get(owner))
    if not isinstance(material, str) or len(material) > limits.KEY_CHARS or not (id and of):
        return None
    if not material.lstrip().startswith(prefix):
        return None
    return KeyDoc(id, of, algorithm, material)
