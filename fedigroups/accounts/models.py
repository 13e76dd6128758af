"""The tables of people who have an account here, and of all that opens an account."""

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
        """Where the rows live."""

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
        """Where the rows live."""

        table = "profile"
        indexes = (("tell_at",),)

    def __str__(self) -> str:
        return f"profile of {self.actor_id}"


class Session(Model):
    """A browser in which somebody is signed in."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    account_id: int
    digest = fields.CharField(max_length=DIGEST, unique=True)
    address = fields.CharField(max_length=64, default="")
    agent = fields.CharField(max_length=200, default="")
    created_at = fields.BigIntField()
    seen_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "session"


class Ticket(Model):
    """What opens one thing once, and not for long: a link in a mail, half of a sign-in."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="tickets", on_delete=fields.CASCADE, db_index=True
    )
    account_id: int
    kind = fields.CharField(max_length=16)
    """`confirm`, `reset` or `second` (the password was right, the second factor is awaited)."""
    digest = fields.CharField(max_length=DIGEST, unique=True)
    email = fields.CharField(max_length=320, default="")
    """The address that is confirmed with it."""
    tries = fields.IntField(default=0)
    expires_at = fields.BigIntField(db_index=True)
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "ticket"


class RecoveryCode(Model):
    """What opens an account once in place of its second factor."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="recovery_codes", on_delete=fields.CASCADE
    )
    account_id: int
    digest = fields.CharField(max_length=DIGEST)

    class Meta:
        """Where the rows live."""

        table = "recovery_code"
        unique_together = (("account", "digest"),)


class Passkey(Model):
    """A key of somebody's device that opens an account (WebAuthn): its public half."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="passkeys", on_delete=fields.CASCADE, db_index=True
    )
    account_id: int
    digest = fields.CharField(max_length=DIGEST, unique=True)
    """Of the credential's id, by which it is found."""
    credential = fields.BinaryField()
    """The id that its device gave it."""
    public_key = fields.BinaryField()
    """As COSE has it (RFC 9052)."""
    sign_count = fields.BigIntField(default=0)
    """How often its device says that it signed; 0 where devices share a key, and count nothing."""
    name = fields.CharField(max_length=60)
    used_at = fields.BigIntField(default=0)
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "passkey"

    def __str__(self) -> str:
        return f"passkey {self.id}"


class SpentChallenge(Model):
    """A challenge that a passkey signed: it is good for nothing more."""

    id = fields.BigIntField(primary_key=True, generated=False)
    digest = fields.CharField(max_length=DIGEST, unique=True)
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        """Where the rows live."""

        table = "spent_challenge"


class Invitation(Model):
    """With it somebody may make an account where that needs one."""

    id = fields.BigIntField(primary_key=True, generated=False)
    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="invitations", on_delete=fields.CASCADE, null=True
    )
    account_id: int | None
    """Who invites; nobody when it was made at the command line."""
    digest = fields.CharField(max_length=DIGEST, unique=True)
    note = fields.CharField(max_length=200, default="")
    uses_left = fields.IntField(default=1)
    expires_at = fields.BigIntField()
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "invitation"


class Mail(Model):
    """A letter that waits to be sent; it is forgotten once the mail server has it."""

    id = fields.BigIntField(primary_key=True, generated=False)
    recipient = fields.CharField(max_length=320)
    sealed = fields.BinaryField()
    """Subject and text, under the instance's secret: there may be a link in it that opens. Empty
    where `about` says what is written of when it is sent."""
    account_id = fields.BigIntField(default=0, db_default=0)
    """Whose mail about what happens it is; 0 for a letter that is ready."""
    about = fields.TextField(default="", db_default="")
    """JSON: `{"notices": [ids]}`, or `{"digest": [from, until]}` in milliseconds."""
    tries = fields.IntField(default=0)
    next_try_at = fields.BigIntField(db_index=True)
    last_error = fields.TextField(default="")
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "mail"
        indexes = (("account_id",),)


class Mailing(Model):
    """What an account wants mail about, when, and whether its address takes any."""

    id = fields.BigIntField(primary_key=True, generated=False)
    """The account's."""
    account: fields.OneToOneRelation[Account] = fields.OneToOneField(
        "fedigroups.Account", related_name="mailing", on_delete=fields.CASCADE
    )
    account_id: int
    choices = fields.TextField(default="")
    """Words `kind:when` of `mailing.KINDS` and `WHENS`, and `zone:Area/City`, where it is not the
    default."""
    stopped = fields.TextField(default="")
    """What they want none of: `notices`, `digest`, with a blank between."""
    digest = fields.CharField(max_length=8, default="weekly")
    """`daily` or `weekly`."""
    hour = fields.IntField(default=8)
    """Of the digest, by the clocks of that zone, or else of UTC."""
    digest_at = fields.BigIntField(default=0, db_index=True)
    """When the next one is due; 0: never."""
    digest_from = fields.BigIntField(default=0)
    """Until when the last one told."""
    day = fields.IntField(default=0)
    """The day, counted from 1970, of which `sent` says how many mails it brought."""
    sent = fields.IntField(default=0)
    refusals = fields.IntField(default=0)
    """How often the address was refused for good, one time after another."""
    refused_at = fields.BigIntField(default=0)
    """When that was once too often: nothing goes there any more; else 0."""
    last_error = fields.TextField(default="")

    class Meta:
        """Where the rows live."""

        table = "mailing"


class App(Model):
    """A program that people use their accounts with (an OAuth 2 client)."""

    id = fields.BigIntField(primary_key=True, generated=False)
    name = fields.CharField(max_length=200)
    website = fields.TextField(default="")
    redirect_uris = fields.TextField()
    """One a line, compared character by character."""
    scopes = fields.TextField()
    client_id = fields.CharField(max_length=64, unique=True)
    secret_digest = fields.CharField(max_length=DIGEST)
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "app"

    def __str__(self) -> str:
        return self.name


class Code(Model):
    """An authorization code (RFC 6749 section 4.1): an app turns it into a token, once."""

    id = fields.BigIntField(primary_key=True, generated=False)
    app: fields.ForeignKeyRelation[App] = fields.ForeignKeyField(
        "fedigroups.App", related_name="codes", on_delete=fields.CASCADE
    )
    app_id: int
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account", related_name="codes", on_delete=fields.CASCADE
    )
    account_id: int
    acting: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="codes", on_delete=fields.CASCADE, null=True
    )
    acting_id: int | None
    """The group that they let the app act as; nobody: themselves."""
    digest = fields.CharField(max_length=DIGEST, unique=True)
    redirect_uri = fields.TextField()
    scopes = fields.TextField()
    challenge = fields.CharField(max_length=64, default="")
    """Of S256 (RFC 7636); empty when the app gave none."""
    token_id = fields.BigIntField(default=0)
    """What it was turned into; 0 until then."""
    expires_at = fields.BigIntField(db_index=True)

    class Meta:
        """Where the rows live."""

        table = "oauth_code"


class Token(Model):
    """With it an app acts for somebody, or (without an account) for itself."""

    id = fields.BigIntField(primary_key=True, generated=False)
    app: fields.ForeignKeyRelation[App] = fields.ForeignKeyField(
        "fedigroups.App", related_name="tokens", on_delete=fields.CASCADE, db_index=True
    )
    app_id: int
    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "fedigroups.Account",
        related_name="tokens",
        on_delete=fields.CASCADE,
        null=True,
        db_index=True,
    )
    account_id: int | None
    acting: fields.ForeignKeyNullableRelation[Actor] = fields.ForeignKeyField(
        "fedigroups.Actor", related_name="tokens", on_delete=fields.CASCADE, null=True
    )
    acting_id: int | None
    digest = fields.CharField(max_length=DIGEST, unique=True)
    scopes = fields.TextField()
    used_at = fields.BigIntField(default=0)
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "oauth_token"


class SignUpBlock(Model):
    """From where nobody makes an account here, or only if somebody says yes."""

    id = fields.BigIntField(primary_key=True, generated=False)
    kind = fields.CharField(max_length=16)
    """`mail` (a host of addresses), `mailbox` (one address) or `network`."""
    value = fields.CharField(max_length=255)
    """Of a mailbox the digest alone: an address of somebody who is not here is not kept."""
    asks = fields.BooleanField(default=False)
    """Whether those who come from there may ask, and wait until somebody says yes."""
    note = fields.TextField(default="")
    expires_at = fields.BigIntField(default=0)
    """0 for never."""
    created_at = fields.BigIntField()

    class Meta:
        """Where the rows live."""

        table = "sign_up_block"
        unique_together = (("kind", "value"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
