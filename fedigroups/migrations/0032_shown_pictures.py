"""Which posts show which pictures of other servers; a copy goes with the last of them."""

import hashlib
import json

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from federation import ids, storage

AT_ONCE = 1_000
POSTS = """
SELECT id, attachments FROM post WHERE attachments LIKE '[{%' AND id > ? ORDER BY id LIMIT ?
"""
NOTE = "INSERT INTO shown_picture (id, post_id, digest) VALUES (?, ?, ?)"
COPIES = "SELECT digest, url FROM remote_picture"
KIND = "UPDATE remote_picture SET kind = 'icon' WHERE digest = ?"


def digest(url):
    return hashlib.sha256(f"picture\n{url}".encode()).hexdigest()


async def note(_apps, _editor):
    last = 0
    while posts := await storage.rows(POSTS, last, AT_ONCE):
        last = posts[-1]["id"]
        shown = {
            (post["id"], digest(one["url"]))
            for post in posts
            for one in json.loads(post["attachments"])
            if one.get("url")
        }
        await storage.execute_many(NOTE, [(ids.new(), *one) for one in sorted(shown)])


async def tell_apart(_apps, _editor):
    copies = await storage.rows(COPIES)
    icons = [(copy["digest"],) for copy in copies if copy["digest"] != digest(copy["url"])]
    await storage.execute_many(KIND, icons)


async def nothing(_apps, _editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0031_topics")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ShownPicture",
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
                        related_name="shown_pictures",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("digest", fields.CharField(max_length=64)),
            ],
            options={"table": "shown_picture", "unique_together": (("digest", "post"),)},
        ),
        ops.AddField(
            model_name="RemotePicture",
            name="kind",
            field=fields.CharField(default="picture", db_default="picture", max_length=16),
        ),
        ops.RunPython(note, nothing),
        ops.RunPython(tell_apart, nothing),
    ]
