"""From where nobody makes an account: hosts of e-mail, single addresses and networks."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0025_staff")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SignUpBlock",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("kind", fields.CharField(max_length=16)),
                ("value", fields.CharField(max_length=255)),
                ("asks", fields.BooleanField(default=False)),
                ("note", fields.TextField(default="")),
                ("expires_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "sign_up_block", "unique_together": (("kind", "value"),)},
        ),
    ]
