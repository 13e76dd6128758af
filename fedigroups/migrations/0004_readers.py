"""Members know the inbox that they read through, and subscriptions where they began."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

READ_THROUGH = """
UPDATE member SET inbox = COALESCE((
    SELECT CASE WHEN actor.shared_inbox <> '' THEN actor.shared_inbox ELSE actor.inbox END
    FROM actor JOIN groups ON groups.id = member.group_id
    WHERE actor.id = member.actor_id AND groups.hosted AND NOT actor.local AND actor.state = 'live'
), '') WHERE state = 'member'
"""


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0003_what_is_hearsay")]

    initial = False

    operations = [
        ops.AddField(
            "Member", "inbox", fields.CharField(max_length=2048, default="", db_default="")
        ),
        ops.AddIndex("Member", Index(fields=["group_id", "inbox"])),
        ops.AddField("Subscription", "since", fields.BigIntField(default=0, db_default=0)),
        ops.RunSQL("UPDATE subscription SET since = cursor", "SELECT 1"),
        ops.RunSQL(READ_THROUGH, "SELECT 1"),
    ]
