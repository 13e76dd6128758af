"""This module decides how much one host, and one address, may make us do.

A host's share is used up only by what is proven to be sent by that host, so that nobody can use up
another's. What proves nothing is counted by the address that it comes from: verifying is what
costs, so who has no share left is told so (`Slowed`, 429) before anything of theirs is verified.
Each process counts for itself, in bounded memory.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

from federation import limits, storage
from federation.errors import Slowed
from federation.origin import site_of
from federation.pace import MINUTE_SECONDS, Buckets, Memory

UNPROVEN_SECONDS = 300.0
LOOK_SECONDS = 5.0
"""Between two looks at how much of a host waits to be processed."""
FULL_SECONDS = 60.0
"""How long a host waits when too much of it does."""


class Pressure:
    """What was taken of late; every check refuses with `Slowed`, or never with `on` False."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._hosts = Buckets(limits.INBOX_PER_MINUTE, MINUTE_SECONDS)
        self._sites = Buckets(limits.INBOX_PER_MINUTE_OF_SITE, MINUTE_SECONDS)
        self._unread = Buckets(limits.INBOX_PER_MINUTE, MINUTE_SECONDS)
        self._unproven = Buckets(limits.UNPROVEN_PER_ADDRESS, UNPROVEN_SECONDS)
        self._full: Memory[bool] = Memory()

    def check_address(self, address: str) -> None:
        """Refuse an address from which too much came that proved nothing, before reading more."""
        if self._on and address:
            _refuse(address, self._unproven.wait(address))

    def unproven(self, address: str) -> None:
        """Note that a request from this address proved nothing."""
        if address:
            self._unproven.take(address)

    def take_unread(self, address: str) -> None:
        """Take what is accepted without being verified, or refuse it."""
        if self._on and address:
            _refuse(address, self._unread.take(address))

    def check_host(self, host: str) -> None:
        """Refuse a host that has used up its share, before it is proven to be that host.

        It is not refused for what others say in its name: only what was proven has used that up.
        """
        if self._on:
            _refuse(host, max(self._hosts.wait(host), self._sites.wait(site_of(host))))
            _refuse(host, FULL_SECONDS if self._full.get(host) else 0.0)

    async def take(self, sender: str, host: str) -> None:
        """Take what the host `sender` is proven to have sent, or refuse it.

        It is refused, too, while too much of `host`, to which the activity belongs, waits to be
        processed.
        """
        if not self._on:
            return
        _refuse(sender, self._hosts.take(sender) or self._sites.take(site_of(sender)))
        if await self._is_full(host):
            raise Slowed(sender, FULL_SECONDS)

    async def _is_full(self, host: str) -> bool:
        known = self._full.get(host)
        if known is not None:
            return known
        row = await storage.row(
            "SELECT COUNT(*) AS number FROM (SELECT 1 AS one FROM receipt"
            " WHERE host = ? AND state = 'received' LIMIT ?) AS waiting",
            host,
            limits.UNPROCESSED_PER_HOST,
        )
        full = row is not None and row["number"] >= limits.UNPROCESSED_PER_HOST
        self._full.put(host, full, LOOK_SECONDS)
        return full


def address_of(request: HTTPConnection) -> str:
    """By what a visitor is counted: its address, of IPv6 its /64; "" when that tells nothing.

    It is the address that the server believes: that in `X-Forwarded-For` only from a proxy that the
    operator named. A private one is that of a proxy not named, behind which everybody may be.
    """
    return _counted(request.client.host) if request.client else ""


@lru_cache(maxsize=4_096)
def _counted(seen: str) -> str:
    try:
        address = ip_address(seen)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if not address.is_global:
        return ""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def _refuse(who: str, seconds: float) -> None:
    if seconds:
        raise Slowed(who, seconds)
