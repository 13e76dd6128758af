"""Drafts and readings."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0013_moderation")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Draft",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="drafts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("place", fields.CharField(max_length=64)),
                ("title", fields.TextField(default="")),
                ("text", fields.TextField(default="")),
                ("warning", fields.TextField(default="")),
                ("language", fields.CharField(default="", max_length=16)),
                ("changed_at", fields.BigIntField()),
            ],
            options={
                "table": "draft",
                "unique_together": (("actor", "place"),),
                "indexes": [Index(fields=["changed_at"])],
            },
        ),
        ops.CreateModel(
            name="Reading",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="readings",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("thread_id", fields.BigIntField(db_index=True)),
                ("seen_id", fields.BigIntField(default=0)),
                ("follows", fields.BooleanField(default=False)),
            ],
            options={"table": "reading", "unique_together": (("actor", "thread_id"),)},
        ),
    ]
