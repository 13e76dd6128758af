"""Threads in which groups take promotion, and mail between members and moderators."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0022_reports")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PromotionThread",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="promotion_threads",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("due_at", fields.BigIntField()),
                ("tried_at", fields.BigIntField(default=0)),
            ],
            options={
                "table": "promotion_thread",
                "unique_together": (("group", "due_at"),),
            },
        ),
        ops.CreateModel(
            name="ModMail",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="modmails",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("person_id", fields.BigIntField()),
                ("author_id", fields.BigIntField()),
                ("text", fields.TextField()),
                ("uri", fields.CharField(default="", db_index=True, max_length=2048)),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "modmail",
                "indexes": [Index(fields=["group_id", "person_id", "id"])],
            },
        ),
    ]
