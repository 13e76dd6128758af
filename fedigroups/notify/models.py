"""The table of what somebody here is notified of."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.table import Model


class Notification(Model):
    """Something that concerns an actor here; told once, however often it happens."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="notifications", on_delete=fields.CASCADE
    )
    actor_id: int
    """Whom it concerns: a person here, or a group here."""
    kind = fields.CharField(max_length=16)
    """As clients call it: `mention`, `favourite`, `reblog`, `update`, `status`, `follow`,
    `follow_request`; `decision` against them, which they call `moderation_warning`, and `favour`,
    one for them, for which they have no word; and for moderators what waits at the desk of a group:
    `to_review` (a post), `appeal`, `report`, `request` (to join) and `mail`, of which a
    `mail_answer` is told. Whoever asked to join a group is told `accepted` or `refused`."""
    sender: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="caused", on_delete=fields.CASCADE
    )
    sender_id: int
    post_id = fields.BigIntField(default=0)
    """The post that it is about; 0 where it is about none. Of a decision, an appeal
    or a report that one, of a request the actor who asks."""
    mail = fields.CharField(max_length=8, default="new", db_default="new")
    """Whether there is mail about it: `new` (not decided yet), `queued`, `digest` (it waits for
    one) or `done`."""
    created_at = fields.BigIntField()

    class Meta:
        table = "notification"
        unique_together = (("actor", "kind", "sender", "post_id"),)
        indexes = (("actor", "id"), ("post_id",), ("created_at",), ("mail", "created_at"))

    def __str__(self) -> str:
        return f"{self.kind} for {self.actor_id}"
