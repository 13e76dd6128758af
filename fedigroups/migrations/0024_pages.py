"""Posts that are to go, and may be kept until then; drafts keep their polls."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0023_rules")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Deletion",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="deletions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("post_id", fields.BigIntField(unique=True)),
                ("due_at", fields.BigIntField(db_index=True)),
                ("tried_at", fields.BigIntField(default=0)),
            ],
            options={"table": "deletion"},
        ),
        ops.AddField(
            model_name="Draft",
            name="poll",
            field=fields.TextField(default="", db_default=""),
        ),
    ]
