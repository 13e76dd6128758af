"""This module signs requests in the tests as peers do, well or badly, with none of our own code."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from federation.keys import PublicKey
from federation.signatures import SignedRequest
from neighbour import ed25519, rsa

ORIGIN = "https://groups.example"
NOW = 1_790_000_000_000
"""Monday, 21 September 2026, 14:13:20 GMT."""
SECONDS = NOW // 1_000
DATE = "Mon, 21 Sep 2026 14:13:20 GMT"
VIC = "https://h.example/users/vic"
KEY_ID = f"{VIC}#main-key"
BODY = b'{"type": "Like",  "actor":"https://h.example/users/vic", "name":"caf\\u00e9"}'
POST = ("(request-target)", "host", "date", "digest")
GET = ("(request-target)", "host", "date")
COMPONENTS = ("@method", "@target-uri", "content-digest")
Private = RSAPrivateKey | Ed25519PrivateKey


def vic(key_id: str = KEY_ID) -> PublicKey:
    """The RSA key that vic signs with."""
    return PublicKey(key_id, VIC, "rsa", rsa("vic").public_key())


def vics_ed25519() -> PublicKey:
    """The Ed25519 key that vic signs with."""
    return PublicKey(KEY_ID, VIC, "ed25519", ed25519("vic").public_key())


def b64_sha(body: bytes, name: str = "sha256") -> str:
    """A digest of a body in base64."""
    return b64encode(hashlib.new(name, body).digest()).decode()


def raw_signature(key: Private, text: str, *, sha512: bool = False) -> str:
    """A signature over a text in base64."""
    message = text.encode("latin-1")
    if isinstance(key, Ed25519PrivateKey):
        return b64encode(key.sign(message)).decode()
    return b64encode(key.sign(message, PKCS1v15(), SHA512() if sha512 else SHA256())).decode()


def with_header(request: SignedRequest, name: str, value: str) -> SignedRequest:
    """The request with one header replaced, after it was signed."""
    kept = [pair for pair in request.headers if pair[0] != name]
    return replace(request, headers=[*kept, (name, value)])


def and_header(request: SignedRequest, name: str, value: str) -> SignedRequest:
    """The request with one header more, after it was signed."""
    return replace(request, headers=[*request.headers, (name, value)])


def without_header(request: SignedRequest, name: str) -> SignedRequest:
    """The request without a header."""
    return replace(request, headers=[pair for pair in request.headers if pair[0] != name])


@dataclass(frozen=True)
class Cavage:
    """A request to sign after draft-cavage; each field can be made what it should not be."""

    method: str = "POST"
    target: str = "/inbox"
    signed_target: str | None = None
    host: str = "groups.example"
    date: str | None = DATE
    body: bytes = BODY
    digest: str | None = field(default="SHA-256=" + b64_sha(BODY))
    covered: Iterable[str] = POST
    key: Private | None = None
    key_id: str = KEY_ID
    algorithm: str | None = "rsa-sha256"
    sha512: bool = False
    created: str | None = None
    expires: str | None = None
    more: tuple[tuple[str, str], ...] = ()

    def headers(self) -> list[tuple[str, str]]:
        """The headers before signing."""
        known = (("host", self.host), ("date", self.date), ("digest", self.digest))
        found = [(name, value) for name, value in known if value is not None]
        return [("user-agent", "Mastodon/4.6"), *found, *self.more]

    def text(self) -> str:
        """What is signed."""
        target = self.target if self.signed_target is None else self.signed_target
        values = {
            "(request-target)": f"{self.method.lower()} {target}",
            "(created)": self.created,
            "(expires)": self.expires,
            **dict(self.headers()),
        }
        return "\n".join(f"{name}: {values[name]}" for name in self.covered)

    def parameters(self) -> dict[str, str]:
        """The parameters of the Signature header, in their order."""
        given = {
            "keyId": self.key_id,
            "algorithm": self.algorithm,
            "created": self.created,
            "expires": self.expires,
            "headers": " ".join(self.covered),
            "signature": raw_signature(self.key or rsa("vic"), self.text(), sha512=self.sha512),
        }
        return {name: value for name, value in given.items() if value is not None}

    def value(self) -> str:
        """The Signature header."""
        bare = ("created", "expires")
        return ",".join(
            f"{name}={value}" if name in bare and value.isdigit() else f'{name}="{value}"'
            for name, value in self.parameters().items()
        )

    def sent(self, value: str | None = None) -> SignedRequest:
        """The request as we get it; `value` replaces the Signature header."""
        headers = [*self.headers(), ("signature", self.value() if value is None else value)]
        return SignedRequest(self.method, self.target, headers, self.body, ORIGIN)


@dataclass(frozen=True)
class Message:
    """A request to sign after RFC 9421; each field can be made what it should not be."""

    method: str = "POST"
    target: str = "/inbox"
    target_uri: str = f"{ORIGIN}/inbox"
    authority: str = "groups.example"
    host: str = "groups.example"
    body: bytes = BODY
    content_digest: str | None = field(default=f"sha-256=:{b64_sha(BODY)}:")
    components: tuple[str, ...] = COMPONENTS
    parameters: tuple[tuple[str, str], ...] | None = None
    key: Private | None = None
    label: str = "sig1"
    more: tuple[tuple[str, str], ...] = ()

    def headers(self) -> list[tuple[str, str]]:
        """The headers before signing."""
        found = [("host", self.host), ("date", DATE), *self.more]
        if self.content_digest is not None:
            found.append(("content-digest", self.content_digest))
        return found

    def described(self) -> str:
        """The signature's parameters as they are written and signed."""
        names = " ".join(c if c.startswith('"') else f'"{c}"' for c in self.components)
        given = parameters() if self.parameters is None else self.parameters
        return f"({names})" + "".join(f";{name}={value}" for name, value in given)

    def text(self) -> str:
        """The signature base."""
        path, _, query = self.target.partition("?")
        values = {
            "@method": self.method,
            "@target-uri": self.target_uri,
            "@authority": self.authority,
            "@scheme": "https",
            "@path": path,
            "@query": f"?{query}",
            "@request-target": self.target,
            **dict(self.headers()),
        }
        named = [c if c.startswith('"') else f'"{c}"' for c in self.components]
        lines = [f"{name}: {values.get(name.split(chr(34))[1], '')}" for name in named]
        return "\n".join([*lines, f'"@signature-params": {self.described()}'])

    def input(self) -> str:
        """The Signature-Input header."""
        return f"{self.label}={self.described()}"

    def value(self) -> str:
        """The Signature header."""
        return f"{self.label}=:{raw_signature(self.key or rsa('vic'), self.text())}:"

    def sent(self, input: str | None = None, value: str | None = None) -> SignedRequest:
        """The request as we get it; `input` and `value` replace the two headers."""
        headers = [
            *self.headers(),
            ("signature-input", self.input() if input is None else input),
            ("signature", self.value() if value is None else value),
        ]
        return SignedRequest(self.method, self.target, headers, self.body, ORIGIN)


def parameters(**given: str | int | None) -> tuple[tuple[str, str], ...]:
    """The usual parameters of a message signature, some replaced, added or (None) left out."""
    usual = {"created": SECONDS, "keyid": f'"{KEY_ID}"', "alg": '"rsa-v1_5-sha256"'}
    return tuple(
        (name, str(value)) for name, value in {**usual, **given}.items() if value is not None
    )
