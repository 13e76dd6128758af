"""This module signs documents in the tests as others do, with none of our own code for it.

`RsaSignature2017`: a signature over the canonical graphs of its options and of the document. The
same graphs are what somebody checks who believes the signature and looks at nothing else.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from pyld import BUNDLED_CONTEXTS, FrozenDocumentLoader, jsonld

from federation import clock, multikey
from federation.vocabulary import AS2
from neighbour import ed25519, rsa

Json = dict[str, Any]

MASTODON = [
    AS2,
    {
        "ostatus": "http://ostatus.org#",
        "atomUri": "ostatus:atomUri",
        "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
        "conversation": "ostatus:conversation",
        "sensitive": "as:sensitive",
        "toot": "http://joinmastodon.org/ns#",
        "votersCount": "toot:votersCount",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "Hashtag": "as:Hashtag",
    },
]
"""The context that a Mastodon writes around a status."""

_DC = "http://purl.org/dc/terms/"
_IDENTITY = {
    "creator": {"@id": f"{_DC}creator", "@type": "@id"},
    "created": {"@id": f"{_DC}created", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
}
_LOADER = FrozenDocumentLoader(dict(BUNDLED_CONTEXTS))


def graph(document: Json) -> str:
    """The canonical graph of a document, under whatever contexts it has."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "base": None}
    return str(jsonld.normalize(document, options | {"documentLoader": _LOADER}))


def signed(document: Json, creator: str, key: str, created_ms: int | None = None) -> Json:
    """The document with a signature by the RSA key of that name, whose id is `creator`."""
    created = clock.rfc3339(clock.now_ms() if created_ms is None else created_ms)
    options = {"creator": creator, "created": created}
    value = rsa(key).sign(_message(document, options), PKCS1v15(), SHA256())
    signature = {"type": "RsaSignature2017", **options, "signatureValue": b64encode(value).decode()}
    return document | {"signature": signature}


def proven(document: Json, key_id: str, key: str, created_ms: int | None = None) -> Json:
    """The document with an integrity proof (FEP-8b32) by the Ed25519 key of that name."""
    config = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": key_id,
        "proofPurpose": "assertionMethod",
        "created": clock.rfc3339(clock.now_ms() if created_ms is None else created_ms),
    }
    parts = (sha256(rfc8785.dumps(part)).digest() for part in (config, document))
    value = multikey.encode(ed25519(key).sign(b"".join(parts)))
    return document | {"proof": config | {"proofValue": value}}


def deceives(document: Json, key: str) -> bool:
    """Whether the signature verifies for somebody who looks at the graph alone."""
    bare = {name: value for name, value in document.items() if name != "signature"}
    signature = document["signature"]
    options = {name: signature[name] for name in ("creator", "created")}
    value = b64decode(signature["signatureValue"])
    try:
        rsa(key).public_key().verify(value, _message(bare, options), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _message(document: Json, options: Json) -> bytes:
    graphs = (graph({"@context": _IDENTITY} | options), graph(json.loads(json.dumps(document))))
    return "".join(sha256(one.encode()).hexdigest() for one in graphs).encode()
