"""This module verifies integrity proofs in documents: FEP-8b32 with `eddsa-jcs-2022`.

Such a proof says who made a document, whoever carried it. A proof is over the JSON as it is
(RFC 8785), so no context is looked at. https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import rfc8785

from federation import clock, multikey
from federation.documents.readers import Document, time_of
from federation.errors import Malformed
from federation.keys import PublicKey

_SIGNATURE_BYTES = 64


def key_id(document: Document) -> str:
    """The id of the key that a document's proof names; empty where there is no such proof."""
    proof = _proof(document)
    return proof["verificationMethod"] if proof else ""


def created(document: Document) -> int | None:
    """When a document's proof says it was made, in milliseconds since 1970; None if it does not."""
    proof = _proof(document)
    return time_of(proof.get("created")) if proof else None


def verify(document: Document, key: PublicKey) -> bool:
    """Whether the proof of a document was made with this key, over all of the document.

    False for a proof of another kind, of another key, or past its `expires`. A Linked Data
    `signature` beside the proof is no part of what it covers.
    """
    proof = _proof(document)
    if proof is None or key.algorithm != "ed25519" or proof["verificationMethod"] != key.uri:
        return False
    if _expired(proof) or not _context_fits(document, proof):
        return False
    try:
        signature = multikey.decode(proof["proofValue"])
        return len(signature) == _SIGNATURE_BYTES and any(
            key.verify(signature, text) for text in _texts(document, proof)
        )
    except (Malformed, rfc8785.CanonicalizationError):
        return False


def _proof(document: Document) -> Document | None:
    """The proof of a document: one, as FEP-8b32 has it; nothing is chosen out of several."""
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict):
        return None
    known = (
        proof.get("type") == "DataIntegrityProof"
        and proof.get("cryptosuite") == "eddsa-jcs-2022"
        and proof.get("proofPurpose") == "assertionMethod"
        and isinstance(proof.get("verificationMethod"), str)
        and isinstance(proof.get("proofValue"), str)
    )
    return proof if known else None


def _expired(proof: Document) -> bool:
    if "expires" not in proof:
        return False
    try:
        moment = datetime.fromisoformat(proof["expires"])
    except (TypeError, ValueError):
        return True
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < clock.now()


def _context_fits(document: Document, proof: Document) -> bool:
    """Whether the proof's `@context` is the beginning of the document's."""
    if "@context" not in proof:
        return True
    signed, whole = _listed(proof["@context"]), _listed(document.get("@context"))
    return whole[: len(signed)] == signed


def _texts(document: Document, proof: Document) -> Iterator[bytes]:
    """What may have been signed: hash of the proof's configuration, hash of the document."""
    bare = {name: value for name, value in document.items() if name not in ("proof", "signature")}
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    if "@context" in config:
        bare["@context"] = config["@context"]
    covered = sha256(rfc8785.dumps(bare)).digest()
    yield sha256(rfc8785.dumps(config)).digest() + covered
    if "@context" not in config and "@context" in bare:
        # Fedify signs the document's context in the configuration without writing it there.
        config["@context"] = bare["@context"]
        yield sha256(rfc8785.dumps(config)).digest() + covered


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
