"""This module seals what only this instance may read (private keys) under the instance's secret.

AES-256-GCM with a key derived from the secret by HKDF, so that the secret may serve other purposes
too. The name of what is sealed is authenticated: a sealed key moved to another row does not open.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federation.errors import Misconfigured

SECRET_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12


class Seal:
    """Seals and opens under one secret of 32 bytes; another length is refused (`Misconfigured`)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise Misconfigured(
                f"the instance's secret must have {SECRET_BYTES} bytes, it has {len(secret)}: "
                "restore the one that this instance was set up with"
            )
        derived = HKDF(SHA256(), length=32, salt=None, info=b"fedigroups sealing").derive(secret)
        self._cipher = AESGCM(derived)

    def close(self, plain: bytes, name: str) -> bytes:
        """The sealed form of `plain`; it opens under the same secret and name only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, name.encode())

    def open(self, sealed: bytes, name: str) -> bytes:
        """What was sealed; refuses (`Misconfigured`) what another secret or name was used for."""
        nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _VERSION:
                raise InvalidTag
            return self._cipher.decrypt(nonce, rest, name.encode())
        except (InvalidTag, ValueError) as error:
            raise Misconfigured(
                f"{name} was stored under another secret: restore the secret that this instance "
                "was set up with (FEDIGROUPS_SECRET, or the file `secret` in its data folder; each "
                "backup holds it: tar -xOf FILE secret), or the database that belongs to it. Only "
                "when it is gone for good: `fedigroups key start-over`"
            ) from error
