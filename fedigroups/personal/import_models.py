"""The tables of files that people brought from elsewhere."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.sentences import Sentence
from federation.table import Model


class Import(Model):
    """A file that somebody brought from elsewhere; of each person the last one is kept."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "fedigroups.Actor", related_name="brought", on_delete=fields.CASCADE
    )
    actor_id: int
    state = fields.CharField(max_length=16)
    """`shown` (nothing is done yet), `running` or `done`."""
    overwrites = fields.BooleanField(default=False)
    """Whether blocks and mutes that are not in the file end."""
    step_at = fields.BigIntField(default=0)
    """When its next step is due, or whoever takes it now is given up."""
    created_at = fields.BigIntField()

    class Meta:
        table = "import_batch"
        indexes = (("state", "step_at"),)

    def __str__(self) -> str:
        return f"import {self.id}: {self.state}"


class ImportRow(Model):
    """One thing in a file that somebody brought, and what became of it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    batch: fields.ForeignKeyRelation[Import] = fields.ForeignKeyField(
        "fedigroups.Import", related_name="rows", on_delete=fields.CASCADE
    )
    batch_id: int
    kind = fields.CharField(max_length=16)
    """A name of `import_files.KINDS`."""
    subject = fields.TextField()
    """A handle, an id, a host or a hashtag."""
    more = fields.TextField(default="")
    """What else the file says of it: a note, or a filter's JSON."""
    outcome = fields.CharField(max_length=16, default="")
    """`left_out` from the beginning; or empty, then `done`, `already`, `skipped` or `failed`."""
    reason = fields.TextField(default="")
    """A `Sentence`, as it is kept."""

    class Meta:
        table = "import_row"
        indexes = (("batch", "outcome"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.outcome}"

    @property
    def why(self) -> Sentence:
        """Why it did not come about; empty otherwise."""
        return Sentence.read(self.reason)
