"""What whoever runs the instance says of it, announcements, and from where a group takes people."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0024_pages")]

    initial = False

    operations = [
        ops.AddField("Group", "servers_allowed", fields.TextField(default="", db_default="")),
        ops.AddField("Group", "servers_blocked", fields.TextField(default="", db_default="")),
        ops.CreateModel(
            name="InstanceText",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("kind", fields.CharField(max_length=16)),
                ("language", fields.CharField(default="", max_length=16)),
                ("text", fields.TextField()),
            ],
            options={"table": "instance_text", "unique_together": (("kind", "language"),)},
        ),
        ops.CreateModel(
            name="Announcement",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("text", fields.TextField()),
                ("begins_at", fields.BigIntField()),
                ("ends_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "announcement"},
        ),
        ops.CreateModel(
            name="AnnouncementRead",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "announcement",
                    fields.ForeignKeyField(
                        "fedigroups.Announcement",
                        source_field="announcement_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="read_by",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("actor_id", fields.BigIntField()),
            ],
            options={
                "table": "announcement_read",
                "unique_together": (("actor_id", "announcement"),),
            },
        ),
    ]
