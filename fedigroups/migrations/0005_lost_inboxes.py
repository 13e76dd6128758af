"""Which inboxes answered 410, and on how many days."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0004_readers")]

    initial = False

    operations = [
        ops.CreateModel(
            name="LostInbox",
            fields=[
                ("inbox", fields.CharField(primary_key=True, max_length=2048)),
                ("days", fields.IntField()),
                ("seen_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "lost_inbox"},
        ),
    ]
