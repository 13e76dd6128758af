"""The tables of mail: letters that wait, and what an account wants any about."""

from __future__ import annotations

from tortoise import fields

from federation.table import Model
from fedigroups.accounts.models import Account


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
        table = "mailing"
