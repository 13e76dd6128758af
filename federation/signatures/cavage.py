"""This module reads and makes signatures after draft-cavage-http-signatures-12, as peers use it.

What the draft leaves open is decided here by what peers send (`hs2019` means RSA-SHA256 with an RSA
key, Ed25519 with an Ed25519 key) and by what must not get in: a POST that does not cover its
target, our host, its digest and a time is refused whatever its signature is worth.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar

from federation import limits
from federation.digests import check_digest, digest, strict_base64
from federation.errors import BadSignature, Malformed
from federation.keys import Algorithm, Hash, PublicKey, Signer
from federation.signatures.message import (
    NOTHING,
    Form,
    SignedRequest,
    check_created,
    check_expires,
    check_host,
    check_present,
    foreign_key_id,
    http_date,
    place,
)

TARGET, CREATED, EXPIRES = "(request-target)", "(created)", "(expires)"

# Only what ends at a quote repeats without a bound, so that junk costs linear time.
_PARAMETER = re.compile(
    r'([ \t]{0,2}([A-Za-z]{1,16})[ \t]?=[ \t]?(?:"([^"]*+)"|([0-9][0-9.]{0,24}))[ \t]?(?:,|\Z))'
)
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)"
)

_BOTH: dict[Algorithm, Hash] = {"rsa": "sha256", "ed25519": "sha256"}
_ALGORITHMS: dict[str, dict[Algorithm, Hash]] = {
    "": _BOTH,
    "hs2019": _BOTH,
    "rsa-sha256": {"rsa": "sha256"},
    "rsa-sha512": {"rsa": "sha512"},
    "ed25519": {"ed25519": "sha256"},
}
"""By the `algorithm` that a signature names: the hash for each kind of key that fits it."""

_WITH_CREATED = ("", "hs2019")
_WITHOUT_BODY = frozenset({TARGET, "host"})
_WITH_BODY = _WITHOUT_BODY | {"digest"}


@dataclass(frozen=True, slots=True)
class CavageClaim:
    """A signature that covers enough, in time, with a true digest; its key is yet to be asked."""

    form: ClassVar[Form] = "cavage"
    nonce: ClassVar[str] = ""

    key_id: str
    algorithm: str
    covered: tuple[str, ...]
    created: str
    expires: str
    signature: bytes

    def check(self, request: SignedRequest, key: PublicKey) -> None:
        """Return when this is the key's signature; refuses with `BadSignature`.

        A GET is tried with the query of its target, then without (Mastodon and PieFed omit it).
        """
        hash = _ALGORITHMS[self.algorithm].get(key.algorithm)
        if hash is None:
            raise BadSignature(f"the algorithm {self.algorithm} does not fit the key {key.uri}")
        if key.verify(self.signature, self._text(request, request.target), hash):
            return
        path, query, _ = request.target.partition("?")
        omitted = query and not request.has_body
        if omitted and key.verify(self.signature, self._text(request, path), hash):
            return
        raise BadSignature(f"the signature is not that of the key {key.uri}")

    def _text(self, request: SignedRequest, target: str) -> bytes:
        values = request.fields
        if self.created or self.expires:
            values = {**values, CREATED: self.created, EXPIRES: self.expires}
        first = f"{TARGET}: {request.method.lower()} {target}"
        return _encoded(
            "\n".join([first if n == TARGET else f"{n}: {values[n]}" for n in self.covered])
        )


def is_cavage(value: str) -> bool:
    """Whether a `Signature` header is of this form: RFC 9421 knows no such quoted parameter."""
    return 'keyid="' in value.lower()


def read(request: SignedRequest, value: str) -> CavageClaim:
    """The claim that the `Signature` header makes.

    Refuses with `Malformed` what cannot be read, with `BadSignature` a signature that covers too
    little, is out of time, is in an algorithm that is not ours, or a digest that is not the body's.
    """
    parameters = _parameters(value)
    algorithm = parameters.get("algorithm", "").lower()
    if algorithm not in _ALGORITHMS:
        raise BadSignature(f"signatures in {algorithm[:50]!r} are not taken: use rsa-sha256")
    key_id = foreign_key_id(_needed(parameters, "keyid"), request.origin)
    signature = strict_base64(_needed(parameters, "signature"))
    created, expires = parameters.get("created", ""), parameters.get("expires", "")
    headers = parameters.get("headers", "date")
    covered = _covered(headers, request.has_body, algorithm, created != "", expires != "")
    check_present(request, _fields(covered))
    check_host(request)
    if "date" in covered:
        check_created(request, _date(request.fields["date"]))
    _check_times(request, created, expires)
    if "digest" in covered:
        check_digest(request.fields["digest"], request.body)
    return CavageClaim(key_id, algorithm, covered, created, expires, signature)


def sign(
    signer: Signer, method: str, url: str, body: bytes | None, more: Mapping[str, str] = NOTHING
) -> dict[str, str]:
    """The headers that make a request ours, `more` among them; a digest unless `body` is None."""
    _, host, target = place(url)
    headers = {"Host": host, "Date": http_date()}
    if body is not None:
        headers["Digest"] = digest(body)
    headers |= more
    lines = [f"{TARGET}: {method.lower()} {target}"]
    lines += [f"{name.lower()}: {value}" for name, value in headers.items()]
    signature = b64encode(signer.sign(_encoded("\n".join(lines)))).decode()
    covered = " ".join([TARGET, *map(str.lower, headers)])
    algorithm = "rsa-sha256" if signer.algorithm == "rsa" else "hs2019"
    headers["Signature"] = (
        f'keyId="{signer.key_id}",algorithm="{algorithm}",headers="{covered}",'
        f'signature="{signature}"'
    )
    return headers


def _parameters(value: str) -> dict[str, str]:
    if len(value) > limits.SIGNATURE_CHARS:
        raise Malformed("the Signature header is too long")
    matches: list[tuple[str, str, str, str]] = _PARAMETER.findall(value)
    if sum([len(match[0]) for match in matches]) != len(value):
        raise Malformed('the Signature header is not a list of name="value"')
    found = {name.lower(): quoted or number for _, name, quoted, number in matches}
    if len(found) != len(matches) or len(found) > limits.SIGNATURE_PARAMETERS:
        raise Malformed("the Signature header names a parameter twice, or has too many of them")
    return found


def _needed(parameters: dict[str, str], name: str) -> str:
    if not parameters.get(name):
        raise Malformed(f"the Signature header has no {name}")
    return parameters[name]


@lru_cache(maxsize=256)
def _covered(
    headers: str, with_body: bool, algorithm: str, has_created: bool, has_expires: bool
) -> tuple[str, ...]:
    names = tuple(headers.lower().split())
    if len(names) > limits.SIGNATURE_PARAMETERS or len(set(names)) != len(names):
        raise Malformed("the signature lists a header twice, or too many of them")
    missing = (_WITH_BODY if with_body else _WITHOUT_BODY).difference(names)
    if missing:
        raise BadSignature(f"the signature must cover {' '.join(sorted(missing))}")
    if "date" not in names and CREATED not in names:
        raise BadSignature("the signature must cover date")
    for name, given in ((CREATED, has_created), (EXPIRES, has_expires)):
        if name in names and not given:
            raise BadSignature(f"the signature covers {name} and does not say it")
        if name in names and algorithm not in _WITH_CREATED:
            raise BadSignature(f"{name} may not be signed with {algorithm}, but with hs2019")
    return names


@lru_cache(maxsize=256)
def _fields(covered: tuple[str, ...]) -> frozenset[str]:
    return frozenset(covered) - {TARGET, CREATED, EXPIRES}


def _check_times(request: SignedRequest, created: str, expires: str) -> None:
    if created:
        check_created(request, int(_seconds(created)))
    if expires:
        check_expires(request, _seconds(expires), int(_seconds(created)) if created else None)


def _seconds(text: str) -> float:
    if _SECONDS.fullmatch(text) is None:
        raise Malformed(f"not a time in seconds since 1970: {text[:50]!r}")
    return float(text)


@lru_cache(maxsize=256)
def _date(text: str) -> int:
    match = _DATE.fullmatch(text)
    if match is None:
        raise Malformed(
            f"the Date header must read like Tue, 03 Nov 2026 10:00:05 GMT: {text[:50]!r}"
        )
    day, month, *rest = match.groups()
    year, hour, minute, second = map(int, rest)
    try:
        moment = datetime(
            year, _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC
        )
    except ValueError as error:
        raise Malformed(f"the Date header names no time: {text[:50]!r}") from error
    return int(moment.timestamp())


def _encoded(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Malformed("a signed header has characters that HTTP does not know") from error
