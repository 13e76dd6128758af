"""This module knows what an account wants mail about, and when; and keeps what it chose."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo, available_timezones

from federation import clock, limits, storage
from federation.errors import Malformed, Misconfigured, NotHere
from federation.sealing import Seal
from fedigroups.accounts.mail_models import Mailing
from fedigroups.accounts.models import Account
from fedigroups.content.catalogues import noted

When = Literal["soon", "digest", "never"]
What = Literal["notices", "digest"]

KINDS: Mapping[str, str] = {
    "reply": noted("Somebody answers me"),
    "mention": noted("Somebody names me"),
    "thread": noted("Something new in threads and groups that I follow; a poll ends"),
    "join": noted("A group that I asked to join lets me in, or does not"),
    "role": noted("My role in a group changes"),
    "report": noted("What came of something that I reported"),
    "decision": noted("Moderators decide about what I wrote, or write to me"),
    "desk": noted(
        "Something waits for me as a moderator: requests to join, posts, reports, letters"
    ),
}
WHENS: Mapping[str, str] = {
    "soon": noted("At once"),
    "digest": noted("In the digest"),
    "never": noted("Never"),
}
DIGESTS: Mapping[str, str] = {
    "off": noted("Never"),
    "daily": noted("Every day"),
    "weekly": noted("Every Monday"),
}
_DIGEST_KINDS = frozenset({"thread"})
"""What waits for the digest unless somebody wants it at once; all else comes by itself."""
HOUR = 8
UTC = "UTC"
_AREAS = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian"}
) | {"Pacific"}
ZONES = (
    UTC,
    *sorted(name for name in available_timezones() if name.partition("/")[0] in _AREAS),
)
"""The time zones that this machine knows, by their largest cities."""
_SEALED_AS = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose on the page; `notices` is whether single things come by mail at all."""

    choices: Mapping[str, str]
    digest: str
    hour: int
    notices: bool
    zone: str = UTC


def default(kind: str) -> When:
    """When mail about it comes unless somebody chose."""
    return "digest" if kind in _DIGEST_KINDS else "soon"


def when(mailing: Mailing, kind: str) -> When:
    """When mail about a kind comes; `never` for what is none of `KINDS`."""
    if kind not in KINDS:
        return "never"
    found = cast(When, _words(mailing).get(kind, default(kind)))
    halted = "notices" in mailing.stopped.split() or mailing.refused_at
    return "digest" if found == "soon" and halted else found


def chosen(mailing: Mailing) -> Chosen:
    """What the page shows as chosen."""
    words = _words(mailing)
    stopped = mailing.stopped.split()
    return Chosen(
        {kind: words.get(kind, default(kind)) for kind in KINDS},
        "off" if "digest" in stopped else mailing.digest,
        mailing.hour,
        "notices" not in stopped,
        words.get("zone", UTC),
    )


def _words(mailing: Mailing) -> dict[str, str]:
    return dict(word.split(":") for word in mailing.choices.split())


def next_digest(now: int, mailing: Mailing) -> int:
    """When the next digest of an account is due."""
    zone = _words(mailing).get("zone", UTC)
    return following(now, mailing.digest, mailing.hour, zone if zone in ZONES else UTC)


def following(now: int, every: str, hour: int, zone: str = UTC) -> int:
    """When the next digest is due, after `now`: in milliseconds, by the clocks of a time zone."""
    there = datetime.fromtimestamp(now / clock.SECOND, ZoneInfo(zone))
    due = there.replace(hour=hour, minute=0, second=0, microsecond=0)
    if due <= there:
        due += timedelta(days=1)
    while every == "weekly" and due.weekday():
        due += timedelta(days=1)
    return int(due.timestamp()) * clock.SECOND


async def begin(account: Account) -> None:
    """What a new account has, inside the transaction that makes it."""
    mailing = Mailing(
        id=account.id,
        account_id=account.id,
        hour=HOUR,
        digest_at=following(account.created_at, "weekly", HOUR),
        digest_from=account.created_at,
    )
    await mailing.save(force_create=True)


async def of(account_id: int) -> Mailing:
    """How it stands. Raises `NotHere` for an account that is closed."""
    found = await Mailing.get_or_none(id=account_id)
    if found is None:
        raise NotHere("this account is closed; nothing is sent to it any more")
    return found


async def choose(account: Account, wish: Chosen) -> None:
    """Keep what somebody chose. Raises `Malformed` for what cannot be chosen."""
    if unknown := set(wish.choices) - set(KINDS) or set(wish.choices.values()) - set(WHENS):
        raise Malformed(f"there is no mail of the kind {unknown.pop()!r}")
    if wish.zone not in ZONES:
        raise Malformed("a time zone is one of the list, for example Europe/Rome")
    if wish.digest not in DIGESTS or not 0 <= wish.hour < 24:
        raise Malformed("a digest comes daily, weekly or never (off), at an hour from 0 to 23")
    mailing = await of(account.id)
    words = [f"{kind}:{found}" for kind, found in wish.choices.items() if found != default(kind)]
    mailing.choices = " ".join([*words, *([f"zone:{wish.zone}"] if wish.zone != UTC else [])])
    mailing.hour = wish.hour
    if wish.digest != "off":
        mailing.digest = wish.digest
    await mailing.save(update_fields=["choices", "hour", "digest"])
    await (resume if wish.notices else stop)(account.id, "notices")
    await (stop if wish.digest == "off" else resume)(account.id, "digest")


async def stop(account_id: int, what: What) -> None:
    """None of it is sent from now on. Raises `NotHere` for an account that is closed.

    In one statement: who stops both at the same moment has stopped both.
    """
    await of(account_id)
    await storage.execute(
        "UPDATE mailing SET stopped = CASE WHEN stopped LIKE ? THEN stopped ELSE"
        " TRIM(stopped || ' ' || ?) END, digest_at = CASE WHEN ? = 'digest' THEN 0 ELSE digest_at"
        " END WHERE id = ?",
        *(f"%{what}%", what, what, account_id),
    )


async def resume(account_id: int, what: What) -> None:
    """It is sent again, as it was before; a digest tells of what comes from now on.

    Raises `NotHere` for an account that is closed. In one statement, as `stop`.
    """
    mailing, now = await of(account_id), clock.now_ms()
    due = next_digest(now, mailing)
    await storage.execute(
        "UPDATE mailing SET stopped = TRIM(REPLACE(stopped, ?, '')),"
        " digest_from = CASE WHEN ? = 'digest' AND digest_at = 0 THEN ? ELSE digest_from END,"
        " digest_at = CASE WHEN ? = 'digest' THEN ? ELSE digest_at END WHERE id = ?",
        *(what, what, now, what, due, account_id),
    )


async def refused(account_id: int, why: str) -> None:
    """The address was refused for good; after so many times in a row nothing is sent there."""
    await storage.execute(
        "UPDATE mailing SET refusals = refusals + 1, last_error = ?, refused_at ="
        " CASE WHEN refusals + 1 >= ? THEN ? ELSE 0 END WHERE id = ?",
        *(why[:500], limits.MAIL_REFUSALS, clock.now_ms(), account_id),
    )


async def forgive(account_id: int) -> None:
    """The address took a letter, is another one, or its owner says that it works again."""
    await storage.execute(
        "UPDATE mailing SET refusals = 0, refused_at = 0, last_error = '' WHERE id = ?"
        " AND refusals > 0",
        account_id,
    )


def token(seal: Seal, account_id: int, what: What) -> str:
    """What stands in the address that ends such mail: it opens nothing else, and lasts."""
    sealed = seal.close(f"{account_id} {what}".encode(), _SEALED_AS)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read_token(seal: Seal, shown: str) -> tuple[int, What]:
    """The account, and which mails it wants to stop. Raises `NotHere` for no token of ours."""
    try:
        sealed = base64.urlsafe_b64decode(shown[: limits.SECRET_CHARS].encode() + b"==")
        account_id, _, what = seal.open(sealed, _SEALED_AS).decode().partition(" ")
    except (binascii.Error, Misconfigured, ValueError) as error:
        raise NotHere(
            "this link is not whole: copy all of it from the mail, or sign in and see the settings"
        ) from error
    return int(account_id), cast(What, what)
