"""This module knows what either form of signature asks of a request: its shape, place and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from federation import clock, limits
from federation import origin as origins
from federation.errors import BadSignature, Malformed, OutOfTime

Form = Literal["cavage", "rfc9421"]

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No headers beside those that every request has."""

_ONCE = ("host", "date", "digest", "content-digest", "signature-input")
_BODILESS = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came in, and the origin that it should have been meant for.

    `target` is the raw path with its query. Header names are in lower case and values without white
    space around them, as ASGI servers give them, and a header that came twice is there twice.
    `body` is raw; `origin` is ours as configured (`https://groups.example`), never what the request
    says. Without `timed` it does not matter when it was signed: nobody may be let in by that.
    """

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    origin: str
    timed: bool = True
    fields: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """The value of each header; of one that came more than once, the last."""
    repeated: bool = field(init=False, repr=False, compare=False)
    """Whether any header came more than once."""

    def __post_init__(self) -> None:
        fields = dict(self.headers)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "repeated", len(fields) != len(self.headers))

    def values(self, name: str) -> list[str]:
        """Every value of a header, in their order."""
        if not self.repeated:
            return [self.fields[name]] if name in self.fields else []
        return [value for given, value in self.headers if given == name]

    @property
    def authority(self) -> str:
        """Our host, with its port unless that is the default one."""
        return self.origin.partition("://")[2]

    @property
    def has_body(self) -> bool:
        """Whether a signature must cover a digest: anything but a GET or HEAD without a body."""
        return self.method not in _BODILESS or self.body != b""


def check_shape(request: SignedRequest) -> None:
    """Return when the request can be read in one way only; refuses (`Malformed`) all others."""
    if request.repeated:
        for name in _ONCE:
            if len(request.values(name)) > 1:
                raise Malformed(f"the header {name} came more than once")
    if not request.target.startswith("/"):
        raise Malformed("the request target must be a path")


def check_present(request: SignedRequest, names: frozenset[str]) -> None:
    """Return when each of the headers that a signature covers came exactly once."""
    if not request.fields.keys() >= names:
        absent = ", ".join(sorted(names - request.fields.keys()))
        raise BadSignature(f"the signature covers headers that are not there: {absent}")
    if request.repeated:
        for name in names:
            if len(request.values(name)) > 1:
                raise BadSignature(f"the signature covers {name}, which came more than once")


def check_host(request: SignedRequest) -> None:
    """Return when the Host header names us; refuses (`BadSignature`) what was meant for others."""
    host = request.fields["host"].lower()
    if host not in _authorities(request.origin):
        raise BadSignature(f"the signature is for {host[:200]!r}, which is not this host")


def check_created(request: SignedRequest, seconds: int) -> None:
    """Return when a time of signing is no more than `limits.SKEW_SECONDS` off (`OutOfTime`)."""
    off = seconds - clock.now_ms() // 1_000
    if request.timed and not -limits.SKEW_SECONDS <= off <= limits.SKEW_SECONDS:
        raise OutOfTime(
            off, f"the signature was made {abs(off)} s in the {_when(off)}: set the clock"
        )


def check_expires(request: SignedRequest, seconds: float, created: int | None) -> None:
    """Return when a signature is still good, by its own word."""
    if request.timed and seconds * 1_000 < clock.now_ms():
        raise BadSignature("the signature has expired: sign anew for every attempt")
    if created is not None and seconds < created:
        raise BadSignature("the signature expires before it was created")


@lru_cache(maxsize=4_096)
def foreign_key_id(key_id: str, origin: str) -> str:
    """The canonical spelling of a key id on another host.

    Refuses (`BadSignature`) what is no http(s) URL (`acct:`, `did:`, `file:`) and keys of our own:
    nobody here signs requests to ourselves, and asking ourselves for a key could go on for ever.
    """
    try:
        canonical = origins.canonical(key_id)
    except Malformed as error:
        raise BadSignature(f"a keyId must be an http(s) URL: {error}") from error
    if origins.host_of(canonical) == origins.host_of(origin):
        raise BadSignature("the keyId is one of this host, which does not send to itself")
    return canonical


@lru_cache(maxsize=4_096)
def place(url: str) -> tuple[str, str, str]:
    """Where a request for a URL goes: its origin, its host and its target.

    Refuses (`Malformed`) what `federation.origin.canonical` refuses.
    """
    canonical = origins.without_fragment(origins.canonical(url))
    origin, host = origins.origin_of(canonical), origins.host_of(canonical)
    rest = canonical.removeprefix(origin)
    return origin, host, rest if rest.startswith("/") else f"/{rest}"


def http_date() -> str:
    """The time now as a `Date` header: IMF-fixdate in GMT (Mastodon refuses `+0000`)."""
    return _http_date(clock.now_ms() // 1_000)


@lru_cache(maxsize=8)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


@lru_cache(maxsize=8)
def _authorities(origin: str) -> frozenset[str]:
    scheme, _, authority = origin.partition("://")
    return frozenset({authority, authority + _DEFAULT_PORTS[scheme]})


def _when(off: int) -> str:
    return "future" if off > 0 else "past"
