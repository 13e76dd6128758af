"""This module decides which names and IP addresses an outgoing request may reach.

Addresses are an allow-list: only what IANA hands out as global unicast, judged after unwrapping the
forms that hide an IPv4 address, and the networks that the operator allowed by name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from federation.config import Network

Address = IPv4Address | IPv6Address

# IANA IPv4 Special-Purpose Address Registry; multicast and the reserved class E at the end.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# Protocol assignments with Teredo, documentation, 6to4, documentation again.
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

_PRIVATE_ENDINGS = frozenset(
    {"localhost", "localdomain", "local", "internal", "onion", "i2p", "alt", "home.arpa"}
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")


def literal(host: str) -> Address | None:
    """The address that a host is written as (`127.0.0.1`, `[::1]`), or None for a name."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def is_number(host: str) -> bool:
    """Whether a host ends in a number: then it is an address to `inet_aton`, or nothing.

    `0x7f.1` and `2130706433` are 127.0.0.1, `127.00.0.1` is that or nothing (WHATWG URL, 3.5).
    """
    return _NUMBER.match(host.rpartition(".")[2]) is not None


def is_public(address: Address) -> bool:
    """Whether anybody on the internet can own the address (RFC 6890; mapped and NAT64 unwrapped).

    6to4, Teredo and ISATAP carry an IPv4 address through a tunnel that nobody serves documents
    over: they are refused whole.
    """
    address = _unwrapped(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address not in _GLOBAL_V6 or any(address in network for network in _CLOSED_V6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP


def may_connect(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether a connection to the address may be opened: it is public, or in an allowed network."""
    plain = _unwrapped(address)
    return is_public(plain) or any(plain in network for network in allowed)


def private_name(host: str) -> str:
    """Why a host name can never be a public server's ("" when it can)."""
    labels = host.split(".")
    if literal(host) is not None:
        return "is an address, not a name"
    if len(labels) < 2:
        return "has a single label"
    if labels[-1] in _PRIVATE_ENDINGS or ".".join(labels[-2:]) in _PRIVATE_ENDINGS:
        return "is a private name"
    if is_number(host):
        return "is a number"
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        return "is no host name"
    return ""


def _unwrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        address = IPv6Address(int(address))
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
