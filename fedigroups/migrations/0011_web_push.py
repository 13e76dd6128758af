"""Web push."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0010_media")]

    initial = False

    operations = [
        ops.CreateModel(
            name="PushSubscription",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "token",
                    fields.OneToOneField(
                        "fedigroups.Token",
                        source_field="token_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="push",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="pushes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("endpoint", fields.CharField(max_length=2048)),
                ("p256dh", fields.CharField(max_length=128)),
                ("auth", fields.CharField(max_length=64)),
                ("standard", fields.BooleanField(default=False)),
                ("alerts", fields.TextField(default="")),
                ("policy", fields.CharField(default="all", max_length=16)),
                ("sealed_token", fields.BinaryField()),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "push_subscription"},
        ),
        ops.CreateModel(
            name="PushMessage",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "subscription",
                    fields.ForeignKeyField(
                        "fedigroups.PushSubscription",
                        source_field="subscription_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="waiting",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("notification_id", fields.BigIntField()),
                ("tries", fields.IntField(default=0)),
                ("next_try_at", fields.BigIntField(db_index=True)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "push_message"},
        ),
    ]
