"""This module knows the two headers that bind a signature to a body, and reads them strictly.

`Digest` (RFC 3230) belongs to draft-cavage, `Content-Digest` (RFC 9530) to RFC 9421. Both are over
the raw bytes of the body: JSON that is parsed and written again has another digest. Python's own
base64 is lax (it skips what it does not know), so every value passes `strict_base64` here.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Iterator
from functools import lru_cache

from federation.errors import BadSignature, Malformed

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_SIZES = {"sha-256": 32, "sha-512": 64}

# One member of a dictionary of byte sequences (RFC 9651 sections 3.2 and 3.3.5), no parameters.
_MEMBER = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):[ \t]*(,|\Z)")


@lru_cache(maxsize=4)
def digest(body: bytes) -> str:
    """The value of a `Digest` header; `SHA-256` in capitals, as snac and PieFed insist."""
    return "SHA-256=" + b64encode(hashlib.sha256(body).digest()).decode()


def content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(value: str, body: bytes) -> None:
    """Return when a `Digest` header fits the body.

    SHA-256 must be there, and every digest in the list that can be computed must fit. Refuses with
    `BadSignature` what does not fit or is too weak, with `Malformed` an algorithm named twice and
    what is not a digest in plain base64.
    """
    if value == digest(body):
        return
    given = _listed(value)
    if "sha-256" not in given:
        raise BadSignature("the Digest header must carry SHA-256 of the body")
    for name, text in given.items():
        if name in _HASHES:
            _compare(name, text, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Return when a `Content-Digest` header fits the body.

    SHA-256 or SHA-512 must be there, and every one that can be computed must fit. Refuses like
    `check_digest`.
    """
    if value == content_digest(body):
        return
    given = dict(_members(value))
    if not _HASHES.keys() & given.keys():
        raise BadSignature("the Content-Digest header must carry sha-256 or sha-512 of the body")
    for name, text in given.items():
        if name in _HASHES:
            _compare(name, text, body)


def byte_sequences(value: str) -> dict[str, bytes]:
    """The members of a structured dictionary whose values are all byte sequences.

    Refuses (`Malformed`) any other value, parameters, a name given twice, and lax base64, which
    the general parsers of structured fields let pass.
    """
    return {name: strict_base64(text) for name, text in _members(value)}


def strict_base64(text: str) -> bytes:
    """The bytes that plain and padded base64 stands for; refuses (`Malformed`) all other text."""
    try:
        return a2b_base64(text, strict_mode=True)
    except (Error, ValueError) as error:
        raise Malformed(f"not strict base64: {text[:100]!r}") from error


def _listed(value: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in value.split(","):
        name, equals, text = part.strip(" \t").partition("=")
        name = name.lower()
        if not equals or not name or name in given:
            raise Malformed(f"the Digest header is no list of different digests: {value[:200]!r}")
        given[name] = text
    return given


def _members(value: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    at, separator = 0, ","
    while separator:
        match = _MEMBER.match(value, at)
        if match is None or match[1] in seen:
            raise Malformed(f"not a dictionary of different byte sequences: {value[:200]!r}")
        seen.add(match[1])
        at, separator = match.end(), match[3]
        yield match[1], match[2]


def _compare(name: str, text: str, body: bytes) -> None:
    expected = b64encode(_HASHES[name](body).digest()).decode()
    if text == expected:
        return
    if len(strict_base64(text)) != _SIZES[name]:
        raise Malformed(f"a {name} digest has {_SIZES[name]} bytes, this one has not: {text[:100]}")
    raise BadSignature(
        f"the {name} digest is not that of the body: the body was changed on its way"
    )
