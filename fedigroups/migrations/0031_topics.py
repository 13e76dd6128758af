"""What groups are about, in a few words, by which the directory finds them."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0030_moving")]

    initial = False

    operations = [
        ops.AddField("Group", "topics", fields.TextField(default="", db_default="")),
    ]
