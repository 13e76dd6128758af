"""Reports that somebody looks into (those only kept before are taken along); automatic rules."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

OLD = """
INSERT INTO report (id, activity_uri, group_id, reporter_id, person_id, post_id, objects, text,
  category, rules, for_staff, claimed_by, state, outcome, forwarded_at, decided_at, created_at)
SELECT f.id, f.activity_uri, COALESCE(f.group_id, 0), a.id, 0, 0, f.objects, f.text, 'other', '',
  f.group_id IS NULL, 0, 'open', '', 0, 0, f.created_at
FROM flag f JOIN actor a ON a.uri = f.reporter_uri
"""


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0021_polls")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Report",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                ("activity_uri", fields.CharField(max_length=2048)),
                ("group_id", fields.BigIntField(default=0)),
                ("reporter_id", fields.BigIntField()),
                ("person_id", fields.BigIntField(default=0)),
                ("post_id", fields.BigIntField(default=0)),
                ("objects", fields.TextField(default="[]")),
                ("text", fields.TextField(default="")),
                ("category", fields.CharField(default="other", max_length=16)),
                ("rules", fields.CharField(default="", max_length=255)),
                ("for_staff", fields.BooleanField(default=False)),
                ("claimed_by", fields.BigIntField(default=0)),
                ("state", fields.CharField(default="open", max_length=16)),
                ("outcome", fields.TextField(default="")),
                ("forwarded_at", fields.BigIntField(default=0)),
                ("decided_at", fields.BigIntField(default=0)),
                ("created_at", fields.BigIntField()),
            ],
            options={
                "table": "report",
                "unique_together": (("activity_uri", "group_id"),),
                "indexes": [
                    Index(fields=["group_id", "state", "id"]),
                    Index(fields=["reporter_id", "created_at"]),
                ],
            },
        ),
        ops.CreateModel(
            name="ReportNote",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "report",
                    fields.ForeignKeyField(
                        "fedigroups.Report",
                        source_field="report_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("author_id", fields.BigIntField()),
                ("text", fields.TextField()),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "report_note"},
        ),
        ops.CreateModel(
            name="AutomaticRule",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "group",
                    fields.ForeignKeyField(
                        "fedigroups.Group",
                        source_field="group_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="automatic_rules",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("amount", fields.IntField(default=0)),
                ("days", fields.IntField(default=0)),
                ("words", fields.TextField(default="")),
                ("created_at", fields.BigIntField()),
            ],
            options={"table": "automatic_rule"},
        ),
        ops.RunSQL(OLD, "SELECT 1"),
        ops.DeleteModel(name="Flag"),
    ]
