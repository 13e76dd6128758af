"""The table of links with which people come into a group."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.table import Model
from fedigroups.groups.models import Group


class GroupInvitation(Model):
    """A link with which people come into a group, without being asked why."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="invitations", on_delete=fields.CASCADE, db_index=True
    )
    group_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="group_invitations", on_delete=fields.CASCADE
    )
    actor_id: int
    """Who made it."""
    digest = fields.CharField(max_length=64, unique=True)
    note = fields.CharField(max_length=200, default="")
    uses_left = fields.IntField(default=1)
    expires_at = fields.BigIntField()
    created_at = fields.BigIntField()

    class Meta:
        table = "group_invitation"
