"""Accounts that are confirmed and approved, and all that opens them; who was there stays in."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

ROLE = "UPDATE account SET role = 'admin' WHERE admin"
STAY_IN = """
UPDATE account SET confirmed_at = created_at, approved_at = created_at, email_key = LOWER(email)
"""


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0007_waiting_and_crossposts")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Account",
            name="role",
            field=fields.CharField(default="member", db_default="member", max_length=16),
        ),
        ops.RunSQL(ROLE, "SELECT 1"),
        ops.RemoveField(model_name="Account", name="admin"),
        ops.CreateModel(
            name="App",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("name", fields.CharField(max_length=200)),
                ("website", fields.TextField(default="")),
                ("redirect_uris", fields.TextField()),
                ("scopes", fields.TextField()),
                ("client_id", fields.CharField(unique=True, max_length=64)),
                ("secret_digest", fields.CharField(max_length=64)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "app"},
        ),
        ops.CreateModel(
            name="Code",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "app",
                    fields.ForeignKeyField(
                        "fedigroups.App",
                        source_field="app_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "fedigroups.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "acting",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="acting_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("redirect_uri", fields.TextField()),
                ("scopes", fields.TextField()),
                ("challenge", fields.CharField(default="", max_length=64)),
                ("token_id", fields.BigIntField(default=0)),
                ("expires_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "oauth_code"},
        ),
        ops.CreateModel(
            name="Invitation",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "fedigroups.Account",
                        source_field="account_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="invitations",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("note", fields.CharField(default="", max_length=200)),
                ("uses_left", fields.IntField(default=1)),
                ("expires_at", fields.BigIntField()),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "invitation"},
        ),
        ops.CreateModel(
            name="Mail",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("recipient", fields.CharField(max_length=320)),
                ("sealed", fields.BinaryField()),
                ("tries", fields.IntField(default=0)),
                ("next_try_at", fields.BigIntField(db_index=True)),
                ("last_error", fields.TextField(default="")),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "mail"},
        ),
        ops.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "fedigroups.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="recovery_codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(max_length=64)),
            ],
            options={"table": "recovery_code", "unique_together": (("account", "digest"),)},
        ),
        ops.CreateModel(
            name="Session",
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
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("address", fields.CharField(default="", max_length=64)),
                ("agent", fields.CharField(default="", max_length=200)),
                ("created_at", fields.BigIntField()),
                ("seen_at", fields.BigIntField()),
            ],
            options={"table": "session"},
        ),
        ops.CreateModel(
            name="Ticket",
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
                        related_name="tickets",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("email", fields.CharField(default="", max_length=320)),
                ("tries", fields.IntField(default=0)),
                ("expires_at", fields.BigIntField(db_index=True)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "ticket"},
        ),
        ops.CreateModel(
            name="Token",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "app",
                    fields.ForeignKeyField(
                        "fedigroups.App",
                        source_field="app_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "fedigroups.Account",
                        source_field="account_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "acting",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="acting_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("scopes", fields.TextField()),
                ("used_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "oauth_token"},
        ),
        ops.AddField(
            model_name="Account",
            name="approved_at",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Account",
            name="confirmed_at",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Account",
            name="email_key",
            field=fields.CharField(default="", db_default="", max_length=320),
        ),
        ops.AddField(
            model_name="Account",
            name="language",
            field=fields.CharField(default="", db_default="", max_length=16),
        ),
        ops.AddField(
            model_name="Account",
            name="locale",
            field=fields.CharField(default="", db_default="", max_length=16),
        ),
        ops.AddField(
            model_name="Account",
            name="mail_about",
            field=fields.TextField(default="sign_in sign_up", db_default="sign_in sign_up"),
        ),
        ops.AddField(
            model_name="Account",
            name="reason",
            field=fields.TextField(default="", db_default=""),
        ),
        ops.AddField(
            model_name="Account",
            name="second_factor",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="Account",
            name="second_factor_at",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Account",
            name="second_factor_step",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Account",
            name="visibility",
            field=fields.CharField(default="public", db_default="public", max_length=16),
        ),
        ops.AddIndex("Account", Index(fields=["email_key"])),
        ops.RunSQL(STAY_IN, "SELECT 1"),
    ]
