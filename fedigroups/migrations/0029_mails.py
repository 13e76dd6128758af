"""What people want mail about; of what happened before nobody is told."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

# Nobody who has an account asked for a digest; each can, on the page about mail.
MAILINGS = """
INSERT INTO mailing (id, account_id, choices, stopped, digest, hour, digest_at, digest_from, day,
 sent, refusals, refused_at, last_error)
SELECT id, id, '', 'digest', 'weekly', 8, 0, 0, 0, 0, 0, 0, '' FROM account
"""
TOLD = "UPDATE notification SET mail = 'done'"


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0028_passkeys")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Mailing",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "account",
                    fields.OneToOneField(
                        "fedigroups.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="mailing",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("choices", fields.TextField(default="")),
                ("stopped", fields.TextField(default="")),
                ("digest", fields.CharField(default="weekly", max_length=8)),
                ("hour", fields.IntField(default=8)),
                ("digest_at", fields.BigIntField(default=0, db_index=True)),
                ("digest_from", fields.BigIntField(default=0)),
                ("day", fields.IntField(default=0)),
                ("sent", fields.IntField(default=0)),
                ("refusals", fields.IntField(default=0)),
                ("refused_at", fields.BigIntField(default=0)),
                ("last_error", fields.TextField(default="")),
            ],
            options={"table": "mailing"},
        ),
        ops.AddField(
            model_name="Mail",
            name="about",
            field=fields.TextField(default="", db_default=""),
        ),
        ops.AddField(
            model_name="Mail",
            name="account_id",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddIndex(
            model_name="Mail",
            index=Index(fields=["account_id"]),
        ),
        ops.AddField(
            model_name="Notification",
            name="mail",
            field=fields.CharField(default="new", db_default="new", max_length=8),
        ),
        ops.AddIndex(
            model_name="Notification",
            index=Index(fields=["mail", "created_at"]),
        ),
        ops.RunSQL(MAILINGS, "SELECT 1"),
        ops.RunSQL(TOLD, "SELECT 1"),
    ]
