"""This module makes what opens something (cookies, links, codes, tokens), and knows it again.

All are random and long, so a plain digest of them can be stored: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from federation import limits

TOKEN_BYTES = 32


def new() -> str:
    """A secret of 256 bits, in characters that URLs and headers take as they are."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(shown: str) -> str:
    """What is stored of a secret; of one that is too long, what no secret has."""
    return hashlib.sha256(shown.encode()).hexdigest() if len(shown) <= limits.SECRET_CHARS else ""


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode(), other.encode())


def keyed(key: bytes, *words: str) -> str:
    """A text that only those who have the key can make of these words."""
    message = b"".join(b"%d:%s" % (len(word.encode()), word.encode()) for word in words)
    return hmac.new(key, message, hashlib.sha256).hexdigest()
