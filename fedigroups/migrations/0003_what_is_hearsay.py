"""Receipts remember who told what is hearsay."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0002_pace_and_tries")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Receipt",
            name="teller",
            field=fields.TextField(default="", db_default=""),
        ),
    ]
