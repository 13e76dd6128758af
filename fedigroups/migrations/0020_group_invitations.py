"""Links with which people come into a group."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0016_scheduled_posts_and_profiles")]

    initial = False

    operations = [
        ops.CreateModel(
            name="GroupInvitation",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="group_invitations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("note", fields.CharField(default="", max_length=200)),
                ("uses_left", fields.IntField(default=1)),
                ("expires_at", fields.BigIntField()),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "group_invitation"},
        ),
    ]
