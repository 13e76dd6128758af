"""This module writes what only one device can read, whatever the push service between us is.

RFC 8291 (`aes128gcm`), and the draft before it that Mastodon's apps still ask for (`aesgcm`:
draft-ietf-webpush-encryption-04, draft-ietf-httpbis-encryption-encoding-03).
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.errors import Malformed

AUTH_BYTES = 16
RECORD = 4_096
"""The size of the one record; RFC 8291 section 4 asks for no more."""
_LAST = b"\x02"
_NO_PADDING = b"\x00\x00"


@dataclass(frozen=True, slots=True)
class Device:
    """The keys of whoever reads (RFC 8291 section 2)."""

    public: EllipticCurvePublicKey
    auth: bytes

    @classmethod
    def read(cls, p256dh: str, auth: str) -> Device:
        """From base64url. Raises `Malformed` for what is no point of P-256, and no 16 bytes."""
        try:
            point, secret = decoded(p256dh), decoded(auth)
            public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        except ValueError as error:
            raise Malformed("keys[p256dh] must be an uncompressed point of P-256") from error
        if len(point) != 65 or len(secret) != AUTH_BYTES:
            raise Malformed(f"keys[p256dh] has 65 bytes, keys[auth] {AUTH_BYTES}")
        return cls(public, secret)


def _fresh() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


@dataclass(frozen=True, slots=True)
class Once:
    """What is drawn for one message: a key of ours and a salt."""

    private: EllipticCurvePrivateKey = field(default_factory=_fresh)
    salt: bytes = field(default_factory=partial(secrets.token_bytes, 16))

    @property
    def point(self) -> bytes:
        """Our public half."""
        return point(self.private.public_key())


def sealed(plain: bytes, device: Device, once: Once | None = None) -> bytes:
    """The body of a message, in `aes128gcm` (RFC 8291 section 3.4 and RFC 8188 section 2)."""
    once = once or Once()
    shared = once.private.exchange(ECDH(), device.public)
    info = b"WebPush: info\0" + point(device.public) + once.point
    keyed = _derived(device.auth, shared, info, 32)
    key = _derived(once.salt, keyed, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(once.salt, keyed, b"Content-Encoding: nonce\0", 12)
    head = once.salt + RECORD.to_bytes(4, "big") + len(once.point).to_bytes(1, "big") + once.point
    return head + AESGCM(key).encrypt(nonce, plain + _LAST, b"")


def sealed_as_before(
    plain: bytes, device: Device, once: Once | None = None
) -> tuple[bytes, dict[str, str]]:
    """The body in `aesgcm`, and the headers that go with it."""
    once = once or Once()
    shared = once.private.exchange(ECDH(), device.public)
    keyed = _derived(device.auth, shared, b"Content-Encoding: auth\0", 32)
    context = b"P-256\0" + _counted(point(device.public)) + _counted(once.point)
    key = _derived(once.salt, keyed, b"Content-Encoding: aesgcm\0" + context, 16)
    nonce = _derived(once.salt, keyed, b"Content-Encoding: nonce\0" + context, 12)
    headers = {
        "Encryption": f"salt={encoded(once.salt)}",
        "Crypto-Key": f"dh={encoded(once.point)}",
    }
    return AESGCM(key).encrypt(nonce, _NO_PADDING + plain, b""), headers


def point(public: EllipticCurvePublicKey) -> bytes:
    """A public key as its uncompressed point."""
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """What base64, of either alphabet and padded or not, says. Raises ValueError."""
    plain = text.replace("+", "-").replace("/", "_").rstrip("=")
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def _counted(key: bytes) -> bytes:
    return len(key).to_bytes(2, "big") + key
