"""The tables of polls, and of who chose what."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.table import Model
from fedigroups.groups.models import Post


class Poll(Model):
    """What can be chosen in a post, and how it stands."""

    id = fields.BigIntField(primary_key=True, generated=False)
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "fedigroups.Post", related_name="polls", on_delete=fields.CASCADE, unique=True
    )
    post_id: int
    options = fields.TextField()
    """JSON: what can be chosen, as plain text."""
    counts = fields.TextField()
    """JSON: how many chose each."""
    multiple = fields.BooleanField(default=False)
    hides_totals = fields.BooleanField(default=False)
    """Nobody is shown the counts before the end."""
    counted_here = fields.BooleanField(default=False)
    """Its author lives here: ballots count. Of another the counts are those its server tells."""
    voters_count = fields.BigIntField(default=0)
    ends_at = fields.BigIntField(default=0)
    """0 for one that does not end."""
    ended = fields.BooleanField(default=False)
    """Everybody was told that it ended."""
    tally_due_at = fields.BigIntField(default=0)
    """When readers are told how it stands; 0 when they know."""

    class Meta:
        table = "poll"
        indexes = (("ended", "ends_at"), ("tally_due_at",))

    def __str__(self) -> str:
        return f"poll of post {self.post_id}"


class Ballot(Model):
    """One thing that somebody chose."""

    id = fields.BigIntField(primary_key=True, generated=False)
    poll: fields.ForeignKeyRelation[Poll] = fields.ForeignKeyField(
        "fedigroups.Poll", related_name="ballots", on_delete=fields.CASCADE
    )
    poll_id: int
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="ballots", on_delete=fields.CASCADE
    )
    actor_id: int
    choice = fields.IntField()
    """Its place among the options, from 0."""
    created_at = fields.BigIntField()

    class Meta:
        table = "ballot"
        unique_together = (("poll", "actor", "choice"),)

    def __str__(self) -> str:
        return f"{self.choice} of poll {self.poll_id} by {self.actor_id}"
