"""The tables of programs with which people use their accounts (OAuth 2), and of what they hold."""

from __future__ import annotations

from tortoise import fields

from federation.models import Actor
from federation.table import Model
from fedigroups.accounts.models import DIGEST, Account


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
        table = "oauth_token"
