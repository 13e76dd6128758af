"""This module decides which URLs are one and the same, and which share an origin.

An id is compared, stored and looked up in its canonical spelling only; a spelling that two
programs could read differently is refused, so that no check here can be passed by one reading
and undone by another. FEP-fe34, RFC 3986 section 6.2.2.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from federation import limits
from federation.addresses import is_number, literal
from federation.errors import Malformed

_PORTS = {"http": 80, "https": 443}

# Classes are spelled out: under re.IGNORECASE `[a-z]` would take the Kelvin sign for a k.
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_REST = r"(?:[/?#][^\s\\\x00-\x20\x7f-\x9f\ud800-\udfff]*)?"
_URL = re.compile(
    r"([Hh][Tt][Tt][Pp][Ss]?)://"
    rf"({_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])"
    rf"(?::([0-9]{{1,5}}))?({_REST})"
)
_REMEMBERED = 4_096


def canonical(url: str) -> str:
    """The one spelling of a URL: scheme and host in lower case, no default port; the rest as it is.

    Refuses (`Malformed`) anything but http(s), a user part, a backslash, control characters,
    white space, a host that is empty, not ASCII, percent-encoded, ends in a dot or is an address in
    any spelling but the plain one, an impossible port, and more than `limits.URI_CHARS` bytes.
    Whether the host may be connected to is not asked here.
    """
    scheme, netloc, rest = _split(url)
    return f"{scheme}://{netloc}{rest}"


def host_of(url: str) -> str:
    """The host of a URL in lower case, with its port unless that is the default one.

    Refuses what `canonical` refuses.
    """
    return _split(url)[1]


def host_or_empty(url: str) -> str:
    """The host as `host_of` writes it, "" of what is no proper URL."""
    try:
        return host_of(url)
    except Malformed:
        return ""


def origin_of(url: str) -> str:
    """The origin of a URL, such as `https://h.example`; refuses what `canonical` refuses."""
    scheme, netloc, _ = _split(url)
    return f"{scheme}://{netloc}"


def same_origin(a: str, b: str) -> bool:
    """Whether two URLs have one scheme, host and port; False when either is no proper URL."""
    try:
        return _split(a)[:2] == _split(b)[:2]
    except Malformed:
        return False


@lru_cache(_REMEMBERED)
def site_of(host: str) -> str:
    """The registrable domain that a host is most likely of, so that subdomains count as one.

    The last two labels of its name, or three where the last is a country's and the one before it is
    short (`a.co.uk`); an IP address is its own. There is no list of public suffixes here: tenants
    of one `hosting.example` count as one site, so a site must be allowed more than a host.
    """
    name = host if host.endswith("]") else host.partition(":")[0]
    labels = name.split(".")
    if name.startswith("[") or labels[-1].isdigit():
        return name
    country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if country else -2 :])


def is_host(name: str) -> bool:
    """Whether a text is the name of a host as `host_of` writes it, with nothing around it."""
    try:
        return host_of(f"https://{name}/") == name
    except Malformed:
        return False


def without_fragment(url: str) -> str:
    """The part of a URL before `#`: what is asked for over HTTP."""
    return url.partition("#")[0]


@lru_cache(_REMEMBERED)
def _split(url: str) -> tuple[str, str, str]:
    if len(url.encode(errors="surrogatepass")) > limits.URI_CHARS:
        raise Malformed(f"a URL may have {limits.URI_CHARS} bytes: {url[:200]!r}")
    match = _URL.fullmatch(url)
    if match is None:
        raise Malformed(f"not a plain http(s) URL: {url[:200]!r}")
    scheme, host, port, rest = match.groups()
    scheme = scheme.lower()
    netloc = _host(host, url) + _port(port, scheme, url)
    if len(netloc) > limits.HOST_CHARS:
        raise Malformed(f"the host name is too long: {url[:200]!r}")
    return scheme, netloc, rest


def _host(host: str, url: str) -> str:
    if not host.startswith("["):
        host = host.lower()
        if is_number(host) and literal(host) is None:
            raise Malformed(f"neither a host name nor a plain address: {url[:200]!r}")
        return host
    try:
        return f"[{IPv6Address(host[1:-1]).compressed}]"
    except AddressValueError as error:
        raise Malformed(f"not an IPv6 address: {url[:200]!r}") from error


def _port(port: str | None, scheme: str, url: str) -> str:
    if port is None:
        return ""
    number = int(port)
    if not 0 < number < 65_536:
        raise Malformed(f"not a port number: {url[:200]!r}")
    return "" if number == _PORTS[scheme] else f":{number}"
