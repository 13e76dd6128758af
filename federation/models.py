"""The protocol's tables: actors (local and remote alike), their keys, and their hosts."""

from __future__ import annotations

from tortoise import fields

from federation import limits
from federation.table import Model

URI = limits.URI_CHARS


class Actor(Model):
    """A person, group or service, here or elsewhere; one row for one actor id."""

    id = fields.BigIntField(primary_key=True, generated=False)
    uri = fields.CharField(max_length=URI, unique=True)
    kind = fields.CharField(max_length=32)
    local = fields.BooleanField(default=False)
    host = fields.CharField(max_length=255)
    username = fields.CharField(max_length=255)
    name = fields.TextField(default="")
    summary = fields.TextField(default="")
    page_url = fields.TextField(default="")
    icon_url = fields.TextField(default="")
    banner_url = fields.TextField(default="", db_default="")
    inbox = fields.TextField(default="")
    shared_inbox = fields.TextField(default="")
    outbox = fields.TextField(default="")
    followers = fields.TextField(default="")
    moderators = fields.TextField(default="")
    featured = fields.TextField(default="")
    document = fields.TextField(default="")
    """The JSON as its origin served it, with `summary` sanitised; empty for a local actor."""
    moved_to = fields.TextField(default="")
    """Where it says it moved, once the other end says so too (`alsoKnownAs`)."""
    state = fields.CharField(max_length=16, default="live")
    """`live`, `suspended` (by an operator here) or `gone` (its origin said so)."""
    discoverable = fields.BooleanField(default=True, db_default=True)
    """Whether lists and searches show it to whoever does not know its whole name."""
    indexable = fields.BooleanField(default=True, db_default=True)
    """Whether others find its posts by their words (FEP-5feb); of a group, who is not in it."""
    published_at = fields.BigIntField(default=0)
    updated_at = fields.BigIntField(default=0)
    fetched_at = fields.BigIntField(default=0)

    keys: fields.ReverseRelation[Key]

    class Meta:
        table = "actor"
        indexes = (("host", "username"),)

    def __str__(self) -> str:
        return self.uri

    @property
    def handle(self) -> str:
        """`ann@h.example`."""
        return f"{self.username}@{self.host}"

    @property
    def delivery_inbox(self) -> str:
        """Where broadcasts go: the shared inbox of its host where there is one."""
        return self.shared_inbox or self.inbox


class Key(Model):
    """A public key of an actor; for our own actors the sealed private half too."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.ForeignKeyRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="keys", on_delete=fields.CASCADE
    )
    actor_id: int
    uri = fields.CharField(max_length=URI, unique=True)
    algorithm = fields.CharField(max_length=16)
    """`rsa` or `ed25519`."""
    public = fields.TextField()
    """RSA: SPKI PEM. Ed25519: multibase Multikey (`z6Mk...`)."""
    sealed = fields.BinaryField(null=True)
    """Private PKCS#8 DER under the instance's secret; null for a remote key."""
    created_at = fields.BigIntField()

    class Meta:
        table = "key"

    def __str__(self) -> str:
        return self.uri


class Peer(Model):
    """What we know of a host: its software, the signature it takes, and how we stand to it."""

    host = fields.CharField(max_length=255, primary_key=True)
    software = fields.CharField(max_length=64, default="")
    version = fields.CharField(max_length=64, default="")
    family = fields.CharField(max_length=16, default="unknown")
    """`thread`, `microblog` or `unknown`: which dialect it is sent."""
    asked_at = fields.BigIntField(default=0)
    """When its NodeInfo was last asked for, answered or not."""
    signature_form = fields.CharField(max_length=16, default="")
    """`cavage`, `rfc9421` or empty (not yet learned): which form its inbox took last."""
    form_learned_at = fields.BigIntField(default=0)
    blocked = fields.BooleanField(default=False)
    limited = fields.BooleanField(default=False, db_default=False)
    """Its people ask before they join, and what they write waits for a moderator."""
    allowed = fields.BooleanField(default=False, db_default=False)
    """It is dealt with where only allowed hosts are (`FederationConfig.allowed_only`)."""
    note = fields.TextField(default="")
    first_seen_at = fields.BigIntField()
    heard_at = fields.BigIntField(default=0)
    """When it last sent us something that verified."""

    class Meta:
        table = "peer"

    def __str__(self) -> str:
        return self.host


class FollowerDigest(Model):
    """Who of a host follows an actor, as one value (FEP-8fcf); `federation.followers` keeps it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor_uri = fields.CharField(max_length=URI)
    host = fields.CharField(max_length=255)
    """Of the followers' ids."""
    digest = fields.CharField(max_length=64)
    followers = fields.IntField()

    class Meta:
        table = "follower_digest"
        unique_together = (("actor_uri", "host"),)

    def __str__(self) -> str:
        return f"{self.followers} of {self.host} follow {self.actor_uri}"
