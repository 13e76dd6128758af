"""The tables of what opens an account: the browsers that are in, and what lets one in."""

from __future__ import annotations

from tortoise import fields

from federation.table import Model
from fedigroups.accounts.models import DIGEST, Account


class Session(Model):
    """A browser in which somebody is signed in."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    account_id: int
    digest = fields.CharField(max_length=DIGEST, unique=True)
    address = fields.CharField(max_length=64, default="")
    agent = fields.CharField(max_length=200, default="")
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()

    class Meta:
        table = "session"


class Ticket(Model):
    """What opens one thing once, and not for long: a link in a mail, half of a sign-in."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="tickets", on_delete=fields.CASCADE, db_index=True
    )
    account_id: int
    kind = fields.CharField(max_length=16)
    """`confirm`, `reset` or `second` (the password was right, the second factor is awaited)."""
    digest = fields.CharField(max_length=DIGEST, unique=True)
    email = fields.CharField(max_length=320, default="")
    """The address that is confirmed with it."""
    tries = fields.IntField(default=0)
    expires_at = fields.BigIntField(db_index=True)
    created_at = fields.BigIntField()

    class Meta:
        table = "ticket"


class RecoveryCode(Model):
    """What opens an account once in place of its second factor."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="recovery_codes", on_delete=fields.CASCADE
    )
    account_id: int
    digest = fields.CharField(max_length=DIGEST)

    class Meta:
        table = "recovery_code"
        unique_together = (("account", "digest"),)


class Passkey(Model):
    """A key of somebody's device that opens an account (WebAuthn): its public half."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="passkeys", on_delete=fields.CASCADE, db_index=True
    )
    account_id: int
    digest = fields.CharField(max_length=DIGEST, unique=True)
    """Of the credential's id, by which it is found."""
    credential = fields.BinaryField()
    """The id that its device gave it."""
    public_key = fields.BinaryField()
    """As COSE has it (RFC 9052)."""
    sign_count = fields.BigIntField(default=0)
    """How often its device says that it signed; 0 where devices share a key, and count nothing."""
    name = fields.CharField(max_length=60)
    used_at = fields.BigIntField(default=0)
    created_at = fields.BigIntField()

    class Meta:
        table = "passkey"

    def __str__(self) -> str:
        return f"passkey {self.id}"


class SpentChallenge(Model):
    """A challenge that a passkey signed: it is good for nothing more."""

    id = fields.BigIntField(primary_key=True, generated=False)
    digest = fields.CharField(max_length=DIGEST, unique=True)
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        table = "spent_challenge"
