"""Both forms together: which is read first, which is sent, and what is taken once only."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import signing
from federation import clock, limits, signatures
from federation.errors import BadSignature, Malformed, Refused
from federation.keys import PublicKey, Signer
from federation.signatures import Form, Nonces, SignedRequest
from federation.signatures.rfc9421 import MessageClaim
from neighbour import ed25519, rsa
from signing import KEY_ID, NOW, ORIGIN, Cavage, Message, and_header, parameters, vic

FORMS: list[Form] = ["cavage", "rfc9421"]
EVE = "https://evil.example/users/eve#main-key"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.held(NOW):
        yield


def received(
    headers: dict[str, str], body: bytes, target: str, method: str = "POST"
) -> SignedRequest:
    """The request that these headers of ours make at the other end."""
    lower = [(name.lower(), value) for name, value in headers.items()]
    return SignedRequest(method, target, lower, body, ORIGIN)


def test_reading_a_request_needs_no_waiting() -> None:
    assert not inspect.iscoroutinefunction(signatures.read)
    assert not inspect.iscoroutinefunction(signatures.sign)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
@pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256)), None])
def test_we_read_what_we_sign(form: Form, algorithm: str, body: bytes | None) -> None:
    key = rsa("vic") if algorithm == "rsa" else ed25519("vic")
    public = vic() if algorithm == "rsa" else signing.vics_ed25519()
    signer = Signer(KEY_ID, public.algorithm, key)
    method = "GET" if body is None else "POST"
    sent = signatures.sign(signer, method, f"{ORIGIN}/users/olga/inbox?a=b", body, form)
    request = received(sent, body or b"", "/users/olga/inbox?a=b", method)
    (claim,) = signatures.read(request)
    claim.check(request, public)
    assert (claim.form, claim.key_id) == (form, KEY_ID)


@given(st.binary(max_size=300), st.sampled_from(FORMS), st.integers(0, 299))
@settings(deadline=None, max_examples=60)
def test_no_other_body_passes_under_our_signature(body: bytes, form: Form, at: int) -> None:
    signer = Signer(KEY_ID, "ed25519", ed25519("vic"))
    sent = signatures.sign(signer, "POST", f"{ORIGIN}/inbox", body, form)
    other = body[:at] + b"x" + body[at:]
    signatures.read(received(sent, body, "/inbox"))
    with pytest.raises(BadSignature):
        signatures.read(received(sent, other, "/inbox"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "url", ["", "inbox", "ftp://h.example/", "https://a@h.example/", "acct:a@b"]
)
def test_nothing_is_signed_for_what_is_no_url(form: Form, url: str) -> None:
    with pytest.raises(Malformed):
        signatures.sign(Signer(KEY_ID, "rsa", rsa("vic")), "POST", url, b"", form)


def test_a_port_of_its_own_is_part_of_the_host() -> None:
    signer = Signer(KEY_ID, "rsa", rsa("vic"))
    sent = signatures.sign(signer, "POST", "http://localhost:8001/inbox", b"", "cavage")
    assert sent["Host"] == "localhost:8001"


# Both in one request


def both(newer: Message, older: Cavage) -> SignedRequest:
    """A request signed in both forms, its Signature headers side by side."""
    request = newer.sent()
    request = and_header(request, "digest", str(older.digest))
    return and_header(request, "signature", older.value())


def test_the_newer_form_is_tried_first_and_then_the_older() -> None:
    claims = signatures.read(both(Message(), Cavage()))
    assert [claim.form for claim in claims] == ["rfc9421", "cavage"]


def test_the_older_form_is_read_where_the_newer_covers_too_little() -> None:
    request = both(Message(components=("@method",)), Cavage())
    (claim,) = signatures.read(request)
    claim.check(request, vic())
    assert claim.form == "cavage"


def test_the_newer_form_stands_where_the_older_covers_too_little() -> None:
    (claim,) = signatures.read(both(Message(), Cavage(covered=("date",))))
    assert claim.form == "rfc9421"


def test_where_neither_covers_enough_the_newer_one_says_why() -> None:
    with pytest.raises(BadSignature, match="@target-uri"):
        signatures.read(both(Message(components=("@method",)), Cavage(covered=("date",))))


def test_an_older_signature_is_read_though_a_newer_input_stands_alone() -> None:
    request = and_header(Cavage().sent(), "signature-input", Message().input())
    (claim,) = signatures.read(request)
    claim.check(request, vic())


@pytest.mark.parametrize("value", [Message().value(), Cavage().value()], ids=["newer", "older"])
def test_two_signature_headers_of_one_form_are_refused(value: str) -> None:
    # H033
    with pytest.raises(Malformed, match="more than once"):
        signatures.read(
            and_header(and_header(Message().sent(value=value), "signature", value), "digest", "")
        )


def test_two_signature_headers_of_the_older_form_are_refused() -> None:
    # H033
    request = Cavage().sent()
    with pytest.raises(Malformed, match="more than once"):
        signatures.read(and_header(request, "signature", Cavage(key=rsa("eve")).value()))


def test_a_valid_signature_of_eve_says_nothing_of_vic() -> None:
    # H062, over both forms
    newer = Message(key=rsa("eve"), parameters=parameters(keyid=f'"{EVE}"'))
    request = both(newer, Cavage(key=rsa("eve")))
    by_eve, by_vic = signatures.read(request)
    by_eve.check(
        request, PublicKey(EVE, "https://evil.example/users/eve", "rsa", rsa("eve").public_key())
    )
    with pytest.raises(BadSignature):
        by_vic.check(request, vic())


@pytest.mark.parametrize("request_", [Message().sent(), Cavage().sent()])
def test_a_request_without_any_signature_is_refused(request_: SignedRequest) -> None:
    # H025
    with pytest.raises(BadSignature, match="not signed"):
        signatures.read(signing.without_header(request_, "signature"))


# Knocking


def test_the_other_form_is_the_second_knock() -> None:
    assert [signatures.other(form) for form in FORMS] == ["rfc9421", "cavage"]


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, True), (401, True)]
    + [
        (s, False)
        for s in (200, 202, 301, 403, 404, 405, 408, 410, 413, 415, 422, 424, 429, 500, 503)
    ],
)
def test_only_400_and_401_are_worth_a_second_knock(status: int, again: bool) -> None:
    # quirks 74 and 75
    assert signatures.knock_again(status) is again


# Nonces


def claim_with(nonce: str | None, key_id: str = KEY_ID) -> signatures.Claim:
    given = parameters(nonce=None if nonce is None else f'"{nonce}"', keyid=f'"{key_id}"')
    (claim,) = signatures.read(Message(parameters=given).sent())
    return claim


def test_a_nonce_is_taken_once() -> None:
    # H069
    nonces = Nonces()
    nonces.spend(claim_with("a"))
    with pytest.raises(BadSignature, match="nonce"):
        nonces.spend(claim_with("a"))


def test_nonces_of_different_keys_and_other_nonces_do_not_meet() -> None:
    nonces = Nonces()
    nonces.spend(claim_with("a"))
    nonces.spend(claim_with("b"))
    nonces.spend(claim_with("a", EVE))


def test_without_a_nonce_nothing_is_remembered() -> None:
    nonces = Nonces()
    (cavage,) = signatures.read(Cavage().sent())
    for claim in (claim_with(None), cavage):
        nonces.spend(claim)
        nonces.spend(claim)


def test_a_nonce_is_remembered_as_long_as_its_signature_is_fresh() -> None:
    nonces, claim = Nonces(), claim_with("a")
    with clock.held(NOW - limits.SKEW_SECONDS * clock.SECOND):
        nonces.spend(claim)
    with clock.held(NOW + limits.SKEW_SECONDS * clock.SECOND), pytest.raises(BadSignature):
        nonces.spend(claim)
    with clock.held(NOW + limits.SKEW_SECONDS * clock.SECOND + 1):
        nonces.spend(claim)


def test_a_flood_of_nonces_is_bounded() -> None:
    nonces, claim = Nonces(), claim_with("first")
    assert isinstance(claim, MessageClaim)
    for number in range(limits.NONCES + 10):
        nonces.spend(replace(claim, parameters={"nonce": str(number)}))
    nonces.spend(replace(claim, parameters={"nonce": "0"}))
    with pytest.raises(BadSignature):
        nonces.spend(replace(claim, parameters={"nonce": str(limits.NONCES)}))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["signature", "signature-input", "date", "host", "digest", "content-digest"]
            ),
            st.text(st.characters(codec="latin-1"), max_size=40),
        ),
        max_size=6,
    ),
    st.sampled_from(["GET", "POST", "HEAD"]),
    st.binary(max_size=10),
)
@settings(deadline=None, max_examples=300)
def test_no_request_makes_more_than_a_refusal(
    headers: list[tuple[str, str]], method: str, body: bytes
) -> None:
    with pytest.raises(Refused):
        signatures.read(SignedRequest(method, "/inbox", headers, body, ORIGIN))
