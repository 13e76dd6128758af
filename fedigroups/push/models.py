"""The tables of what is pushed: to whom, through which service, and what still waits."""

from __future__ import annotations

from tortoise import fields

from federation.models import URI, Actor
from federation.table import Model
from fedigroups.accounts.app_models import Token


class PushSubscription(Model):
    """A device that an app wants woken; it ends with the app's token."""

    id = fields.BigIntField(primary_key=True, generated=False)
    token: fields.OneToOneRelation[Token] = fields.OneToOneField(
        "fedigroups.Token", related_name="push", on_delete=fields.CASCADE
    )
    token_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="pushes", on_delete=fields.CASCADE, db_index=True
    )
    actor_id: int
    """Whose notifications it is woken for: a person's, or those of the group that they act as."""
    endpoint = fields.CharField(max_length=URI)
    p256dh = fields.CharField(max_length=128)
    """Its public key (RFC 8291 section 2.1), base64url."""
    auth = fields.CharField(max_length=64)
    """Its authentication secret (section 2.2), base64url."""
    standard = fields.BooleanField(default=False)
    """Whether it reads RFC 8291; else what Mastodon sent before, a draft of it."""
    alerts = fields.TextField(default="")
    """The kinds of notifications that are pushed, with blanks between them."""
    policy = fields.CharField(max_length=16, default="all")
    """From whom: `all`, `followed`, `follower` or `none`."""
    sealed_token = fields.BinaryField()
    """The app's own token: it finds by it which of its accounts is meant (IceCubes)."""
    created_at = fields.BigIntField()

    class Meta:
        table = "push_subscription"

    def __str__(self) -> str:
        return f"push {self.id}"


class PushMessage(Model):
    """A notification that a push service does not have yet."""

    id = fields.BigIntField(primary_key=True, generated=False)
    subscription: fields.ForeignKeyRelation[PushSubscription] = fields.ForeignKeyField(
        "fedigroups.PushSubscription",
        related_name="waiting",
        on_delete=fields.CASCADE,
        db_index=True,
    )
    subscription_id: int
    notification_id = fields.BigIntField()
    tries = fields.IntField(default=0)
    next_try_at = fields.BigIntField(db_index=True)
    created_at = fields.BigIntField()

    class Meta:
        table = "push_message"

    def __str__(self) -> str:
        return f"notification {self.notification_id}"
