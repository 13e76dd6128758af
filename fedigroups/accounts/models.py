"""The tables of people who have an account here, and of what an actor of ours shows."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.table import Model

DIGEST = 64
"""Characters of a SHA-256 digest in hexadecimal: what opens something is never stored itself."""


class Account(Model):
    """A person of this instance: the private side of a local Person actor.

    Until it is confirmed and approved, its actor is `pending`: nobody is told that it exists.
    """

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "fedigroups.Actor", related_name="account", on_delete=fields.RESTRICT
    )
    actor_id: int
    email = fields.CharField(max_length=320, default="")
    email_key = fields.CharField(max_length=320, default="", db_default="")
    """The address as it is compared: lower case. Of those who share one, one may be confirmed."""
    password_hash = fields.TextField(default="")
    role = fields.CharField(max_length=16, default="member", db_default="member")
    """`member`, `moderator` (of the instance) or `admin`."""
    confirmed_at = fields.BigIntField(default=0, db_default=0)
    approved_at = fields.BigIntField(default=0, db_default=0)
    reason = fields.TextField(default="", db_default="")
    """Why they want an account, where somebody has to say yes."""
    locale = fields.CharField(max_length=16, default="", db_default="")
    language = fields.CharField(max_length=16, default="", db_default="")
    """What they write in, unless they say otherwise."""
    visibility = fields.CharField(max_length=16, default="public", db_default="public")
    """Of what they write, unless they say otherwise: `public`, `unlisted` or `private`."""
    sensitive = fields.BooleanField(default=False, db_default=False)
    """Whether what they write is marked as sensitive, unless they say otherwise."""
    default_group_id = fields.BigIntField(default=0, db_default=0)
    """The actor of the group that takes what they write in an app and send to no group; or 0."""
    mail_about = fields.TextField(default="sign_in sign_up", db_default="sign_in sign_up")
    """What they want mail about: words of `preferences.MAIL_ABOUT`, with blanks between them."""
    second_factor = fields.BinaryField(null=True)
    """The sealed secret of an authenticator app, in force when `second_factor_at` is set."""
    second_factor_at = fields.BigIntField(default=0, db_default=0)
    second_factor_step = fields.BigIntField(default=0, db_default=0)
    """The half-minute of the newest code that was taken: no code is taken twice."""
    passkey_handle = fields.BinaryField(null=True)
    """As whom passkeys know the account: random bytes, made when the first one is asked for."""
    moved_at = fields.BigIntField(default=0, db_default=0)
    """When they last said that they live elsewhere now; their actor says where."""
    created_at = fields.BigIntField()

    class Meta:
        table = "account"
        indexes = (("email_key",),)

    def __str__(self) -> str:
        return f"account {self.id}"

    @property
    def admin(self) -> bool:
        """Whether they may run this instance."""
        return self.role == "admin"

    @property
    def admitted(self) -> bool:
        """Whether the address is confirmed and whoever had to say yes said so."""
        return bool(self.confirmed_at and self.approved_at)


class Profile(Model):
    """What a local actor, a person or a group, shows of itself beside name, words and pictures."""

    id = fields.BigIntField(primary_key=True, generated=False)
    actor: fields.OneToOneRelation[Actor] = fields.OneToOneField(
        "fedigroups.Actor", related_name="profile", on_delete=fields.CASCADE
    )
    actor_id: int
    note = fields.TextField(default="")
    """What a person says of themselves, as they wrote it: their actor has it as HTML."""
    pairs = fields.TextField(default="[]")
    """A JSON list of pairs: a name, and a value as it was written."""
    icon_text = fields.TextField(default="")
    """What there is to see on the icon, for those who cannot see it; likewise the banner."""
    banner_text = fields.TextField(default="")
    credited = fields.TextField(default="")
    """Hosts, with blanks between, whose pages may name this actor as their author."""
    aliases = fields.TextField(default="", db_default="")
    """The ids of other accounts of the same person, with blanks between."""
    tell_at = fields.BigIntField(default=0, db_default=0)
    """When servers that know the person are told that this is another now; 0 for: they were."""

    class Meta:
        table = "profile"
        indexes = (("tell_at",),)

    def __str__(self) -> str:
        return f"profile of {self.actor_id}"
