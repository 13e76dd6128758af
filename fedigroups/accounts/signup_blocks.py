"""This module decides from which mail hosts, addresses and networks nobody makes an account here.

Whoever has one already keeps it, and an operator at the command line makes one for anybody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Literal, get_args

from federation import clock, ids, origin, storage
from federation.errors import Malformed
from federation.limits import DECISION_CHARS
from fedigroups.accounts import mailboxes
from fedigroups.accounts.signup_models import SignUpBlock

Kind = Literal["mail", "mailbox", "network"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MAIL = "an account cannot be made here with that e-mail address; ask whoever runs this server"
NETWORK = "an account cannot be made here from your network; ask whoever runs this server"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_WIDEST = 8
"""Bits of a network that are named at least: fewer would be half of the world by a slip."""
_VISITOR = 64
"""By so many bits of IPv6 a visitor is known (`inbox.pressure.address_of`), so no narrower one."""


def kind_of(text: str) -> Kind:
    """What somebody means who typed this: `a@b.example`, `203.0.113.0/24` or `b.example`."""
    if "@" in text or _DIGEST.fullmatch(text):
        return "mailbox"
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return "mail"
    return "network"


async def block(
    kind: Kind, text: str, note: str = "", *, asks: bool = False, seconds: int = 0
) -> SignUpBlock:
    """A block of what `text` names, for so long (0: for good); the one that stands is changed.

    Raises `Malformed` for what is no host, no address (or digest of one) and no network.
    """
    if len(note) > DECISION_CHARS:
        raise Malformed("a note has at most {most} characters", most=DECISION_CHARS)
    value, now = _value(kind, text.strip().lower()), clock.now_ms()
    said = {
        "asks": asks,
        "note": note,
        "expires_at": now + seconds * clock.SECOND if seconds else 0,
    }
    async with storage.transaction():
        await storage.hold(f"sign-up block {kind} {value}")
        if await SignUpBlock.filter(kind=kind, value=value).update(**said):
            return await SignUpBlock.get(kind=kind, value=value)
        made = SignUpBlock(id=ids.new(), kind=kind, value=value, created_at=now, **said)
        await made.save(force_create=True)
    return made


async def lift(id: int) -> SignUpBlock | None:
    """End a block; what it was, or None."""
    found = await SignUpBlock.get_or_none(id=id)
    if found is not None:
        await SignUpBlock.filter(id=id).delete()
    return found


async def found(text: str) -> SignUpBlock | None:
    """The block of exactly what `text` names. Raises `Malformed` for what names nothing."""
    kind = kind_of(text)
    return await SignUpBlock.get_or_none(kind=kind, value=_value(kind, text.strip().lower()))


async def of_mailbox(email: str) -> Sequence[SignUpBlock]:
    """The block of this address in any spelling, if there is one. Raises `Malformed` for none."""
    return await _standing("mailbox", [digest(mailboxes.check(email))])


async def check(email: str, seen: str = "") -> bool:
    """Whether whoever comes with this address, from `seen`, waits until somebody says yes.

    `seen` is as `address_of` counts a visitor; "" when that tells nothing. Raises `Malformed` for
    who may make no account.
    """
    host = email.rpartition("@")[2].lower()
    labels = host.split(".")
    above = [".".join(labels[place:]) for place in range(len(labels))]
    mail = [
        *await _standing("mail", above),
        *await _standing("mailbox", [digest(email)]),
    ]
    networks = await _around(seen) if seen else []
    for blocks, words in ((mail, MAIL), (networks, NETWORK)):
        if not all(one.asks for one in blocks):
            raise Malformed(words)
    return bool(mail or networks)


def digest(email: str) -> str:
    """Of an address as Mastodon blocks it: without dots and what follows `+` in the name."""
    name, _, host = email.lower().rpartition("@")
    plain = name.partition("+")[0].replace(".", "")
    return hashlib.sha256(f"{plain}@{host}".encode()).hexdigest()


async def retire() -> None:
    """Forget those whose time is up."""
    await SignUpBlock.filter(expires_at__gt=0, expires_at__lte=clock.now_ms()).delete()


async def _standing(kind: Kind, values: Sequence[str]) -> list[SignUpBlock]:
    named = await SignUpBlock.filter(kind=kind, value__in=values)
    return [one for one in named if not one.expires_at or one.expires_at > clock.now_ms()]


async def _around(seen: str) -> list[SignUpBlock]:
    """The blocked networks that a visitor is in."""
    first, now = ip_network(seen).network_address, clock.now_ms()
    return [
        one
        for one in await SignUpBlock.filter(kind="network")
        if (not one.expires_at or one.expires_at > now) and first in ip_network(one.value)
    ]


def _value(kind: Kind, text: str) -> str:
    match kind:
        case "mailbox":
            return text if _DIGEST.fullmatch(text) else digest(mailboxes.check(text))
        case "network":
            return _network(text)
    if "." in text and origin.is_host(text):
        return text
    raise Malformed("to block a host, name it like bad.example")


def _network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        raise Malformed("a network is written like 203.0.113.0/24 or 2001:db8::/32") from error
    narrowest = min(_VISITOR, network.max_prefixlen)
    if not _WIDEST <= network.prefixlen <= narrowest:
        raise Malformed(
            "a network of this kind has /{few} to /{many}: more of the world is not kept out "
            "by a slip, and what is smaller is not told from its neighbours",
            few=_WIDEST,
            many=narrowest,
        )
    return str(network)
