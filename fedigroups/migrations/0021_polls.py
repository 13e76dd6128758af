"""Polls."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0020_group_invitations")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Poll",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "fedigroups.Post",
                        source_field="post_id",
                        unique=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="polls",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("options", fields.TextField()),
                ("counts", fields.TextField()),
                ("multiple", fields.BooleanField(default=False)),
                ("hides_totals", fields.BooleanField(default=False)),
                ("counted_here", fields.BooleanField(default=False)),
                ("voters_count", fields.BigIntField(default=0)),
                ("ends_at", fields.BigIntField(default=0)),
                ("ended", fields.BooleanField(default=False)),
                ("tally_due_at", fields.BigIntField(default=0)),
            ],
            options={
                "table": "poll",
                "indexes": [Index(fields=["ended", "ends_at"]), Index(fields=["tally_due_at"])],
            },
        ),
        ops.CreateModel(
            name="Ballot",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "poll",
                    fields.ForeignKeyField(
                        "fedigroups.Poll",
                        source_field="poll_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="ballots",
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
                        related_name="ballots",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("choice", fields.IntField()),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "ballot", "unique_together": (("poll", "actor", "choice"),)},
        ),
    ]
