"""The tables of who may make an account: who was invited, and who comes from nowhere good."""

from __future__ import annotations

from tortoise import fields

from federation.table import Model
from fedigroups.accounts.models import DIGEST, Account


class Invitation(Model):
    """With it somebody may make an account where that needs one."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="invitations", on_delete=fields.CASCADE, null=True
    )
    account_id: int | None
    """Who invites; nobody when it was made at the command line."""
    digest = fields.CharField(max_length=DIGEST, unique=True)
    note = fields.CharField(max_length=200, default="")
    uses_left = fields.IntField(default=1)
    expires_at = fields.BigIntField()
    created_at = fields.BigIntField()

    class Meta:
        table = "invitation"


class SignUpBlock(Model):
    """From where nobody makes an account here, or only if somebody says yes."""

    id = fields.BigIntField(primary_key=True, generated=False)
    kind = fields.CharField(max_length=16)
    """`mail` (a host of addresses), `mailbox` (one address) or `network`."""
    value = fields.CharField(max_length=255)
    """Of a mailbox the digest alone: an address of somebody who is not here is not kept."""
    asks = fields.BooleanField(default=False)
    """Whether those who come from there may ask, and wait until somebody says yes."""
    note = fields.TextField(default="")
    expires_at = fields.BigIntField(default=0)
    """0 for never."""
    created_at = fields.BigIntField()

    class Meta:
        table = "sign_up_block"
        unique_together = (("kind", "value"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
