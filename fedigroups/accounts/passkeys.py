"""This module knows passkeys (WebAuthn level 3): how one is made, and what one proves.

The device must have known its owner by a PIN, a finger or the like, so a passkey is two factors. It
is made for the configured origin, and no request can say another.
"""

from __future__ import annotations

import hashlib
import secrets as chance
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
import webauthn
from tortoise.exceptions import IntegrityError
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from fedigroups.accounts import challenges, factors, recovery
from fedigroups.accounts.entry_models import Passkey, RecoveryCode
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception
from fedigroups.content import sanitise

HANDLE_BYTES = 32
REASON_CHARS = 200
COPIED = "A passkey was refused that may be a copy"
FOR_MS = limits.PASSKEY_SECONDS * clock.SECOND
KNOWN_OWNER = UserVerificationRequirement.REQUIRED

log = structlog.get_logger("fedigroups.accounts")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser says that a passkey answered; nothing of it is proven."""

    credential: AuthenticationCredential
    challenge: bytes

    @property
    def digest(self) -> str:
        """By which the passkey is found."""
        return _digest(self.credential.raw_id)


async def to_add(reception: Reception, account: Account, visitor: str) -> str:
    """What a browser is told to make a passkey, as JSON; only for whoever just gave the password.

    Raises `Malformed` where there is no room for another one.
    """
    known = await of(account)
    _check_room(len(known))
    options = webauthn.generate_registration_options(
        rp_id=_party(reception),
        rp_name=reception.name,
        user_id=await _handle(account),
        user_name=account.actor.handle,
        user_display_name=account.actor.name,
        challenge=challenges.new(reception.form_key, "add", visitor),
        timeout=FOR_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=KNOWN_OWNER
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=bytes(one.credential)) for one in known
        ],
    )
    return webauthn.options_to_json(options)


def to_sign_in(reception: Reception, visitor: str) -> str:
    """What a browser is told to have any passkey for us shown, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=_party(reception),
        challenge=challenges.new(reception.form_key, "sign-in", visitor),
        timeout=FOR_MS,
        user_verification=KNOWN_OWNER,
    )
    return webauthn.options_to_json(options)


async def add(
    reception: Reception, account: Account, visitor: str, said: str, name: str
) -> list[str]:
    """Keep a passkey that was made, and tell its owner by mail.

    Returns recovery codes, to be shown this once, where there were none. Raises `Malformed` for
    what is no passkey made for us just now, for one that is known, and for one too many.
    """
    try:
        credential = parse_registration_credential_json(said)
        challenge = _challenge(credential.response.client_data_json)
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_party(reception),
            expected_origin=reception.origin,
            require_user_verification=True,
        )
    except Exception as error:  # a parser that stumbles over a stranger's bytes raises anything
        log.info("passkey.not_made", account=account.id, reason=str(error)[:REASON_CHARS])
        raise _not_made() from error
    if not challenges.is_good(reception.form_key, "add", visitor, challenge):
        raise _not_made()
    row = Passkey(
        id=ids.new(),
        account_id=account.id,
        digest=_digest(made.credential_id),
        credential=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=called(name),
        created_at=clock.now_ms(),
    )
    codes = await _keep(reception, account, row, challenge)
    log.info("passkey.added", account=account.id, passkey=row.id)
    return codes


async def _keep(
    reception: Reception, account: Account, row: Passkey, challenge: bytes
) -> list[str]:
    try:
        async with storage.transaction():
            # of two that are added at once, one sees the other
            await storage.execute("UPDATE account SET id = id WHERE id = ?", account.id)
            _check_room(await Passkey.filter(account_id=account.id).count())
            if not await challenges.spend(challenge):
                raise _not_made()
            await row.save(force_create=True)
            await recovery.tell(reception, account, "A passkey was added")
            has_codes = await RecoveryCode.exists(account_id=account.id)
            codes = [] if has_codes else await factors.renew_recovery(account)
    except IntegrityError as error:
        raise Malformed("this passkey is known already") from error
    reception.posted()
    return codes


def read(said: str) -> Shown | None:
    """What a browser says that a passkey answered; None for what cannot be read."""
    try:
        credential = parse_authentication_credential_json(said)
        challenge = _challenge(credential.response.client_data_json)
    except Exception as error:  # a parser that stumbles over a stranger's bytes raises anything
        log.info("passkey.not_read", reason=str(error)[:REASON_CHARS])
        return None
    return Shown(credential, challenge)


async def find(shown: Shown) -> Passkey | None:
    """The passkey that it claims to be, with its account and actor."""
    known = Passkey.filter(digest=shown.digest, account__actor__state__not="gone")
    return await known.select_related("account__actor").first()


async def is_proven(reception: Reception, passkey: Passkey, visitor: str, shown: Shown) -> bool:
    """Whether the passkey itself signed what was asked of this browser, now, once, for its owner.

    A device that counts fewer signatures than before may be a copy: it opens nothing, and its owner
    is told.
    """
    handle, response = passkey.account.passkey_handle, shown.credential.response
    if handle is None or response.user_handle != bytes(handle):
        return False
    if not challenges.is_good(reception.form_key, "sign-in", visitor, shown.challenge):
        return False
    try:
        proven = webauthn.verify_authentication_response(
            credential=shown.credential,
            expected_challenge=shown.challenge,
            expected_rp_id=_party(reception),
            expected_origin=reception.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=0,  # it is compared below, of what is proven alone
            require_user_verification=True,
        )
    except Exception as error:  # as above
        log.info("passkey.refused", passkey=passkey.id, reason=str(error)[:REASON_CHARS])
        return False
    async with storage.transaction():
        if not await challenges.spend(shown.challenge):
            return False
        counted = await _count(passkey, proven.new_sign_count)
        if not counted:
            await recovery.tell(reception, passkey.account, COPIED)
    if not counted:
        log.warning("passkey.copied", account=passkey.account_id, passkey=passkey.id)
        reception.posted()
    return counted


async def _count(passkey: Passkey, signed: int) -> bool:
    """Note a use, and whether its device counted on: of two uses at once each is compared."""
    noted = await storage.execute(
        "UPDATE passkey SET sign_count = ?, used_at = ? WHERE id = ? AND sign_count <= ?",
        signed,
        clock.now_ms(),
        passkey.id,
        max(signed - 1, 0),
    )
    return noted == 1


async def of(account: Account) -> Sequence[Passkey]:
    """The passkeys of an account, in the order in which they were added."""
    return await Passkey.filter(account_id=account.id).order_by("id")


async def one_of(account: Account, passkey_id: int) -> Passkey | None:
    """One passkey, if it is of this account."""
    return await Passkey.get_or_none(id=passkey_id, account_id=account.id)


async def rename(passkey: Passkey, name: str) -> None:
    """Call it otherwise."""
    await Passkey.filter(id=passkey.id).update(name=called(name))


async def remove(reception: Reception, account: Account, passkey_id: int = 0) -> int:
    """Remove a passkey, or all of them, and tell the owner; how many there were."""
    found = Passkey.filter(account_id=account.id)
    async with storage.transaction():
        gone = await (found.filter(id=passkey_id) if passkey_id else found).delete()
        await factors.forget_recovery(account)
        if gone:
            what = "A passkey was removed" if passkey_id else "All passkeys were removed"
            await recovery.tell(reception, account, what)
    if gone:
        log.info("passkey.removed", account=account.id, count=gone)
        reception.posted()
    return gone


def called(name: str) -> str:
    """The name of a passkey as it is kept."""
    return sanitise.label(name, limits.PASSKEY_NAME_CHARS) or "Passkey"


async def _handle(account: Account) -> bytes:
    """As whom passkeys know the account; of two who ask first, both are told the same."""
    fresh = chance.token_bytes(HANDLE_BYTES)
    unknown = Account.filter(id=account.id, passkey_handle__isnull=True)
    await unknown.update(passkey_handle=fresh)
    await account.refresh_from_db(fields=["passkey_handle"])
    return bytes(account.passkey_handle or b"")


def _check_room(known: int) -> None:
    if known >= limits.PASSKEYS_PER_ACCOUNT:
        raise Malformed(
            f"an account has at most {limits.PASSKEYS_PER_ACCOUNT} passkeys; remove one first"
        )


def _challenge(client_data: bytes) -> bytes:
    """What was signed. Raises `Malformed` for a page of ours that stood in one of another site."""
    said = parse_client_data_json(client_data)
    if said.cross_origin:  # the library leaves that to us; no page of ours may stand there
        raise Malformed("it was signed in a page of another site")
    return said.challenge


def _not_made() -> Malformed:
    return Malformed("this is no passkey that was made here just now; begin again")


def _party(reception: Reception) -> str:
    """The relying party: the host of the configured origin, without its port."""
    return urlsplit(reception.origin).hostname or ""


def _digest(credential: bytes) -> str:
    return hashlib.sha256(credential).hexdigest()
