"""This module decides which bytes are a JSON document that everybody reads the same way.

What is verified must be what is processed, so whatever parsers differ on is refused: duplicate
keys, numbers beyond 64 bits, lone surrogates. RFC 8259 section 4, RFC 7493 (I-JSON).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import orjson

from federation import limits
from federation.errors import Malformed, TooLarge

_LIMIT = 2**63
# An escape, whole, so that the backslash of one is not taken for the beginning of the next
_ESCAPED_COLON = re.compile(rb"\\(?:u003[aA]|.)", re.DOTALL)


def loads(raw: bytes) -> dict[str, Any]:
    """The object in `raw`; each limit below is one of `federation.limits`.

    Refuses with `TooLarge` more than `BODY_BYTES`, and with `Malformed` what is not UTF-8 (a BOM
    included), not JSON, not an object at its top, deeper than `DEPTH`, longer than `NODES` keys
    and items, and duplicate keys, NaN and infinities, numbers from 2**63 up, lone surrogates and
    NUL characters.
    """
    if len(raw) > limits.BODY_BYTES:
        raise TooLarge(f"a document may have {limits.BODY_BYTES} bytes, this one has {len(raw)}")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON in UTF-8: {error.msg}") from error
    if type(document) is not dict:
        raise Malformed("the document must be a JSON object")
    measure(document)
    if _colons(raw) != dumps(document).count(b":"):
        raise Malformed("a key appears twice in one object")
    if b"\\u0000" in raw and _has_nul(document):
        raise Malformed("a string contains a NUL character")
    return document


def dumps(value: Any) -> bytes:
    """The value as JSON in UTF-8, without needless white space and in the order of its keys."""
    return orjson.dumps(value)


def measure(document: dict[str, Any], most: int = limits.NODES) -> None:
    """Refuse (`Malformed`) a parsed document that is too deep, too long, or has huge numbers.

    `most` is how many keys and items it may have.
    """
    nodes, depth = 0, 1
    level: list[Collection[Any]] = [document.values()]
    while level:
        if depth > limits.DEPTH:
            raise Malformed(f"the document is nested deeper than {limits.DEPTH} levels")
        nodes += sum(map(len, level))
        if nodes > most:
            raise Malformed(f"the document has more than {most} keys and items")
        level = _below(level)
        depth += 1


def _below(level: list[Collection[Any]]) -> list[Collection[Any]]:
    """The values of all objects and arrays in these."""
    below: list[Collection[Any]] = []
    for values in level:
        for value in values:
            kind = type(value)
            if kind is dict:
                below.append(value.values())
            elif kind is list:
                below.append(value)
            # orjson reads longer integers as floats, and rounds the next below -2**63 up to it
            elif (kind is int and not -_LIMIT <= value < _LIMIT) or (
                kind is float and not -_LIMIT < value < _LIMIT
            ):
                raise Malformed("a number does not fit into 64 bits")
    return below


def _colons(raw: bytes) -> int:
    """The colons of a JSON text, also those spelt as an escape.

    Written out again, what was parsed from it has fewer exactly when a key was dropped.
    """
    spelt = _ESCAPED_COLON.findall(raw) if b"\\u003" in raw else []
    return raw.count(b":") + sum(1 for escape in spelt if escape.endswith((b"a", b"A")))


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return _any_nul(value) or _any_nul(value.values())
    return isinstance(value, list) and _any_nul(value)


def _any_nul(values: Iterable[Any]) -> bool:
    return any(_has_nul(value) for value in values)
