"""The tables of pictures: what people here uploaded, and copies of what other servers show."""

from __future__ import annotations

from tortoise import fields

from federation.models import URI, Actor
from federation.table import Model

KEY = 64


class Media(Model):
    """A picture that somebody here uploaded, as we made it anew."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="media", on_delete=fields.RESTRICT
    )
    actor_id: int
    key = fields.CharField(max_length=KEY, unique=True)
    """The stem of its files' names in the store (`media.names`); of one that arrives, its id."""
    url = fields.TextField(default="")
    """Where everybody finds it, as documents say it for ever."""
    type = fields.CharField(max_length=32, default="")
    width = fields.IntField(default=0)
    height = fields.IntField(default=0)
    preview_width = fields.IntField(default=0)
    preview_height = fields.IntField(default=0)
    bytes = fields.IntField(default=0)
    """Of it and its preview together."""
    blurhash = fields.CharField(max_length=64, default="")
    animated = fields.BooleanField(default=False)
    description = fields.TextField(default="")
    """For those who do not see it."""
    focus_x = fields.FloatField(default=0.0)
    focus_y = fields.FloatField(default=0.0)
    """What of it must stay in view: -1 is left or below, 1 is right or above."""
    state = fields.CharField(max_length=16, default="arriving")
    """`arriving`, `refused`, `waiting` for its post, `held` by one, `withheld`, `dropped`,
    `returned` to its author with a post that they deleted to write it anew, `forgotten`."""
    holder = fields.CharField(max_length=URI, default="", db_index=True)
    """The URI of the post that it is in, or of an actor and `#icon` or `#banner`."""
    place = fields.IntField(default=0)
    """Where it stands among the pictures of its post."""
    created_at = fields.BigIntField()
    changed_at = fields.BigIntField()
    """When its state changed last."""

    class Meta:
        table = "media"
        indexes = (("actor", "created_at"), ("state", "changed_at"))

    def __str__(self) -> str:
        return self.key


class RemotePicture(Model):
    """A picture of another server that was asked for here: our copy of it, or why there is none."""

    digest = fields.CharField(max_length=KEY, primary_key=True)
    """Of its URL and of what it is shown as."""
    kind = fields.CharField(max_length=16, default="picture", db_default="picture")
    """`picture` of a post, `icon` or `banner` of an actor."""
    url = fields.TextField()
    key = fields.CharField(max_length=KEY, default="")
    """The stem of our copy's files in the store; empty for none."""
    type = fields.CharField(max_length=32, default="")
    bytes = fields.IntField(default=0)
    reason = fields.TextField(default="")
    """Why there is none."""
    fetched_at = fields.BigIntField()
    until = fields.BigIntField(db_index=True)
    """Until when this holds; then it is fetched anew when somebody asks."""

    class Meta:
        table = "remote_picture"

    def __str__(self) -> str:
        return self.url


class ShownPicture(Model):
    """That a post shows a picture, as its newest version has it; see `media.bearers`."""

    id = fields.BigIntField(primary_key=True, generated=False)
    post: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "fedigroups.Post", related_name="shown_pictures", on_delete=fields.CASCADE, db_index=True
    )
    post_id: int
    digest = fields.CharField(max_length=KEY)
    """Of its URL."""

    class Meta:
        table = "shown_picture"
        unique_together = (("digest", "post"),)

    def __str__(self) -> str:
        return self.digest
