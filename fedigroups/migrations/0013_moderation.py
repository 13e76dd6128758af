"""Decisions, posts that wait for one, and appeals."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0011_web_push")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Decision",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="decisions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("post_id", fields.BigIntField(default=0)),
                ("object_uri", fields.CharField(default="", max_length=2048)),
                ("person_id", fields.BigIntField(default=0)),
                ("decider_id", fields.BigIntField(default=0)),
                ("rule", fields.IntField(default=0)),
                ("rule_text", fields.TextField(default="")),
                ("text", fields.TextField(default="")),
                ("unnamed", fields.BooleanField(default=False)),
                ("until", fields.BigIntField(default=0)),
                ("took_ms", fields.BigIntField(default=0)),
                ("appealed_id", fields.BigIntField(default=0)),
                ("activity_uri", fields.CharField(default="", max_length=2048)),
                ("answer_uri", fields.CharField(default="", db_index=True, max_length=2048)),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "decision",
                "indexes": [
                    Index(fields=["group_id", "id"]),
                    Index(fields=["person_id", "id"]),
                    Index(fields=["post_id"]),
                ],
            },
        ),
        ops.CreateModel(
            name="Appeal",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "decision",
                    fields.OneToOneField(
                        "fedigroups.Decision",
                        source_field="decision_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="appeal",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("text", fields.TextField(default="")),
                ("state", fields.CharField(default="open", max_length=16)),
                ("created_at", fields.BigIntField()),
                ("decided_at", fields.BigIntField(default=0)),
            ],
            options={"table": "appeal", "indexes": [Index(fields=["state", "id"])]},
        ),
        ops.CreateModel(
            name="Submission",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="submissions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("state", fields.CharField(default="waiting", max_length=16)),
                ("why", fields.TextField(default="")),
                ("activity_uri", fields.CharField(default="", max_length=2048)),
                ("body", fields.BinaryField(default=b"")),
                ("host", fields.CharField(default="", max_length=255)),
                ("signed", fields.BooleanField(default=False)),
                ("since", fields.BigIntField()),
            ],
            options={
                "table": "submission",
                "indexes": [Index(fields=["group_id", "state", "since"])],
            },
        ),
        ops.AddField(
            model_name="Group",
            name="approve",
            field=fields.CharField(default="nobody", db_default="nobody", max_length=16),
        ),
        ops.AddField(
            model_name="Group",
            name="newcomer_posts",
            field=fields.IntField(default=3, db_default=3),
        ),
        ops.AddField(
            model_name="Member",
            name="banned_until",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Member",
            name="muted_until",
            field=fields.BigIntField(default=0, db_default=0),
        ),
    ]
