"""The tables of what the instance as a whole remembers, beside what groups and people do."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

IDS_ABOVE = "ids_above"
"""The key of a `Setting`: the id above which all are that are given out."""


class Setting(Model):
    """A fact that outlives a restart, e.g. the `origin` that this database was first used with."""

    key = fields.CharField(max_length=64, primary_key=True)
    value = fields.TextField()

    class Meta:
        """Where the rows live."""

        table = "setting"

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class Act(Model):
    """Something that an operator did here; see `fedigroups.audit`."""

    id = fields.BigIntField(primary_key=True, generated=False)
    at = fields.BigIntField()
    who = fields.CharField(max_length=255)
    """A handle, or the user of the machine who typed a command."""
    what = fields.CharField(max_length=64)
    """What was done, e.g. `peer block`."""
    detail = fields.TextField(default="")
    """To what, and how (JSON)."""

    class Meta:
        """Where the rows live."""

        table = "act"

    def __str__(self) -> str:
        return f"{self.who}: {self.what} {self.detail}"
