"""Other accounts of the same person, when somebody moved, and files that people bring along."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0029_mails")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Import",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.OneToOneField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="brought",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("state", fields.CharField(max_length=16)),
                ("overwrites", fields.BooleanField(default=False)),
                ("step_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "import_batch", "indexes": [Index(fields=["state", "step_at"])]},
        ),
        ops.CreateModel(
            name="ImportRow",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "fedigroups.Import",
                        source_field="batch_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="rows",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("subject", fields.TextField()),
                ("more", fields.TextField(default="")),
                ("outcome", fields.CharField(default="", max_length=16)),
                ("reason", fields.TextField(default="")),
            ],
            options={"table": "import_row", "indexes": [Index(fields=["batch_id", "outcome"])]},
        ),
        ops.AddField(
            model_name="Account",
            name="moved_at",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Profile",
            name="aliases",
            field=fields.TextField(default="", db_default=""),
        ),
        ops.AddField(
            model_name="Profile",
            name="tell_at",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddIndex(
            model_name="Profile",
            index=Index(fields=["tell_at"]),
        ),
    ]
