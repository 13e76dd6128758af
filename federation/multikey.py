"""This module knows multibase Multikeys: base58btc text with a two-byte prefix for the kind of key.

https://w3id.org/security/multikey, FEP-521a.
"""

from __future__ import annotations

from federation import limits
from federation.errors import Malformed

ED25519 = b"\xed\x01"
RSA = b"\x85\x24"

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {char: value for value, char in enumerate(_ALPHABET)}


def encode(raw: bytes) -> str:
    """Multibase text in base58btc: `z` and then the digits."""
    number = int.from_bytes(raw, "big")
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = _ALPHABET[rest] + digits
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return "z" + "1" * zeros + digits


def decode(text: str) -> bytes:
    """The bytes of multibase text; refuses (`Malformed`) other bases than base58btc, and length."""
    if not text.startswith("z") or len(text) > limits.MULTIKEY_CHARS:
        raise Malformed(f"not base58btc multibase: {text[:100]!r}")
    number = 0
    for char in text[1:]:
        if char not in _VALUES:
            raise Malformed(f"not a base58 character: {char!r}")
        number = number * 58 + _VALUES[char]
    digits = text[1:]
    zeros = len(digits) - len(digits.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
