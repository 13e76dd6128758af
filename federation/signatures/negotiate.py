"""This module decides which form of signature is read first, and with which to knock again.

Incoming: RFC 9421 where the request says so, then draft-cavage. Outgoing: draft-cavage until a peer
answered 400 or 401 to it (most peers read nothing else), then RFC 9421 once.
"""

from __future__ import annotations

from collections.abc import Mapping

from federation.errors import BadSignature, Malformed, Refused
from federation.keys import Signer
from federation.signatures import cavage, rfc9421
from federation.signatures.message import NOTHING, Form, SignedRequest, check_shape

Claim = cavage.CavageClaim | rfc9421.MessageClaim


def read(request: SignedRequest) -> list[Claim]:
    """The signatures of a request that are worth asking a key for, in the order to try them.

    Whoever is behind the first that its key confirms sent the request; never mix two. Nothing is
    fetched here. Refuses with `BadSignature` a request that is not signed, covers too little, is
    out of time or whose digest is not that of its body; with `Malformed` what cannot be read.
    """
    check_shape(request)
    lines = request.values("signature")
    if "signature-input" not in request.fields:
        return [cavage.read(request, _one(lines))]
    older = [line for line in lines if cavage.is_cavage(line)]
    newer = [line for line in lines if not cavage.is_cavage(line)]
    if not older:
        return [*rfc9421.read(request, _one(newer))]
    return _both(request, _one(older), newer)


def sign(
    signer: Signer,
    method: str,
    url: str,
    body: bytes | None,
    form: Form,
    more: Mapping[str, str] = NOTHING,
) -> dict[str, str]:
    """The headers to add to a request: Host, Date, the digest of a body, and the signature.

    `more` are headers that are signed as well. For every attempt anew: Friendica takes a signature
    for five minutes. `body` is None for a GET. Refuses (`Malformed`) a URL that is none.
    """
    make = cavage.sign if form == "cavage" else rfc9421.sign
    return make(signer, method, url, body, more)


def other(form: Form) -> Form:
    """The form for the second knock."""
    return "rfc9421" if form == "cavage" else "cavage"


def knock_again(status: int) -> bool:
    """Whether an answer may mean that the form was not understood; knock once more, never twice."""
    return status in (400, 401)


def _one(lines: list[str]) -> str:
    if not lines:
        raise BadSignature("the request is not signed")
    if len(lines) > 1:
        raise Malformed("the header signature came more than once")
    return lines[0]


def _both(request: SignedRequest, older: str, newer: list[str]) -> list[Claim]:
    claims: list[Claim] = []
    refusal: Refused | None = None
    try:
        claims += rfc9421.read(request, _one(newer))
    except Refused as error:
        refusal = error
    try:
        claims.append(cavage.read(request, older))
    except Refused as error:
        if not claims:
            raise refusal or error from error
    return claims
