"""Servers that are limited, and those that are allowed where only such are dealt with."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0026_sign_up_blocks")]

    initial = False

    operations = [
        ops.AddField("Peer", "limited", fields.BooleanField(default=False, db_default=False)),
        ops.AddField("Peer", "allowed", fields.BooleanField(default=False, db_default=False)),
    ]
