"""The inbox's tables: what was verified and answered 202, and what some of it waits for."""

from __future__ import annotations

from tortoise import fields

from federation.models import URI
from federation.table import Model


class Receipt(Model):
    """One verified activity, or hearsay; `digest` makes a second arrival of it a duplicate."""

    id = fields.BigIntField(primary_key=True, generated=False)
    digest = fields.CharField(max_length=64, unique=True)
    """SHA-256 of activity id, actor and teller, in hex."""
    activity_uri = fields.TextField()
    actor_uri = fields.TextField()
    kind = fields.CharField(max_length=64)
    host = fields.CharField(max_length=255)
    """The host of the actor, or of the teller: its receipts are processed in order."""
    teller = fields.TextField(default="", db_default="")
    """Who said that the actor did this, and could not prove it; empty when it is proven."""
    door = fields.TextField()
    """Which inbox it came through: the local inbox's URI."""
    body = fields.BinaryField(null=True)
    """The bytes that were verified; emptied after 7 days."""
    synchronization = fields.TextField(default="", db_default="")
    """The signed header by which its sender tells who follows it (FEP-8fcf); empty for none."""
    state = fields.CharField(max_length=16, default="received")
    """`received`, then `done`, `ignored` or `failed`."""
    reason = fields.TextField(default="")
    attempts = fields.IntField(default=0)
    next_try_at = fields.BigIntField(default=0)
    received_at = fields.BigIntField()
    settled_at = fields.BigIntField(default=0)

    class Meta:
        table = "receipt"
        indexes = (("state", "next_try_at", "id"), ("host", "state"))

    def __str__(self) -> str:
        return self.activity_uri


class Awaited(Model):
    """An object that has not come, and a receipt that waits for it; see `inbox.awaited`."""

    id = fields.BigIntField(primary_key=True, generated=False)
    receipt: fields.ForeignKeyRelation[Receipt] = fields.ForeignKeyField(
        "fedigroups.Receipt", related_name="awaited", on_delete=fields.CASCADE, db_index=True
    )
    receipt_id: int
    host = fields.CharField(max_length=255)
    """The host of the receipt: how much may wait of one is bounded."""
    object_uri = fields.CharField(max_length=URI, db_index=True)

    class Meta:
        table = "awaited"
        indexes = (("host", "id"),)

    def __str__(self) -> str:
        return self.object_uri
