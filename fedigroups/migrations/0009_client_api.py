"""Client api."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0008_accounts")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Bookmark",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="bookmarks",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("post_id", fields.BigIntField(db_index=True)),
            ],
            options={
                "table": "bookmark",
                "unique_together": (("actor", "post_id"),),
                "indexes": [Index(fields=["actor_id", "id"])],
            },
        ),
        ops.CreateModel(
            name="FollowedTag",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="followed_tags",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
            ],
            options={"table": "followed_tag", "unique_together": (("actor", "name"),)},
        ),
        ops.CreateModel(
            name="Listing",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="listings",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("title", fields.CharField(max_length=255)),
                ("replies_policy", fields.CharField(default="list", max_length=16)),
                ("exclusive", fields.BooleanField(default=False)),
            ],
            options={"table": "listing"},
        ),
        ops.CreateModel(
            name="Listed",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "listing",
                    fields.ForeignKeyField(
                        "fedigroups.Listing",
                        source_field="listing_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="listed",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "target",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="target_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="in_lists",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={"table": "listed", "unique_together": (("listing", "target"),)},
        ),
        ops.CreateModel(
            name="Marker",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="markers",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("timeline", fields.CharField(max_length=16)),
                ("last_read_id", fields.BigIntField(default=0)),
                ("version", fields.IntField(default=0)),
                ("updated_at", fields.BigIntField()),
            ],
            options={"table": "marker", "unique_together": (("actor", "timeline"),)},
        ),
        ops.CreateModel(
            name="MutedThread",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="muted_threads",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("thread_id", fields.BigIntField()),
            ],
            options={"table": "muted_thread", "unique_together": (("actor", "thread_id"),)},
        ),
        ops.CreateModel(
            name="Notification",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notifications",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                (
                    "sender",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="sender_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="caused",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("post_id", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "notification",
                "unique_together": (("actor", "kind", "sender", "post_id"),),
                "indexes": [
                    Index(fields=["actor_id", "id"]),
                    Index(fields=["post_id"]),
                    Index(fields=["created_at"]),
                ],
            },
        ),
        ops.CreateModel(
            name="Once",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="once",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("key", fields.CharField(max_length=255)),
                ("post_id", fields.BigIntField()),
                ("created_at", fields.BigIntField(db_index=True)),
            ],
            options={"table": "once", "unique_together": (("actor", "key"),)},
        ),
        ops.CreateModel(
            name="Revision",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "fedigroups.Post",
                        source_field="post_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="revisions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("title", fields.TextField(default="")),
                ("content", fields.TextField(default="")),
                ("warning", fields.TextField(default="")),
                ("sensitive", fields.BooleanField(default=False)),
                ("attachments", fields.TextField(default="[]")),
                ("written_at", fields.BigIntField()),
            ],
            options={"table": "revision", "indexes": [Index(fields=["post_id", "id"])]},
        ),
        ops.CreateModel(
            name="Stance",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="stances",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "target",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="target_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="judged",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("muted", fields.BooleanField(default=False)),
                ("blocked", fields.BooleanField(default=False)),
                ("note", fields.TextField(default="")),
            ],
            options={"table": "stance", "unique_together": (("actor", "target"),)},
        ),
        ops.CreateModel(
            name="Tagged",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "post",
                    fields.ForeignKeyField(
                        "fedigroups.Post",
                        source_field="post_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tagged",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
            ],
            options={"table": "tagged", "unique_together": (("name", "post"),)},
        ),
        ops.CreateModel(
            name="WordFilter",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="filters",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("title", fields.CharField(max_length=255)),
                ("context", fields.CharField(max_length=64)),
                ("action", fields.CharField(default="warn", max_length=16)),
                ("expires_at", fields.BigIntField(default=0)),
            ],
            options={"table": "word_filter"},
        ),
        ops.CreateModel(
            name="FilterKeyword",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "word_filter",
                    fields.ForeignKeyField(
                        "fedigroups.WordFilter",
                        source_field="word_filter_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="keywords",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("keyword", fields.CharField(max_length=255)),
                ("whole_word", fields.BooleanField(default=False)),
            ],
            options={"table": "filter_keyword"},
        ),
        ops.CreateModel(
            name="FilterStatus",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "word_filter",
                    fields.ForeignKeyField(
                        "fedigroups.WordFilter",
                        source_field="word_filter_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="statuses",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("post_id", fields.BigIntField()),
            ],
            options={"table": "filter_status", "unique_together": (("word_filter", "post_id"),)},
        ),
        ops.AddField(
            model_name="Member",
            name="bell",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Member",
            name="shows",
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddIndex(
            model_name="Post",
            index=Index(fields=["author_id", "state", "published_at"]),
        ),
        ops.AddIndex(
            model_name="Post",
            index=Index(fields=["parent_id", "state"]),
        ),
        ops.AddIndex(
            model_name="Reaction",
            index=Index(fields=["actor_uri", "id"]),
        ),
        ops.AddIndex(
            model_name="Thread",
            index=Index(fields=["group_id", "id"]),
        ),
        ops.AddIndex(
            model_name="Thread",
            index=Index(fields=["root_id"]),
        ),
    ]
