"""Pace and tries."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0001_initial")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Lane",
            name="tries",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="LogEntry",
            name="not_before",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="LogEntry",
            name="spread",
            field=fields.BigIntField(default=0, db_default=0),
        ),
    ]
