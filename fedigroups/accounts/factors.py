"""This module knows the second factor: codes of an app (RFC 6238), and recovery codes.

A code is good for its half-minute and those beside it, and once: what somebody looked at over a
shoulder opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as chance
import struct
from urllib.parse import quote

from federation import clock, ids, storage
from federation.sealing import Seal
from fedigroups.accounts import secrets
from fedigroups.accounts.entry_models import Passkey, RecoveryCode
from fedigroups.accounts.models import Account

STEP_MS = 30 * clock.SECOND
DIGITS = 6
SECRET_BYTES = 20
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another one."""


def code_at(secret: bytes, step: int) -> str:
    """The code of a secret in the half-minute `step`."""
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    start = mac[-1] & 15
    number = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_now() -> int:
    """The half-minute that it is."""
    return clock.now_ms() // STEP_MS


async def propose(seal: Seal, account: Account) -> bytes:
    """A new secret, stored and not yet in force: first a code of it must be shown."""
    secret = chance.token_bytes(SECRET_BYTES)
    sealed = seal.close(secret, _name(account))
    await Account.filter(id=account.id, second_factor_at=0).update(
        second_factor=sealed, second_factor_step=0
    )
    return secret


def proposed(seal: Seal, account: Account) -> bytes:
    """The secret that waits for its first code; empty when there is none."""
    if account.second_factor is None:
        return b""
    return seal.open(bytes(account.second_factor), _name(account))


def address(secret: bytes, name: str, issuer: str) -> str:
    """What the QR code of a secret says."""
    who = quote(f"{issuer}:{name}")
    return f"otpauth://totp/{who}?secret={text(secret)}&issuer={quote(issuer)}"


def text(secret: bytes) -> str:
    """A secret as it is typed into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


async def enable(seal: Seal, account: Account, code: str) -> list[str] | None:
    """Put the proposed secret in force, inside a transaction, if the code is one of its.

    Returns recovery codes, which are shown this once; None for a wrong code.
    """
    if not await _takes(seal, account, code):
        return None
    await Account.filter(id=account.id).update(second_factor_at=clock.now_ms())
    return await renew_recovery(account)


async def disable(account: Account) -> None:
    """No code of the app is asked for any more; inside a transaction."""
    await Account.filter(id=account.id).update(
        second_factor=None, second_factor_at=0, second_factor_step=0
    )
    account.second_factor_at = 0
    await forget_recovery(account)


async def are_asked(account: Account) -> bool:
    """Whether the password alone is not enough: there is an app, or a passkey."""
    return bool(account.second_factor_at) or await Passkey.exists(account_id=account.id)


async def forget_recovery(account: Account) -> None:
    """Drop the recovery codes once there is nothing that they stand in for."""
    if not await are_asked(account):
        await RecoveryCode.filter(account_id=account.id).delete()


async def renew_recovery(account: Account) -> list[str]:
    """New recovery codes in place of the old, inside a transaction."""
    await RecoveryCode.filter(account_id=account.id).delete()
    codes = ["".join(chance.choice(_LETTERS) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        await RecoveryCode.create(id=ids.new(), account_id=account.id, digest=secrets.digest(code))
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


async def is_right(seal: Seal, account: Account, shown: str) -> bool:
    """Whether it is a code of the app, not used yet, or a recovery code, which is then used up."""
    plain = shown.replace(" ", "").replace("-", "").lower()
    if plain.isdigit() and len(plain) == DIGITS:
        if not account.second_factor_at:  # a secret may wait for its first code beside a passkey
            return False
        return await _takes(seal, account, plain)
    used = RecoveryCode.filter(account_id=account.id, digest=secrets.digest(plain))
    return await used.delete() == 1


async def _takes(seal: Seal, account: Account, code: str) -> bool:
    """Whether it is a code of about now; of two who show it at once, one is let in."""
    secret = proposed(seal, account)
    now = step_now()
    for step in (now - 1, now, now + 1):
        if secret and secrets.same(code_at(secret, step), code.strip()):
            taken = await storage.execute(
                "UPDATE account SET second_factor_step = ? WHERE id = ? AND second_factor_step < ?",
                step,
                account.id,
                step,
            )
            return taken == 1
    return False


def _name(account: Account) -> str:
    return f"second factor of {account.id}"
