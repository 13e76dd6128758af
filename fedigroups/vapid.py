"""This module keeps the key by which push services know this instance (VAPID, RFC 8292).

It is made once, sealed as all private keys are: a new one would end every subscription.
"""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64encode

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from federation import clock, storage
from federation.errors import Misconfigured
from federation.origin import origin_of
from federation.sealing import Seal

NAME = "vapid"
GOOD_SECONDS = 12 * 3_600
"""How long a push service may believe one signature; RFC 8292 section 2 allows a day."""
_HEAD = {"typ": "JWT", "alg": "ES256"}


class Vapid:
    """The key of an instance; `subject` is whom a push service writes to when we misbehave."""

    def __init__(self, seal: Seal, subject: str) -> None:
        self._seal = seal
        self._subject = subject
        self._private: EllipticCurvePrivateKey | None = None
        self.public = ""
        """The public key as clients are told it: an uncompressed point, base64url."""

    async def open(self) -> None:
        """Load the key, or make it; of several processes the first makes it for all.

        Refuses with Misconfigured a key that was stored under another secret.
        """
        sealed = await _stored()
        if not sealed:
            await self._make()
            sealed = await _stored()
        private = load_der_private_key(self._seal.open(sealed, NAME), None)
        if not isinstance(private, EllipticCurvePrivateKey):
            raise Misconfigured("the VAPID key in the database is no key of P-256: restore it")
        self._private = private
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = _encoded(point)

    async def _make(self) -> None:
        fresh = generate_private_key(SECP256R1()).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        await storage.execute(
            "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
            *(NAME, b64encode(self._seal.close(fresh, NAME)).decode()),
        )

    def signed(self, endpoint: str) -> str:
        """A token that says to the service of that endpoint that it is us (RFC 7515, ES256)."""
        if self._private is None:
            raise RuntimeError("the key is not open")
        claims = {
            "aud": origin_of(endpoint),
            "exp": clock.now_ms() // 1_000 + GOOD_SECONDS,
            "sub": self._subject,
        }
        text = b".".join(_encoded(orjson.dumps(part)).encode() for part in (_HEAD, claims))
        r, s = decode_dss_signature(self._private.sign(text, ECDSA(SHA256())))
        return f"{text.decode()}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


async def _stored() -> bytes:
    """The sealed key, empty until there is one."""
    row = await storage.row("SELECT value FROM setting WHERE key = ?", NAME)
    return b64decode(row["value"]) if row else b""


def subject(contact: str, origin: str) -> str:
    """Where the operator can be reached, as the claim `sub` has it."""
    if "@" in contact and ":" not in contact:
        return f"mailto:{contact}"
    return contact if contact.startswith(("https:", "mailto:")) else origin


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
