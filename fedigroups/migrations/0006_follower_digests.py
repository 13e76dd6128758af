"""Who follows whom is told by one value for each host (FEP-8fcf), made from today's members."""

from collections import defaultdict

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from federation import follower_digest, ids, storage

READ_THROUGH = """
UPDATE member SET inbox = COALESCE((
    SELECT CASE WHEN actor.shared_inbox <> '' THEN actor.shared_inbox ELSE actor.inbox END
    FROM actor JOIN groups ON groups.id = member.group_id
    WHERE actor.id = member.actor_id AND NOT groups.hosted AND actor.local AND actor.state = 'live'
), '') WHERE state = 'member' AND inbox = ''
"""


async def count(_apps, _editor):
    followers = defaultdict(list)
    for row in await storage.rows(
        "SELECT f.uri AS followed, a.host, a.uri FROM member m JOIN actor a ON a.id = m.actor_id"
        " JOIN groups g ON g.id = m.group_id JOIN actor f ON f.id = g.actor_id WHERE m.inbox <> ''"
    ):
        followers[row["followed"], row["host"]].append(row["uri"])
    await storage.execute_many(
        "INSERT INTO follower_digest (id, actor_uri, host, digest, followers)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (ids.new(), actor, host, follower_digest.of(some), len(some))
            for (actor, host), some in followers.items()
        ],
    )


async def nothing(_apps, _editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0005_lost_inboxes")]

    initial = False

    operations = [
        ops.CreateModel(
            name="FollowerDigest",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("actor_uri", fields.CharField(max_length=2048)),
                ("host", fields.CharField(max_length=255)),
                ("digest", fields.CharField(max_length=64)),
                ("followers", fields.IntField()),
            ],
            options={"table": "follower_digest", "unique_together": (("actor_uri", "host"),)},
        ),
        ops.AddField("Group", "synchronized_at", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("Receipt", "synchronization", fields.TextField(default="", db_default="")),
        ops.RunSQL(READ_THROUGH, "SELECT 1"),
        ops.RunPython(count, nothing),
    ]
