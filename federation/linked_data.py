"""This module knows which documents with a Linked Data signature (`RsaSignature2017`) are believed.

What such a signature covers is not the JSON, but the graph that the document's contexts make of it;
the contexts are not covered, nor is the manner of writing. Whoever carries a document on can so
write another JSON with the same graph: rename `inReplyTo`, or hang half of a post elsewhere. All
else here reads plain keys. So a document is believed only if they can read nothing but what was
signed:

1. it is *written* in the one manner that plain readers know (`_check_writing`);
2. it is signed *whole*: nothing in it is missing in the graph, and nothing in the graph is put
   together from several places (`_check_whole`);
3. it *means* to our own contexts what it means to its own, in all that they have a name for:
   `jsonld.PLAIN` names whatever is read here (`covered`).

We verify these signatures and make none. https://docs.joinmastodon.org/spec/security/#ld
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from federation import jsonld, limits, strict_json
from federation.documents.readers import Document, many, time_of
from federation.errors import Malformed
from federation.keys import PublicKey
from federation.vocabulary import SECURITY

_TYPE = "RsaSignature2017"
_OPTIONS = frozenset({"creator", "created", "nonce", "domain"})
_ASIDE = frozenset({"type", "id", "signatureValue"})
_RECIPIENTS = frozenset({"to", "cc", "bto", "bcc", "audience"})
_RULES = frozenset({"always", "automaticApproval", "manualApproval", "approvalRequired"})
_PARTS = frozenset({"tag", "attachment", "items", "orderedItems", "oneOf", "anyOf", "focalPoint"})
_LISTS = _RECIPIENTS | _RULES | _PARTS | {"type", "alsoKnownAs"}
"""Keys of which plain readers take all values, in whatever order; of any other they take one."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it stands in a document."""

    creator: str
    """The id of the key."""
    created: int | None
    """Milliseconds since 1970, by the clock of who signed; None when it does not say."""
    options: Document
    value: bytes


def signature_of(document: Document) -> Signature | None:
    """The `signature` of a document, if it has one of this kind that is whole and nothing more."""
    found = document.get("signature")
    if not isinstance(found, dict) or found.get("type") != _TYPE:
        return None
    options = {name: value for name, value in found.items() if name not in _ASIDE}
    if not options.keys() <= _OPTIONS or not all(isinstance(v, str) for v in options.values()):
        return None
    try:
        value = base64.b64decode(found.get("signatureValue", ""), validate=True)
    except (TypeError, ValueError, binascii.Error):
        return None
    creator = options.get("creator", "")
    return Signature(creator, time_of(options.get("created")), options, value)


def covered(document: Document, signature: Signature) -> bytes:
    """What the signature of this document must be over: milliseconds of CPU, so in a thread.

    Refuses (`Malformed`) a document that is not to be believed, whoever signed it: see above. It
    ends in less than a second whatever the document is like.
    """
    bare = {name: value for name, value in document.items() if name != "signature"}
    _check_size(bare)
    _check_writing({name: value for name, value in bare.items() if name != "@context"})
    signed = jsonld.expand(bare)
    _check_whole(signed)
    if _named(signed) != _named(jsonld.expand_plain(_readable(bare))):
        raise Malformed("its contexts give another meaning to what is read here")
    options = jsonld.expand({"@context": SECURITY} | signature.options)
    return (_digest(options) + _digest(signed)).encode()


def verify(message: bytes, signature: Signature, key: PublicKey) -> bool:
    """Whether the signature over `covered` is this key's, which is the one it names."""
    named = key.algorithm == "rsa" and key.uri == signature.creator
    return named and key.verify(signature.value, message)


def _digest(expanded: jsonld.Expanded) -> str:
    return sha256(jsonld.statements(expanded)).hexdigest()


def _check_size(document: Document) -> None:
    size = len(strict_json.dumps(document))
    if size > limits.LINKED_BYTES:
        raise Malformed(f"a signed graph may have {limits.LINKED_BYTES} bytes, not {size}")
    if len(many(document.get("@context"))) > limits.LINKED_CONTEXTS:
        raise Malformed(f"a signed graph may have {limits.LINKED_CONTEXTS} contexts")
    strict_json.measure(document, limits.LINKED_NODES)


def _check_writing(value: Document) -> None:
    """No keywords, types by their short names, lists and objects only where they say something."""
    for key, item in value.items():
        if key.startswith("@"):
            raise Malformed(f"{key[:100]!r} is no plain key")
        if isinstance(item, list) and (key not in _LISTS or not all(map(_is_single, item))):
            raise Malformed(f"{key[:100]!r} must have one value, or a flat list of them")
        if key == "type" and any(":" in kind for kind in many(item) if isinstance(kind, str)):
            raise Malformed("a type must be written by its short name")
        for inner in many(item):
            if isinstance(inner, dict):
                _check_object(inner)


def _is_single(item: Any) -> bool:
    return item is not None and not isinstance(item, list)


def _check_object(value: Document) -> None:
    said = {key for key, item in value.items() if item is not None and item != []}
    if said == {"id"}:
        raise Malformed("an object that is only an id must be written as that id")
    _check_writing(value)


def _check_whole(expanded: jsonld.Expanded) -> None:
    described: set[str] = set()
    for node in _nodes(expanded):
        for name in _iris(node):
            if not _ABSOLUTE.fullmatch(name):
                raise Malformed(f"{name[:100]!r} is left out of what is signed")
        id = node.get("@id")
        if id is None or len(node) == 1:
            continue
        if id in described:
            raise Malformed(f"what is said of {id[:100]} is scattered")
        described.add(id)


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of an expanded document that stand for something; literals do not."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict) and "@value" not in value:
        yield value
        for item in value.values():
            yield from _nodes(item)


def _iris(node: dict[str, Any]) -> Iterator[str]:
    """Every name in a node that must be an IRI to be part of the graph: `_:` is none."""
    if "@id" in node:
        yield node["@id"]
    yield from node.get("@type", ())
    yield from (key for key in node if not key.startswith("@"))


def _readable(value: Any) -> Any:
    """Without the keys that are IRIs (`diaspora:guid`): plain readers pass them by."""
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _readable(item) for key, item in value.items() if ":" not in key}


@cache
def _names() -> frozenset[str]:
    return frozenset(jsonld.plain_names().values())


def _named(value: Any) -> Any:
    """What is left of an expanded document without properties that `PLAIN` has no name for."""
    if isinstance(value, list):
        return [_named(item) for item in value]
    if not isinstance(value, dict):
        return value
    names = _names()
    return {key: _named(item) for key, item in value.items() if key.startswith("@") or key in names}
