"""Benchmarks of the signature layer against bare cryptography."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from trial import Goal, Measured, Size, Trial, cpu, race

from federation import keys, signatures
from federation.keys import Signer
from federation.signatures import Form, SignedRequest
from neighbour import pem, rsa

HERE = "https://groups.example"
KEY_ID = "https://h.example/users/vic#main-key"
BODY = b"{" + b"x" * 2_800 + b"}"
"""As long as a Create of a Note."""


async def sign_layer(size: Size) -> Trial:
    """All headers of a signed POST against one RSA-2048 signature."""
    count, key = size.of(1_000, 50), rsa("vic")
    signer, text = Signer(KEY_ID, "rsa", key), b"x" * 200
    trial = Trial("sign_layer", "µs CPU", Goal(at_most=1.15))
    ours = _times(count, lambda: signatures.sign(signer, "POST", f"{HERE}/inbox", BODY, "cavage"))
    floor = _times(count, lambda: key.sign(text, PKCS1v15(), hashes.SHA256()))
    return await race(trial, size, ours, floor)


async def verify_layer(size: Size) -> Trial:
    """A request read, its digest and signature checked, against a verification and SHA-256.

    The ratio is of draft-cavage, which nearly everybody sends; the note has RFC 9421's.
    """
    trial = await _verified(size, "cavage")
    newer = await _verified(size, "rfc9421")
    trial.note = f"RFC 9421: {newer.ratio:.2f}"
    return trial


async def _verified(size: Size, form: Form) -> Trial:
    count, private = size.of(4_000, 50), rsa("vic")
    public, text = private.public_key(), b"x" * 200
    signature = private.sign(text, PKCS1v15(), hashes.SHA256())
    key = keys.load_public(KEY_ID, KEY_ID.partition("#")[0], "rsa", pem(private))
    signer = Signer(KEY_ID, "rsa", private)
    signed = signatures.sign(signer, "POST", f"{HERE}/inbox", BODY, form)
    headers = [(name.lower(), value) for name, value in signed.items()]

    def verify() -> None:
        request = SignedRequest("POST", "/inbox", headers, BODY, HERE)
        signatures.read(request)[0].check(request, key)

    def bare() -> None:
        b64encode(hashlib.sha256(BODY).digest())
        public.verify(signature, text, PKCS1v15(), hashes.SHA256())

    trial = Trial("verify_layer", "µs CPU", Goal(at_most=2.0))
    return await race(trial, size, _times(count, verify), _times(count, bare))


def _times(count: int, work: Callable[[], object]) -> Measured:
    async def repeat() -> None:
        for _ in range(count):
            work()

    return cpu(count, repeat)
