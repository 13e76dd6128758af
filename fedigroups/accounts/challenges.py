"""This module makes what passkeys sign: random, for one browser and one purpose, soon over, once.

A challenge bears its own proof, so that nothing is stored for whoever only looks at a page; what is
stored is which were spent.
"""

from __future__ import annotations

import secrets as chance
from typing import Literal

from federation import clock, ids, limits, storage
from fedigroups.accounts import secrets

Purpose = Literal["add", "sign-in"]

_RANDOM, _TIME, _PROOF = 32, 8, 32
BYTES = _RANDOM + _TIME + _PROOF


def new(key: bytes, purpose: Purpose, visitor: str) -> bytes:
    """What a passkey is to sign now, in the browser that shows the cookie `visitor`."""
    until = clock.now_ms() + limits.PASSKEY_SECONDS * clock.SECOND
    body = chance.token_bytes(_RANDOM) + until.to_bytes(_TIME, "big")
    return body + bytes.fromhex(_proof(key, purpose, visitor, body))


def is_good(key: bytes, purpose: Purpose, visitor: str, signed: bytes) -> bool:
    """Whether it was made here for this browser and purpose, and its time is not up."""
    body, proof = signed[:-_PROOF], signed[-_PROOF:]
    is_ours = len(signed) == BYTES and bool(visitor)
    is_ours &= secrets.same(proof.hex(), _proof(key, purpose, visitor, body))
    return is_ours and _until(signed) > clock.now_ms()


async def spend(signed: bytes) -> bool:
    """Whether it was not spent yet: of two who show it at once, one does."""
    taken = await storage.row(
        "INSERT INTO spent_challenge (id, digest, expires_at) VALUES (?, ?, ?)"
        " ON CONFLICT (digest) DO NOTHING RETURNING id",
        ids.new(),
        secrets.digest(signed.hex()),
        _until(signed),
    )
    return taken is not None


async def retire() -> None:
    """Forget the spent ones whose time is up on every machine, however its clock goes."""
    over = clock.now_ms() - clock.HOUR
    await storage.execute("DELETE FROM spent_challenge WHERE expires_at < ?", over)


def _until(signed: bytes) -> int:
    return int.from_bytes(signed[_RANDOM : _RANDOM + _TIME], "big")


def _proof(key: bytes, purpose: Purpose, visitor: str, body: bytes) -> str:
    return secrets.keyed(key, "passkey", purpose, visitor, body.hex())
