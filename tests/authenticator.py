"""A device that keeps a passkey, in software: it answers as a browser does, or lies as told."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import struct
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

from guests import ORIGIN, PASSWORD, Guest, hidden

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """It knows its owner by a finger, unless `flags` say otherwise; at 0 it counts nothing."""

    origin: str = ORIGIN
    party: str = "groups.example"
    flags: int = PRESENT | VERIFIED
    framed: bool = False
    count: int = 0
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict[str, Any]) -> str:
        """A passkey for whoever is named in the options."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        place = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (place.x, place.y))
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        data = self._data(ATTESTED) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._client_data("webauthn.create", options["challenge"])
        return self._said(clientDataJSON=said, attestationObject=attested)

    def show(self, options: dict[str, Any]) -> str:
        """The passkey, for the challenge in the options."""
        said = self._client_data("webauthn.get", options["challenge"])
        data = self._data()
        signed = data + hashlib.sha256(said).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._said(
            clientDataJSON=said, authenticatorData=data, signature=signature, userHandle=self.handle
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(said | {"crossOrigin": self.framed}).encode()

    def _data(self, more: int = 0) -> bytes:
        host = hashlib.sha256(self.party.encode()).digest()
        return host + struct.pack(">BI", self.flags | more, self.count)

    def _said(self, **response: bytes) -> str:
        written = {name: bytes_to_base64url(value) for name, value in response.items()}
        own = bytes_to_base64url(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": written})


async def proposed(guest: Guest, password: str = PASSWORD) -> httpx.Response:
    """The page with what a browser is told to make a passkey."""
    return await guest.fill("/settings/passkeys", step="propose", name="Phone", current=password)


def told(shown: httpx.Response) -> dict[str, Any]:
    """What stands on that page for the browser."""
    found = re.search(r'data-passkey="([^"]+)"', shown.text)
    assert found, shown.text
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


async def add(guest: Guest, device: Device) -> httpx.Response:
    """Make a passkey, as whoever is signed in and knows the password."""
    shown = await proposed(guest)
    said = device.make(told(shown))
    return await guest.post("/settings/passkeys", hidden(shown) | {"passkey": said})


async def asked(guest: Guest) -> dict[str, Any]:
    """What a browser is told to have a passkey shown; the page of signing in was looked at."""
    answer = await guest.get("/login/passkey")
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


async def show(guest: Guest, said: str) -> httpx.Response:
    """Send what a passkey answered."""
    form = hidden(await guest.get("/login?again"))
    return await guest.post("/login/passkey", form | {"passkey": said})


async def enter(guest: Guest, device: Device) -> httpx.Response:
    """Sign in with a passkey."""
    await guest.get("/login?again")
    return await show(guest, device.show(await asked(guest)))
