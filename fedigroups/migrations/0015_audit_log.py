"""The log of administrative acts."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0014_drafts_and_readings")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Act",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("at", fields.BigIntField()),
                ("who", fields.CharField(max_length=255)),
                ("what", fields.CharField(max_length=64)),
                ("detail", fields.TextField(default="")),
            ],
            options={"table": "act"},
        ),
    ]
