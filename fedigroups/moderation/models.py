"""The tables of moderation: decisions, which are never changed, what waits for one, and reports."""

from __future__ import annotations

from tortoise import fields

from federation.models import URI
from federation.table import Model
from fedigroups.groups.models import Group


class Decision(Model):
    """What was decided in a group, by whom and why. A row is written once, and never changed.

    People are row ids without a constraint: a decision outlives whom it is about.
    """

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="decisions", on_delete=fields.CASCADE
    )
    group_id: int
    kind = fields.CharField(max_length=16)
    """A name of `fedigroups.moderation.kinds`."""
    post_id = fields.BigIntField(default=0)
    """The post that it is about; 0 where it is about none."""
    object_uri = fields.CharField(max_length=URI, default="")
    """The id of that post."""
    person_id = fields.BigIntField(default=0)
    """The actor whom it concerns: of a post its author; 0 where it concerns nobody."""
    decider_id = fields.BigIntField(default=0)
    """The actor who decided; 0 for a rule of the group that runs by itself."""
    rule = fields.IntField(default=0)
    """The number of the rule of the group that it rests on, from 1; 0 for none."""
    rule_text = fields.TextField(default="")
    """That rule as it read then."""
    text = fields.TextField(default="")
    """The reason, as the person whom it concerns was told."""
    unnamed = fields.BooleanField(default=False)
    """The public ledger does not say whom it concerns."""
    until = fields.BigIntField(default=0)
    """When it ends by itself; 0 for never."""
    took_ms = fields.BigIntField(default=0)
    """How long the post had waited for it; 0 for what waited for nothing."""
    appealed_id = fields.BigIntField(default=0)
    """Of a decision about an appeal: the decision that was appealed against."""
    activity_uri = fields.CharField(max_length=URI, default="")
    """The activity that carried it out, where there is one."""
    answer_uri = fields.CharField(max_length=URI, default="", db_index=True)
    """The id of the note that told whom it concerns; a reply to that is an appeal."""
    created_at = fields.BigIntField()

    class Meta:
        table = "decision"
        indexes = (("group", "id"), ("person_id", "id"), ("post_id",))

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Submission(Model):
    """A post that a moderator looks at before others do; its row id is the post's."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="submissions", on_delete=fields.CASCADE
    )
    group_id: int
    state = fields.CharField(max_length=16, default="waiting")
    """`waiting`, `refused`, `asked` (for a change) or `accepted`."""
    why = fields.TextField(default="")
    """Why it waits."""
    activity_uri = fields.CharField(max_length=URI, default="")
    """The activity in which its newest version came, empty when only the post itself was found."""
    body = fields.BinaryField(default=b"")
    """That activity, byte for byte: it is announced once the post is accepted."""
    host = fields.CharField(max_length=255, default="")
    signed = fields.BooleanField(default=False)
    since = fields.BigIntField()
    """When its newest version came."""

    class Meta:
        table = "submission"
        indexes = (("group", "state", "since"),)

    def __str__(self) -> str:
        return f"submission {self.id}: {self.state}"


class Appeal(Model):
    """What somebody says against a decision; one for each decision."""

    id = fields.BigIntField(primary_key=True, generated=False)
    decision: fields.OneToOneRelation[Decision] = fields.OneToOneField(
        "fedigroups.Decision", related_name="appeal", on_delete=fields.CASCADE
    )
    decision_id: int
    text = fields.TextField(default="")
    state = fields.CharField(max_length=16, default="open")
    """`open`, `upheld` (the decision stands) or `overturned`."""
    created_at = fields.BigIntField()
    decided_at = fields.BigIntField(default=0)

    class Meta:
        table = "appeal"
        indexes = (("state", "id"),)

    def __str__(self) -> str:
        return f"appeal against {self.decision_id}: {self.state}"


class Report(Model):
    """What somebody reports to those who look after a group, or the instance; never announced.

    People and posts are row ids without a constraint, as those of decisions.
    """

    id = fields.BigIntField(primary_key=True, generated=False)
    activity_uri = fields.CharField(max_length=URI)
    """The Flag in which it came, or that of our own under which it was written down."""
    group_id = fields.BigIntField(default=0)
    """The group here whose moderators look at it; 0 where it concerns the instance alone."""
    reporter_id = fields.BigIntField()
    """Who reports: of Mastodon its server's actor, which keeps the person to itself."""
    person_id = fields.BigIntField(default=0)
    """Whom it is about, who never learns of it; 0 where that is nobody whom we know."""
    post_id = fields.BigIntField(default=0)
    objects = fields.TextField(default="[]")
    """JSON: the URIs that it is about, as they were named."""
    text = fields.TextField(default="")
    category = fields.CharField(max_length=16, default="other")
    """As clients call it: `spam`, `legal`, `violation` (of the group's `rules`) or `other`."""
    rules = fields.CharField(max_length=255, default="")
    """Numbers of rules of the group, with commas."""
    for_staff = fields.BooleanField(default=False)
    """Whoever runs the instance sees it, too."""
    claimed_by = fields.BigIntField(default=0)
    """The actor who looks into it; 0 for nobody yet."""
    state = fields.CharField(max_length=16, default="open")
    """`open`, `heeded` (something was done) or `set_aside`."""
    outcome = fields.TextField(default="")
    """What the reporter was told in the end."""
    forwarded_at = fields.BigIntField(default=0)
    """When the author's server was told, without the reporter's name; 0 for never."""
    decided_at = fields.BigIntField(default=0)
    created_at = fields.BigIntField()
    notes: fields.ReverseRelation[ReportNote]

    class Meta:
        table = "report"
        unique_together = (("activity_uri", "group_id"),)
        indexes = (("group_id", "state", "id"), ("reporter_id", "created_at"))

    def __str__(self) -> str:
        return f"report {self.id}: {self.state}"


class ReportNote(Model):
    """What one of those who look into a report tells the others."""

    id = fields.BigIntField(primary_key=True, generated=False)
    report: fields.ForeignKeyRelation[Report] = fields.ForeignKeyField(
        "fedigroups.Report", related_name="notes", on_delete=fields.CASCADE
    )
    report_id: int
    author_id = fields.BigIntField()
    text = fields.TextField()
    created_at = fields.BigIntField()

    class Meta:
        table = "report_note"

    def __str__(self) -> str:
        return f"note on report {self.report_id}"


class AutomaticRule(Model):
    """A rule of a group that runs by itself, as its hosts chose it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="automatic_rules", on_delete=fields.CASCADE
    )
    group_id: int
    kind = fields.CharField(max_length=16)
    """A name of `fedigroups.moderation.automatic`."""
    amount = fields.IntField(default=0)
    days = fields.IntField(default=0)
    words = fields.TextField(default="")
    """One word, phrase, pattern or language a line."""
    created_at = fields.BigIntField()

    class Meta:
        table = "automatic_rule"

    def __str__(self) -> str:
        return f"{self.kind} in {self.group_id}"


class PromotionThread(Model):
    """A thread in which a group takes promotion; its row id is that of the post that starts it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="promotion_threads", on_delete=fields.CASCADE
    )
    group_id: int
    due_at = fields.BigIntField()
    """Since when it ought to be there."""
    tried_at = fields.BigIntField(default=0)
    """When a worker last saw to it."""

    class Meta:
        table = "promotion_thread"
        unique_together = (("group", "due_at"),)

    def __str__(self) -> str:
        return f"promotion in {self.group_id}"


class ModMail(Model):
    """What a member and the moderators of a group write to each other; nobody else reads it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    group: fields.ForeignKeyRelation[Group] = fields.ForeignKeyField(
        "fedigroups.Group", related_name="modmails", on_delete=fields.CASCADE
    )
    group_id: int
    person_id = fields.BigIntField()
    """The actor of the member; with the group it makes the thread."""
    author_id = fields.BigIntField()
    """Who wrote it: the member, or a moderator, whom the member is not told."""
    text = fields.TextField()
    uri = fields.CharField(max_length=URI, default="", db_index=True)
    """The id of the Note that carried it; empty where both live here."""
    created_at = fields.BigIntField()

    class Meta:
        table = "modmail"
        indexes = (("group", "person_id", "id"),)

    def __str__(self) -> str:
        return f"mail {self.id}"
