"""Pictures that people here upload, copies of others', and banners of actors."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0009_client_api")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Media",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "fedigroups.Actor",
                        source_field="actor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="media",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("key", fields.CharField(unique=True, max_length=64)),
                ("url", fields.TextField(default="")),
                ("type", fields.CharField(default="", max_length=32)),
                ("width", fields.IntField(default=0)),
                ("height", fields.IntField(default=0)),
                ("preview_width", fields.IntField(default=0)),
                ("preview_height", fields.IntField(default=0)),
                ("bytes", fields.IntField(default=0)),
                ("blurhash", fields.CharField(default="", max_length=64)),
                ("animated", fields.BooleanField(default=False)),
                ("description", fields.TextField(default="")),
                ("focus_x", fields.FloatField(default=0.0)),
                ("focus_y", fields.FloatField(default=0.0)),
                ("state", fields.CharField(default="arriving", max_length=16)),
                ("holder", fields.CharField(default="", db_index=True, max_length=2048)),
                ("place", fields.IntField(default=0)),
                ("created_at", fields.BigIntField()),
                ("changed_at", fields.BigIntField()),
            ],
            options={
                "table": "media",
                "indexes": [
                    Index(fields=["actor_id", "created_at"]),
                    Index(fields=["state", "changed_at"]),
                ],
            },
        ),
        ops.CreateModel(
            name="RemotePicture",
            fields=[
                ("digest", fields.CharField(primary_key=True, max_length=64)),
                ("url", fields.TextField()),
                ("key", fields.CharField(default="", max_length=64)),
                ("type", fields.CharField(default="", max_length=32)),
                ("bytes", fields.IntField(default=0)),
                ("reason", fields.TextField(default="")),
                ("fetched_at", fields.BigIntField()),
                ("until", fields.BigIntField(db_index=True)),
            ],
            options={"table": "remote_picture"},
        ),
        ops.AddField(
            model_name="Actor",
            name="banner_url",
            field=fields.TextField(default="", db_default=""),
        ),
    ]
