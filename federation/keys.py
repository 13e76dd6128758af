"""This module knows keys: which public keys of others are good enough, and where ours are kept.

RSA keys sign and verify with PKCS#1 v1.5, as everybody in the fediverse does; Ed25519 keys are
Multikeys (FEP-521a). Private keys are stored sealed and loaded once, until they are replaced:
loading an RSA key with all its checks takes 39 ms and holds the interpreter lock, so for our own
keys the checks are skipped.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_public_key,
)

from federation import clock, ids, limits, multikey, storage
from federation.errors import Malformed, Misconfigured
from federation.models import Actor, Key
from federation.sealing import Seal

Algorithm = Literal["rsa", "ed25519"]
Hash = Literal["sha256", "sha512"]

FRAGMENTS: dict[Algorithm, str] = {"rsa": "#main-key", "ed25519": "#ed25519-key"}
"""A local key's id is its actor's id and one of these (Lemmy and NodeBB want a fragment)."""

_PADDING = PKCS1v15()
_HASHES: dict[Hash, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}
_PEM_BEGINS = ("-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----")
_EXPONENTS = range(65_537, 2**32, 2)
_CACHED = 1_024

FRESH_SECONDS = 1.0
"""How long a key signs before it is asked again whether it is still the one that is stored."""

SHOWN_MS = 3 * clock.SECOND
"""How long new keys are shown before they sign, so that whoever meets a signature finds its key."""

_NEW_RSA_BITS = 2_048


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are verified with: its id, and the actor that it belongs to."""

    uri: str
    owner: str
    algorithm: Algorithm
    key: RSAPublicKey | Ed25519PublicKey

    def verify(self, signature: bytes, message: bytes, hash: Hash = "sha256") -> bool:
        """Whether the signature is this key's over the message; `hash` matters to RSA alone."""
        try:
            if self.algorithm == "rsa":
                cast(RSAPublicKey, self.key).verify(signature, message, _PADDING, _HASHES[hash])
            else:
                cast(Ed25519PublicKey, self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key of ours, ready to sign in the name of `key_id`."""

    key_id: str
    algorithm: Algorithm
    private: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """A signature: 374 µs of CPU for RSA (off the event loop, please), 35 µs for Ed25519."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(message, _PADDING, _HASHES["sha256"])
        return self.private.sign(message)


def load_public(uri: str, owner: str, algorithm: Algorithm, material: str) -> PublicKey:
    """The public key in a document of its owner.

    `material` of an RSA key is PEM (SPKI or PKCS#1) or a Multikey, of an Ed25519 key a Multikey.
    Refuses (`Malformed`) RSA outside `limits.RSA_BITS` or with an exponent that is even, below
    65,537 or of more than 32 bits, other kinds of key, private keys, certificates and junk; in
    bounded time.
    """
    if algorithm == "rsa":
        return PublicKey(uri, owner, "rsa", _rsa(material))
    return PublicKey(uri, owner, "ed25519", _ed25519(material))


@dataclass(frozen=True, slots=True)
class Minted:
    """A fresh pair of each kind, not yet stored."""

    rsa: RSAPrivateKey
    ed25519: Ed25519PrivateKey


async def mint() -> Minted:
    """New keys for an actor; in a thread, because RSA takes 30 to 130 ms."""
    rsa = await asyncio.to_thread(generate_private_key, _EXPONENTS.start, _NEW_RSA_BITS)
    return Minted(rsa, Ed25519PrivateKey.generate())


@dataclass(slots=True)
class _Kept:
    """A signer, the row that it was read from, and when that was last found to be there."""

    signer: Signer
    row: int
    asked: float

    @property
    def fresh(self) -> bool:
        """Whether that was a moment ago: it is not asked for each signature."""
        return _seconds() < self.asked + FRESH_SECONDS


class Keyring:
    """The private keys of the actors of this instance, sealed under its secret of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._asking = asyncio.Lock()

    async def create(self, actor: Actor, minted: Minted | None = None) -> None:
        """Store an RSA and an Ed25519 key for a local actor that has none.

        Inside a transaction pass what `mint` made before it began: nobody else can write while
        RSA primes are looked for.
        """
        minted = minted or await mint()
        await self._store(actor, "rsa", minted.rsa)
        await self._store(actor, "ed25519", minted.ed25519)

    async def renew(self, actor: Actor, minted: Minted) -> None:
        """Replace the keys of a local actor, under their ids; inside the caller's transaction.

        They are shown at once, and signed with `SHOWN_MS` later, by every process.
        """
        await Key.filter(actor_id=actor.id).delete()
        await self.create(actor, minted)

    async def signer(self, actor_uri: str, algorithm: Algorithm = "rsa") -> Signer:
        """The key that a local actor signs with.

        Refuses (`Misconfigured`) when it has none, or when it was sealed under another secret.
        """
        uri = actor_uri + FRAGMENTS[algorithm]
        kept = self._kept.get(uri)
        if kept is None or not kept.fresh:
            async with self._asking:  # whoever comes meanwhile may not sign with what is gone
                kept = await self._current(uri, algorithm)
        self._kept.move_to_end(uri)
        return kept.signer

    async def public(self, actor_uri: str) -> dict[Algorithm, str]:
        """What a local actor's document says of its keys: PEM for RSA, a Multikey for Ed25519.

        Refuses (`Misconfigured`) when it has none.
        """
        uris = {actor_uri + fragment: algorithm for algorithm, fragment in FRAGMENTS.items()}
        rows = await storage.rows("SELECT uri, public FROM key WHERE uri IN (?, ?)", *uris)
        if not rows:
            raise Misconfigured(f"{actor_uri} has no keys: it was not made by this instance")
        return {uris[row["uri"]]: row["public"] for row in rows}

    async def _store(
        self, actor: Actor, algorithm: Algorithm, private: RSAPrivateKey | Ed25519PrivateKey
    ) -> None:
        uri = actor.uri + FRAGMENTS[algorithm]
        der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        await Key.create(
            id=ids.new(),
            actor_id=actor.id,
            uri=uri,
            algorithm=algorithm,
            public=public_text(private.public_key()),
            sealed=self._seal.close(der, uri),
            created_at=clock.now_ms(),
        )

    async def _current(self, uri: str, algorithm: Algorithm) -> _Kept:
        kept = self._kept.get(uri)
        if kept is None or not await _signs(kept):
            kept = self._kept[uri] = await self._load(uri, algorithm)
            if len(self._kept) > _CACHED:
                self._kept.popitem(last=False)
        return kept

    async def _load(self, uri: str, algorithm: Algorithm) -> _Kept:
        row = await storage.row("SELECT id, sealed FROM key WHERE uri = ?", uri)
        if row is None or row["sealed"] is None:
            raise Misconfigured(f"there is no private key {uri}: its actor was not made here")
        der = self._seal.open(bytes(row["sealed"]), uri)
        private = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
            raise Misconfigured(f"the stored key {uri} is neither RSA nor Ed25519")
        return _Kept(Signer(uri, algorithm, private), row["id"], _seconds())


async def _signs(kept: _Kept) -> bool:
    """Whether the key is still the one to sign with."""
    if kept.fresh:
        return True
    row = await storage.row("SELECT id, created_at FROM key WHERE uri = ?", kept.signer.key_id)
    if row is None or (row["id"] != kept.row and row["created_at"] + SHOWN_MS <= clock.now_ms()):
        return False
    kept.asked = _seconds()
    return True


def _seconds() -> float:
    return asyncio.get_running_loop().time()


def public_text(key: RSAPublicKey | Ed25519PublicKey) -> str:
    """A public key as documents and the `key` table carry it: SPKI PEM, or a Multikey."""
    if isinstance(key, RSAPublicKey):
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return multikey.encode(multikey.ED25519 + key.public_bytes_raw())


def _rsa(material: str) -> RSAPublicKey:
    key = _multikey_rsa(material) if material.startswith("z") else _pem_rsa(material)
    if not isinstance(key, RSAPublicKey):
        raise Malformed("an RSA key was announced, and another kind of key is there")
    low, high = limits.RSA_BITS
    if not low <= key.key_size <= high:
        raise Malformed(f"an RSA key has {low} to {high} bits here, this one has {key.key_size}")
    if key.public_numbers().e not in _EXPONENTS:
        raise Malformed("the exponent of an RSA key must be odd, from 65537 on, in 32 bits")
    return key


def _pem_rsa(material: str) -> object:
    text = material.strip()
    if len(material) > limits.KEY_CHARS or text.count("-----BEGIN") != 1:
        raise Malformed("not one public key in PEM")
    if not text.startswith(_PEM_BEGINS):
        raise Malformed(f"not a public key in PEM but {text[:40]!r}")
    return _parsed(load_pem_public_key, text.encode("utf-8", "replace"))


def _multikey_rsa(material: str) -> object:
    raw = multikey.decode(material)
    if not raw.startswith(multikey.RSA):
        raise Malformed("this Multikey is not an RSA key")
    return _parsed(load_der_public_key, raw.removeprefix(multikey.RSA))


def _ed25519(material: str) -> Ed25519PublicKey:
    raw = multikey.decode(material)
    if not raw.startswith(multikey.ED25519) or len(raw) != 34:
        raise Malformed("this Multikey is not an Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(raw.removeprefix(multikey.ED25519))


def _parsed(load: Callable[[bytes], object], data: bytes) -> object:
    try:
        return load(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Malformed("not a public key that can be read") from error
