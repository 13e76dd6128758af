"""The outbox's tables: activities, the streams they are on, who reads a stream and how far."""

from __future__ import annotations

from tortoise import fields

from federation.models import URI
from federation.table import Model


class Activity(Model):
    """An activity that left this instance, stored and serialised once; served at its id."""

    id = fields.BigIntField(primary_key=True, generated=False)
    uri = fields.CharField(max_length=URI, unique=True)
    actor_uri = fields.CharField(max_length=URI)
    """The local actor that signs it."""
    kind = fields.CharField(max_length=32)
    object_uri = fields.CharField(max_length=URI, default="", db_index=True)
    """The post that it carries or is about: when that goes, what carries it is served no more."""
    body = fields.BinaryField()
    """Exactly the bytes that are sent."""
    public = fields.BooleanField(default=True)
    """Whether a stranger who asks for its id may read it."""
    created_at = fields.BigIntField()

    class Meta:
        table = "activity"

    def __str__(self) -> str:
        return self.uri


class Stream(Model):
    """A sequence of activities, e.g. `group:12:thread`; `head` is the last number given out.

    Appending updates this row, so that numbers are given out in the order of commits: a reader
    of `seq > cursor` can never skip a row that commits late.
    """

    name = fields.CharField(max_length=255, primary_key=True)
    head = fields.BigIntField(default=0)

    class Meta:
        table = "stream"

    def __str__(self) -> str:
        return self.name


class LogEntry(Model):
    """An activity's place on a stream."""

    id = fields.BigIntField(primary_key=True, generated=False)
    stream = fields.CharField(max_length=255)
    seq = fields.BigIntField()
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "fedigroups.Activity", related_name="entries", on_delete=fields.CASCADE
    )
    activity_id: int
    kind = fields.CharField(max_length=16)
    """What it is about: `post`, `reply`, `edit`, `delete`, `vote`, `act`, `profile`, `moderation`,
    `answer` (to one person) or `report` (to one server)."""
    object_uri = fields.TextField(default="")
    thread = fields.CharField(max_length=64, default="")
    """Entries of the same thread are delivered to a host one after another."""
    skip_host = fields.CharField(max_length=255, default="")
    """The host that it came from, which needs no copy."""
    cancelled = fields.BooleanField(default=False)
    """Its object is gone: a host that was not sent it yet never is."""
    undoes = fields.BigIntField(default=0)
    """The seq on this stream that this entry takes back, or 0."""
    not_before = fields.BigIntField(default=0, db_default=0)
    """When it may be delivered (ms), 0 for at once."""
    spread = fields.BigIntField(default=0, db_default=0)
    """Over so many ms after that its readers get it, each at a moment of its own."""
    created_at = fields.BigIntField()

    class Meta:
        table = "log_entry"
        unique_together = (("stream", "seq"),)
        indexes = (("stream", "object_uri"), ("activity_id",))

    def __str__(self) -> str:
        return f"{self.stream}#{self.seq}"


class Subscription(Model):
    """An inbox that reads a stream; everything up to `cursor` is delivered or ended."""

    id = fields.BigIntField(primary_key=True, generated=False)
    stream = fields.CharField(max_length=255)
    inbox = fields.CharField(max_length=URI)
    host = fields.CharField(max_length=255)
    cursor = fields.BigIntField()
    claimed = fields.BigIntField()
    """The highest seq that may have been sent: written before anything above it is."""
    since = fields.BigIntField(default=0, db_default=0)
    """The head when it began to read: what was on the stream by then is not for it."""
    created_at = fields.BigIntField()

    class Meta:
        table = "subscription"
        unique_together = (("stream", "inbox"),)
        indexes = (("host",), ("stream", "cursor"))

    def __str__(self) -> str:
        return f"{self.stream} -> {self.inbox}"


class Lane(Model):
    """A host as deliveries meet it: one lane, worked by one worker at a time."""

    host = fields.CharField(max_length=255, primary_key=True)
    state = fields.CharField(max_length=16, default="open")
    """`open`, `failing` (backing off) or `dormant` (14 days of silence)."""
    failures = fields.IntField(default=0)
    next_try_at = fields.BigIntField(default=0)
    failing_since = fields.BigIntField(default=0)
    lease_owner = fields.CharField(max_length=64, default="")
    lease_until = fields.BigIntField(default=0)
    tries = fields.IntField(default=0, db_default=0)
    """Claims of the lane since it was last written what became of one."""
    succeeded_at = fields.BigIntField(default=0)
    last_error = fields.TextField(default="")

    class Meta:
        table = "lane"

    def __str__(self) -> str:
        return self.host


class Ended(Model):
    """A delivery that ended without success: what, where, and why."""

    id = fields.BigIntField(primary_key=True, generated=False)
    host = fields.CharField(max_length=255)
    inbox = fields.CharField(max_length=URI)
    stream = fields.CharField(max_length=255)
    seq = fields.BigIntField()
    activity_uri = fields.CharField(max_length=URI)
    status = fields.IntField(default=0)
    """The HTTP status that ended it, or 0."""
    reason = fields.TextField()
    ended_at = fields.BigIntField()

    class Meta:
        table = "ended"
        indexes = (("host",),)

    def __str__(self) -> str:
        return f"{self.activity_uri} -> {self.inbox}: {self.reason}"
