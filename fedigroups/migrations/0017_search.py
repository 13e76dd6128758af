"""An index of what posts say, and who does not want to be found."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from federation import storage

SQLITE = (
    # What begins with four to six letters is found as quickly as a whole word.
    "CREATE VIRTUAL TABLE searched USING fts5(terms, tokenize = 'ascii', prefix = '4 5 6')",
)
POSTGRES = (
    "CREATE TABLE searched (id BIGINT PRIMARY KEY REFERENCES post (id) ON DELETE CASCADE,"
    " terms TSVECTOR NOT NULL)",
    "CREATE INDEX searched_terms ON searched USING gin (terms) WITH (gin_pending_list_limit = 256)",
)
UNWILLING = """
UPDATE actor SET {0} = {1} WHERE NOT local
AND (document LIKE '%"{0}":false%' OR document LIKE '%"{0}": false%')
"""


async def make(_apps, _editor):
    for sql in SQLITE if storage.dialect() == "sqlite" else POSTGRES:
        await storage.execute(sql)


async def unmake(_apps, _editor):
    await storage.execute("DROP TABLE searched")


class Migration(migrations.Migration):
    dependencies = [("fedigroups", "0015_audit_log")]

    initial = False

    operations = [
        ops.AddField("Actor", "discoverable", fields.BooleanField(default=True, db_default=True)),
        ops.AddField("Actor", "indexable", fields.BooleanField(default=True, db_default=True)),
        ops.RunSQL(UNWILLING.format("discoverable", "FALSE"), "SELECT 1"),
        ops.RunSQL(UNWILLING.format("indexable", "FALSE"), "SELECT 1"),
        ops.RunPython(make, unmake),
    ]
