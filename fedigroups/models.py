"""The tables of what the instance as a whole remembers, beside what groups and people do."""

from __future__ import annotations

from tortoise import fields

from federation.table import Model

IDS_ABOVE = "ids_above"
"""The key of a `Setting`: the id above which all are that are given out."""


class Setting(Model):
    """A fact that outlives a restart, e.g. the `origin` that this database was first used with."""

    key = fields.CharField(max_length=64, primary_key=True)
    value = fields.TextField()

    class Meta:
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
        table = "act"

    def __str__(self) -> str:
        return f"{self.who}: {self.what} {self.detail}"


class InstanceText(Model):
    """Something that whoever runs the instance says of it; see `fedigroups.about`."""

    id = fields.BigIntField(primary_key=True, generated=False)
    kind = fields.CharField(max_length=16)
    """A name of `fedigroups.about.KINDS`."""
    language = fields.CharField(max_length=16, default="")
    """A language of the pages; empty for what is the same in all."""
    text = fields.TextField()

    class Meta:
        table = "instance_text"
        unique_together = (("kind", "language"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.language}".strip()


class Announcement(Model):
    """A word of whoever runs the instance to everybody, for a time."""

    id = fields.BigIntField(primary_key=True, generated=False)
    text = fields.TextField()
    """Markdown."""
    begins_at = fields.BigIntField()
    ends_at = fields.BigIntField(default=0)
    """0 for never."""
    created_at = fields.BigIntField()

    class Meta:
        table = "announcement"

    def __str__(self) -> str:
        return f"announcement {self.id}"


class AnnouncementRead(Model):
    """That somebody has read an announcement, and is not shown it any more."""

    id = fields.BigIntField(primary_key=True, generated=False)
    announcement: fields.ForeignKeyRelation[Announcement] = fields.ForeignKeyField(
        "fedigroups.Announcement", related_name="read_by", on_delete=fields.CASCADE
    )
    announcement_id: int
    actor_id = fields.BigIntField()

    class Meta:
        table = "announcement_read"
        unique_together = (("actor_id", "announcement"),)

    def __str__(self) -> str:
        return f"announcement {self.announcement_id} read by {self.actor_id}"
