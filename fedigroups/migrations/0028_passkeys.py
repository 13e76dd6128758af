"""Passkeys, the challenges that were spent on them, and as whom they know an account."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0027_limits")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Passkey",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "fedigroups.Account",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="passkeys",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("credential", fields.BinaryField()),
                ("public_key", fields.BinaryField()),
                ("sign_count", fields.BigIntField(default=0)),
                ("name", fields.CharField(max_length=60)),
                ("used_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "passkey"},
        ),
        ops.CreateModel(
            name="SpentChallenge",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("expires_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "spent_challenge"},
        ),
        ops.AddField(
            model_name="Account",
            name="passkey_handle",
            field=fields.BinaryField(null=True),
        ),
    ]
