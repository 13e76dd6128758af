"""The tables of people who have an account here."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from federation.models import Actor


class Account(Model):
    """A person of this instance: the private side of a local Person actor."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "fedigroups.Actor", related_name="account", on_delete=fields.RESTRICT
    )
    actor_id: int
    email = fields.CharField(max_length=320, default="")
    password_hash = fields.TextField(default="")
    admin = fields.BooleanField(default=False)
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "account"

    def __str__(self) -> str:
        return f"account {self.id}"
