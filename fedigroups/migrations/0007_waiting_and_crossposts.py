"""Waiting and crossposts."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0006_follower_digests")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Awaited",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "receipt",
                    fields.ForeignKeyField(
                        "fedigroups.Receipt",
                        source_field="receipt_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="awaited",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("host", fields.CharField(max_length=255)),
                ("object_uri", fields.CharField(db_index=True, max_length=2048)),
            ],
            options={"table": "awaited", "indexes": [Index(fields=["host", "id"])]},
        ),
        ops.CreateModel(
            name="Crosspost",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "thread",
                    fields.ForeignKeyField(
                        "fedigroups.Thread",
                        source_field="thread_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="crossposts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="crossposts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "crosspost", "unique_together": (("thread", "group"),)},
        ),
    ]
