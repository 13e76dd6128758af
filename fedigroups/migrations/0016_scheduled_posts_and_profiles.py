"""What apps keep for people: scheduled and pinned posts, profiles, blocked hosts, hashtags shown."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0017_search")]

    initial = False

    operations = [
        ops.CreateModel(
            name="BlockedHost",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="blocked_hosts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("host", fields.CharField(max_length=255)),
            ],
            options={"table": "blocked_host", "unique_together": (("actor", "host"),)},
        ),
        ops.CreateModel(
            name="FeaturedTag",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="featured_tags",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
            ],
            options={"table": "featured_tag", "unique_together": (("actor", "name"),)},
        ),
        ops.CreateModel(
            name="PinnedPost",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="pinned_posts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("post_id", fields.BigIntField()),
            ],
            options={"table": "pinned_post", "unique_together": (("actor", "post_id"),)},
        ),
        ops.CreateModel(
            name="Profile",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.OneToOneField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="profile",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("note", fields.TextField(default="")),
                ("pairs", fields.TextField(default="[]")),
                ("icon_text", fields.TextField(default="")),
                ("banner_text", fields.TextField(default="")),
                ("credited", fields.TextField(default="")),
            ],
            options={"table": "profile"},
        ),
        ops.CreateModel(
            name="ScheduledPost",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="scheduled_posts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("group_id", fields.BigIntField(default=0)),
                ("parent_id", fields.BigIntField(default=0)),
                ("text", fields.TextField()),
                ("params", fields.TextField()),
                ("due_at", fields.BigIntField(db_index=True)),
                ("post_id", fields.BigIntField(default=0)),
                ("tried_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "scheduled_post", "indexes": [Index(fields=["actor_id", "id"])]},
        ),
        ops.AddField(
            model_name="Account",
            name="default_group_id",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Account",
            name="sensitive",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Stance",
            name="endorsed",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Stance",
            name="muted_until",
            field=fields.BigIntField(default=0, db_default=0),
        ),
    ]
