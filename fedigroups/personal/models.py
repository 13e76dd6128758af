"""The tables of what people here keep for themselves; nobody else is ever shown them."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.table import Model


class Bookmark(Model):
    """A post that somebody wants to find again."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="bookmarks", on_delete=fields.CASCADE
    )
    actor_id: int
    post_id = fields.BigIntField(db_index=True)

    class Meta:
        table = "bookmark"
        unique_together = (("actor", "post_id"),)
        indexes = (("actor", "id"),)

    def __str__(self) -> str:
        return f"bookmark {self.id}"


class Stance(Model):
    """What somebody makes of another actor: muted, blocked, recommended, a note to themselves."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="stances", on_delete=fields.CASCADE
    )
    actor_id: int
    target: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="judged", on_delete=fields.CASCADE
    )
    target_id: int
    muted = fields.BooleanField(default=False)
    blocked = fields.BooleanField(default=False)
    endorsed = fields.BooleanField(default=False, db_default=False)
    muted_until = fields.BigIntField(default=0, db_default=0)
    """When a mute ends by itself; 0 for never."""
    note = fields.TextField(default="")

    class Meta:
        table = "stance"
        unique_together = (("actor", "target"),)

    def __str__(self) -> str:
        return f"{self.actor_id} of {self.target_id}"


class MutedThread(Model):
    """A thread that somebody wants to hear nothing of."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="muted_threads", on_delete=fields.CASCADE
    )
    actor_id: int
    thread_id = fields.BigIntField()

    class Meta:
        table = "muted_thread"
        unique_together = (("actor", "thread_id"),)

    def __str__(self) -> str:
        return f"thread {self.thread_id}"


class Reading(Model):
    """How far somebody has read a thread, and whether they want to hear of every reply in it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="readings", on_delete=fields.CASCADE
    )
    actor_id: int
    thread_id = fields.BigIntField(db_index=True)
    seen_id = fields.BigIntField(default=0)
    """The newest post that was on a page that they looked at."""
    follows = fields.BooleanField(default=False)

    class Meta:
        table = "reading"
        unique_together = (("actor", "thread_id"),)

    def __str__(self) -> str:
        return f"thread {self.thread_id} read to {self.seen_id}"


class Draft(Model):
    """What somebody began to write in a place, and has not sent."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="drafts", on_delete=fields.CASCADE
    )
    actor_id: int
    place = fields.CharField(max_length=64)
    """`group:ID` for a new thread, `post:ID` for an answer, `edit:ID` for an edit."""
    title = fields.TextField(default="")
    text = fields.TextField(default="")
    warning = fields.TextField(default="")
    language = fields.CharField(max_length=16, default="")
    poll = fields.TextField(default="", db_default="")
    """JSON: what can be chosen in it, and how; empty for none."""
    changed_at = fields.BigIntField()

    class Meta:
        table = "draft"
        unique_together = (("actor", "place"),)
        indexes = (("changed_at",),)

    def __str__(self) -> str:
        return f"draft for {self.place}"


class Marker(Model):
    """How far somebody has read in a timeline: `home` or `notifications`."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="markers", on_delete=fields.CASCADE
    )
    actor_id: int
    timeline = fields.CharField(max_length=16)
    last_read_id = fields.BigIntField(default=0)
    version = fields.IntField(default=0)
    updated_at = fields.BigIntField()

    class Meta:
        table = "marker"
        unique_together = (("actor", "timeline"),)

    def __str__(self) -> str:
        return f"{self.timeline} read to {self.last_read_id}"


class FollowedTag(Model):
    """A hashtag that somebody follows."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="followed_tags", on_delete=fields.CASCADE
    )
    actor_id: int
    name = fields.CharField(max_length=100)

    class Meta:
        table = "followed_tag"
        unique_together = (("actor", "name"),)

    def __str__(self) -> str:
        return f"#{self.name}"


class FeaturedTag(Model):
    """A hashtag that somebody shows on their profile."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="featured_tags", on_delete=fields.CASCADE
    )
    actor_id: int
    name = fields.CharField(max_length=100)

    class Meta:
        table = "featured_tag"
        unique_together = (("actor", "name"),)

    def __str__(self) -> str:
        return f"#{self.name}"


class PinnedPost(Model):
    """A post of their own that somebody shows first on their profile."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="pinned_posts", on_delete=fields.CASCADE
    )
    actor_id: int
    post_id = fields.BigIntField()

    class Meta:
        table = "pinned_post"
        unique_together = (("actor", "post_id"),)

    def __str__(self) -> str:
        return f"post {self.post_id}"


class BlockedHost(Model):
    """A host of whose people somebody wants to meet nothing."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="blocked_hosts", on_delete=fields.CASCADE
    )
    actor_id: int
    host = fields.CharField(max_length=255)

    class Meta:
        table = "blocked_host"
        unique_together = (("actor", "host"),)

    def __str__(self) -> str:
        return self.host


class ScheduledPost(Model):
    """A post that somebody wrote to be said later: nobody else knows of it until then."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="scheduled_posts", on_delete=fields.CASCADE
    )
    actor_id: int
    group_id = fields.BigIntField(default=0)
    """Where it starts a thread; 0 for an answer."""
    parent_id = fields.BigIntField(default=0)
    """The post that it answers; 0 for none."""
    text = fields.TextField()
    """JSON: `speaking.Text`."""
    params = fields.TextField()
    """JSON: what the app said, to show it again."""
    due_at = fields.BigIntField(db_index=True)
    post_id = fields.BigIntField(default=0)
    """The id that the post gets, from the first try on: so that it is never said twice."""
    tried_at = fields.BigIntField(default=0)
    created_at = fields.BigIntField()

    class Meta:
        table = "scheduled_post"
        indexes = (("actor", "id"),)

    def __str__(self) -> str:
        return f"scheduled post {self.id}"


class Deletion(Model):
    """A post that its author wants gone, and may keep until then; nobody else knows of it yet."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="deletions", on_delete=fields.CASCADE, db_index=True
    )
    actor_id: int
    post_id = fields.BigIntField(unique=True)
    due_at = fields.BigIntField(db_index=True)
    tried_at = fields.BigIntField(default=0)

    class Meta:
        table = "deletion"

    def __str__(self) -> str:
        return f"deletion of post {self.post_id}"


class Listing(Model):
    """A list that somebody made of accounts whose posts they read together."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="listings", on_delete=fields.CASCADE, db_index=True
    )
    actor_id: int
    title = fields.CharField(max_length=255)
    replies_policy = fields.CharField(max_length=16, default="list")
    exclusive = fields.BooleanField(default=False)

    class Meta:
        table = "listing"

    def __str__(self) -> str:
        return self.title


class Listed(Model):
    """An account in a list."""

    id = fields.BigIntField(primary_key=True, generated=False)
    listing: fields.ForeignKeyRelation[Listing] = fields.ForeignKeyField(
        "fedigroups.Listing", related_name="listed", on_delete=fields.CASCADE
    )
    listing_id: int
    target: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="in_lists", on_delete=fields.CASCADE
    )
    target_id: int

    class Meta:
        table = "listed"
        unique_together = (("listing", "target"),)

    def __str__(self) -> str:
        return f"{self.target_id} in list {self.listing_id}"


class WordFilter(Model):
    """Words and posts that somebody does not want to meet, or be warned of."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="filters", on_delete=fields.CASCADE, db_index=True
    )
    actor_id: int
    title = fields.CharField(max_length=255)
    context = fields.CharField(max_length=64)
    """Where it applies, with blanks: `home notifications public thread account`."""
    action = fields.CharField(max_length=16, default="warn")
    """`warn` or `hide`."""
    expires_at = fields.BigIntField(default=0)

    class Meta:
        table = "word_filter"

    def __str__(self) -> str:
        return self.title


class FilterKeyword(Model):
    """A word or phrase of a filter."""

    id = fields.BigIntField(primary_key=True, generated=False)
    word_filter: fields.ForeignKeyRelation[WordFilter] = fields.ForeignKeyField(
        "fedigroups.WordFilter", related_name="keywords", on_delete=fields.CASCADE, db_index=True
    )
    word_filter_id: int
    keyword = fields.CharField(max_length=255)
    whole_word = fields.BooleanField(default=False)

    class Meta:
        table = "filter_keyword"

    def __str__(self) -> str:
        return self.keyword


class FilterStatus(Model):
    """A single post of a filter."""

    id = fields.BigIntField(primary_key=True, generated=False)
    word_filter: fields.ForeignKeyRelation[WordFilter] = fields.ForeignKeyField(
        "fedigroups.WordFilter", related_name="statuses", on_delete=fields.CASCADE
    )
    word_filter_id: int
    post_id = fields.BigIntField()

    class Meta:
        table = "filter_status"
        unique_together = (("word_filter", "post_id"),)

    def __str__(self) -> str:
        return f"post {self.post_id}"
