"""This module is a device with an app on it, and the push service that wakes it."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedigroups.push.encryption import decoded, encoded, point

HOST = "push.example"


def private(text: str) -> EllipticCurvePrivateKey:
    """The private key in base64url."""
    return derive_private_key(int.from_bytes(decoded(text), "big"), SECP256R1())


def derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


@dataclass
class Device:
    """What reads: its keys, and what it was woken with."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    auth: bytes = b"0123456789abcdef"
    answers: list[Response] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    patience: asyncio.Event | None = None
    """When it is there, nothing is answered until it is set."""
    under_way: int = 0
    most: int = 0
    """How many were under way at most."""

    @property
    def keys(self) -> dict[str, str]:
        """As an app sends them."""
        return {"p256dh": encoded(point(self.key.public_key())), "auth": encoded(self.auth)}

    @property
    def app(self) -> Starlette:
        """The push service."""
        return Starlette(routes=[Route("/to/{one}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.came.append((dict(request.headers), await request.body()))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.patience is not None:
                await self.patience.wait()
        finally:
            self.under_way -= 1
        return self.answers.pop(0) if self.answers else Response(status_code=201)

    def messages(self) -> list[Any]:
        """All that it can read of what came."""
        return [json.loads(self.read(headers, body)) for headers, body in self.came]

    def read(self, headers: dict[str, str], body: bytes) -> bytes:
        if headers["content-encoding"] == "aes128gcm":
            return self.opened(body)
        salt = re.fullmatch(r"salt=([\w-]+)", headers["encryption"])
        theirs = re.match(r"dh=([\w-]+)", headers["crypto-key"])
        assert salt
        assert theirs
        return self.opened_as_before(body, decoded(theirs[1]), decoded(salt[1]))

    def opened(self, body: bytes) -> bytes:
        """RFC 8291 section 3.4, as its reader reads it."""
        salt, size, theirs = body[:16], int.from_bytes(body[16:20], "big"), body[21 : 21 + body[20]]
        assert len(body) <= size
        info = b"WebPush: info\0" + point(self.key.public_key()) + theirs
        keyed = derived(self.auth, self._shared(theirs), info, 32)
        key = derived(salt, keyed, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(salt, keyed, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, body[21 + body[20] :], b"").rstrip(b"\0")
        assert plain.endswith(b"\x02")
        return plain[:-1]

    def opened_as_before(self, body: bytes, theirs: bytes, salt: bytes) -> bytes:
        """draft-ietf-webpush-encryption-04."""
        keyed = derived(self.auth, self._shared(theirs), b"Content-Encoding: auth\0", 32)
        ours = point(self.key.public_key())
        context = b"P-256\0" + b"\0A" + ours + b"\0A" + theirs
        key = derived(salt, keyed, b"Content-Encoding: aesgcm\0" + context, 16)
        nonce = derived(salt, keyed, b"Content-Encoding: nonce\0" + context, 12)
        plain = AESGCM(key).decrypt(nonce, body, b"")
        return plain[2 + int.from_bytes(plain[:2], "big") :]

    def _shared(self, theirs: bytes) -> bytes:
        public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), theirs)
        return self.key.exchange(ECDH(), public)


def claims(headers: dict[str, str], server_key: str) -> dict[str, Any]:
    """What the sender says of itself, which must be signed with that key (RFC 8292, draft-01)."""
    said = headers["authorization"]
    if said.startswith("vapid "):
        token, key = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", said).groups()  # type: ignore[union-attr]
    else:
        token = said.removeprefix("WebPush ")
        key = headers["crypto-key"].partition("p256ecdsa=")[2]
    assert key == server_key
    signed, _, signature = token.rpartition(".")
    r, s = decoded(signature)[:32], decoded(signature)[32:]
    public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decoded(key))
    der = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    public.verify(der, signed.encode(), ECDSA(SHA256()))
    found: dict[str, Any] = json.loads(decoded(signed.partition(".")[2]))
    return found
