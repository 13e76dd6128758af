"""Signatures after draft-cavage: which verify, which are refused, and that nothing else happens."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

import signing
from federation import clock, signatures
from federation.errors import BadSignature, Malformed, Refused
from federation.keys import PublicKey, Signer
from federation.signatures import SignedRequest
from federation.signatures.cavage import CavageClaim
from neighbour import ed25519, pem, rsa
from signing import GET, NOW, POST, SECONDS, Cavage, and_header, vic, with_header, without_header
from stopwatch import is_quicker

CREATED = ("(request-target)", "(created)", "host", "digest")
VECTORS = Path(__file__).resolve().parents[2] / "../shared/wire/vectors/http-signatures"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.held(NOW):
        yield


def verify(request: SignedRequest, key: PublicKey | None = None) -> CavageClaim:
    """Read the one claim of a request and check it."""
    (claim,) = signatures.read(request)
    claim.check(request, key or vic())
    assert isinstance(claim, CavageClaim)
    return claim


def refused(request: SignedRequest, status: int, reason: str | None = None) -> None:
    """The request is refused before anybody asks for its key."""
    with pytest.raises(Refused, match=reason) as refusal:
        signatures.read(request)
    assert refusal.value.status == status


def refused_by_key(request: SignedRequest, key: PublicKey | None = None) -> None:
    """The request looks fine, and its key says no."""
    (claim,) = signatures.read(request)
    with pytest.raises(BadSignature):
        claim.check(request, key or vic())


# What verifies


def test_a_post_as_mastodon_signs_it_verifies() -> None:
    claim = verify(Cavage().sent())
    assert (claim.key_id, claim.form, claim.nonce) == (signing.KEY_ID, "cavage", "")


def test_a_get_needs_no_digest() -> None:
    verify(Cavage(method="GET", body=b"", digest=None, covered=GET).sent())


# quirk 77
@pytest.mark.parametrize(
    ("algorithm", "sha512"),
    [
        ("rsa-sha256", False),
        ("rsa-sha512", True),
        ("hs2019", False),
        (None, False),
        ("RSA-SHA256", False),
    ],
)
def test_the_names_of_algorithms_for_rsa_keys_verify(algorithm: str | None, sha512: bool) -> None:
    # H039, quirk 77
    verify(Cavage(algorithm=algorithm, sha512=sha512).sent())


@pytest.mark.parametrize("algorithm", ["hs2019", "ed25519", None])
def test_ed25519_keys_sign_as_hs2019_or_by_their_name(algorithm: str | None) -> None:
    # quirk 77
    verify(Cavage(algorithm=algorithm, key=ed25519("vic")).sent(), signing.vics_ed25519())


@pytest.mark.parametrize("covered", [CREATED, (*CREATED, "(expires)"), (*POST, "(created)")])
@pytest.mark.parametrize("algorithm", ["hs2019", None])
def test_created_and_expires_are_signed_with_hs2019(
    covered: tuple[str, ...], algorithm: str | None
) -> None:
    # Discourse signs so; quirk 77
    request = Cavage(
        covered=covered, algorithm=algorithm, created=str(SECONDS), expires=str(SECONDS + 300)
    )
    verify(request.sent())


def test_a_request_without_date_is_timed_by_created() -> None:
    verify(Cavage(date=None, covered=CREATED, algorithm="hs2019", created=str(SECONDS)).sent())


def test_quoted_times_and_spaces_between_parameters_are_read() -> None:
    wanted = Cavage(covered=CREATED, algorithm="hs2019", created=str(SECONDS))
    value = wanted.value().replace(f"created={SECONDS}", f'created="{SECONDS}"')
    verify(wanted.sent(value.replace(",", ", ")))


def test_an_expiry_may_have_a_fraction() -> None:
    expires = f"{SECONDS + 1}.5"
    verify(
        Cavage(
            covered=(*CREATED, "(expires)"),
            algorithm="hs2019",
            created=str(SECONDS),
            expires=expires,
        ).sent()
    )


def test_a_signature_over_more_headers_verifies() -> None:
    # NodeBB signs its content type, too.
    more = (("content-type", "application/ld+json"), ("x-empty", ""))
    verify(Cavage(more=more, covered=(*POST, "content-type", "x-empty")).sent())


# quirk 78
@pytest.mark.parametrize("signed", ["/inbox?page=1&x", "/inbox"])
def test_the_query_of_a_get_is_tried_with_and_without(signed: str) -> None:
    # quirk 78
    letter = Cavage(method="GET", body=b"", digest=None, covered=GET, target="/inbox?page=1&x")
    verify(replace(letter, signed_target=signed).sent())


@pytest.mark.parametrize(
    "key_id",
    [
        "https://h.example/users/vic?a=1,b=2#main-key",
        "https://h.example/users/vic/main-key",
        "https://h.example/@vic;x=(y)",
    ],
)
def test_a_key_id_may_have_commas_and_equals_signs(key_id: str) -> None:
    # H037, quirk 82
    assert verify(Cavage(key_id=key_id).sent()).key_id == key_id


def test_a_key_id_is_brought_to_its_canonical_spelling() -> None:
    claim = verify(Cavage(key_id="https://H.EXAMPLE:443/users/vic#main-key").sent())
    assert claim.key_id == signing.KEY_ID


@pytest.mark.parametrize("host", ["groups.example", "Groups.Example", "groups.example:443"])
def test_the_host_is_ours_in_every_spelling_of_it(host: str) -> None:
    verify(Cavage(host=host).sent())


def test_an_instance_on_another_port_is_known_by_its_port() -> None:
    letter = Cavage(host="localhost:8000").sent()
    verify(replace(letter, origin="http://localhost:8000"))
    refused(replace(letter, origin="http://localhost:8001"), 401, "not this host")


@pytest.mark.parametrize("minutes", [-59, 0, 59])
def test_a_clock_may_be_off_by_nearly_an_hour(minutes: int) -> None:
    # quirk 76: Lemmy and Mastodon allow as much
    with clock.held(NOW + minutes * clock.MINUTE):
        verify(Cavage().sent())


def test_the_same_request_verifies_again_four_minutes_later() -> None:
    # H058: that it has no second effect is for the activity's id to see to
    request = Cavage().sent()
    verify(request)
    with clock.held(NOW + 4 * clock.MINUTE):
        verify(request)


@pytest.mark.parametrize("date", [signing.DATE.replace("GMT", zone) for zone in ("UTC", "+0000")])
def test_the_zone_of_a_date_is_gmt_in_three_spellings(date: str) -> None:
    # Lemmy sent +0000 once
    verify(Cavage(date=date).sent())


# What is signed must be enough


def test_a_post_without_a_signature_is_refused() -> None:
    # H025
    refused(without_header(Cavage().sent(), "signature"), 401, "not signed")


@pytest.mark.parametrize("missing", ["(request-target)", "host", "digest", "date"])
def test_a_post_must_cover_its_target_our_host_its_digest_and_a_time(missing: str) -> None:
    # H026; H027 is the case of the digest: it is there, and true, and not signed
    covered = [name for name in POST if name != missing]
    refused(Cavage(covered=covered).sent(), 401, "must cover")


@pytest.mark.parametrize("covered", [("date",), ("(request-target)", "date")])
def test_a_signature_over_the_date_alone_is_refused(covered: tuple[str, ...]) -> None:
    # H026
    refused(Cavage(covered=covered).sent(), 401, "must cover")


def test_without_a_list_of_headers_only_the_date_is_signed_which_is_not_enough() -> None:
    letter = Cavage(covered=("date",))
    value = letter.value().replace('headers="date",', "")
    refused(letter.sent(value), 401, "must cover")


def test_a_body_makes_a_digest_needed_whatever_the_method() -> None:
    refused(Cavage(method="GET", covered=GET).sent(), 401, "must cover digest")


def test_a_changed_body_is_refused_before_any_key_is_asked_for() -> None:
    # H028
    refused(replace(Cavage().sent(), body=signing.BODY + b" "), 401, "changed")


def test_a_captured_signature_does_not_carry_a_new_body_with_its_own_digest() -> None:
    # H027: the digest is true, and what was signed is another one
    other = b'{"type":"Delete"}'
    request = replace(Cavage().sent(), body=other)
    refused_by_key(with_header(request, "digest", "SHA-256=" + signing.b64_sha(other)))


@pytest.mark.parametrize(
    "digest", ["MD5=1B2M2Y8AsgTpgAmY7PhCfg==", "SHA-512=" + signing.b64_sha(signing.BODY, "sha512")]
)
def test_a_post_without_sha_256_is_refused(digest: str) -> None:
    # H029
    refused(Cavage(digest=digest).sent(), 401, "SHA-256")


def test_a_post_without_a_digest_is_refused() -> None:
    # H029, quirk 80
    refused(Cavage(digest=None, covered=GET).sent(), 401, "must cover digest")
    refused(without_header(Cavage().sent(), "digest"), 401, "not there: digest")


# quirk 79
def test_a_list_of_different_digests_verifies() -> None:
    # quirk 79
    both = (
        f"SHA-256={signing.b64_sha(signing.BODY)},SHA-512={signing.b64_sha(signing.BODY, 'sha512')}"
    )
    verify(Cavage(digest=both).sent())


def test_two_values_of_one_digest_are_refused() -> None:
    # H030
    good = "SHA-256=" + signing.b64_sha(signing.BODY)
    refused(Cavage(digest=f"{good},SHA-256={signing.b64_sha(b'other')}").sent(), 400)


@pytest.mark.parametrize("name", ["date", "host", "digest", "signature"])
def test_a_header_that_came_twice_is_refused(name: str) -> None:
    # H033
    request = Cavage().sent()
    refused(and_header(request, name, dict(request.headers)[name]), 400, "more than once")


def test_a_covered_header_that_came_twice_is_refused() -> None:
    # H033
    letter = Cavage(more=(("content-type", "text/a"),), covered=(*POST, "content-type"))
    refused(and_header(letter.sent(), "content-type", "text/a"), 401, "more than once")


def test_a_header_that_nobody_signed_may_come_twice() -> None:
    verify(and_header(and_header(Cavage().sent(), "accept", "a"), "accept", "b"))


def test_a_covered_header_that_is_not_there_is_refused() -> None:
    letter = Cavage(more=(("x-a", "1"),), covered=(*POST, "x-a"))
    refused(without_header(letter.sent(), "x-a"), 401, "not there: x-a")


# The Signature header itself


@pytest.mark.parametrize("doubled", ["keyId", "headers", "signature", "algorithm"])
def test_a_parameter_named_twice_is_refused(doubled: str) -> None:
    # H035
    letter = Cavage()
    again = f',{doubled}="{letter.parameters()[doubled]}"'
    refused(letter.sent(letter.value() + again), 400, "twice")
    refused(letter.sent(letter.value() + again.replace(doubled, doubled.upper())), 400, "twice")


@pytest.mark.parametrize("covered", [(*POST, "date"), tuple(f"x-{i}" for i in range(30))])
def test_a_header_listed_twice_or_too_many_of_them_are_refused(covered: tuple[str, ...]) -> None:
    letter = Cavage(covered=covered, more=tuple((f"x-{i}", "") for i in range(30)))
    refused(letter.sent(), 400, "twice")


@pytest.mark.parametrize("name", ["keyId", "signature"])
@pytest.mark.parametrize("instead", ["", '{}="",'])
def test_a_signature_header_without_what_it_must_have_is_malformed(name: str, instead: str) -> None:
    letter = Cavage()
    gone = f'{name}="{letter.parameters()[name]}"'
    refused(
        letter.sent(f"{letter.value()},".replace(f"{gone},", instead.format(name))), 400, "has no"
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "Bearer token",
        'keyId="a',
        'keyId="a" signature="b"',
        'keyId="a",,signature="b"',
        "keyId=https://h.example/,signature=AAAA",
        'key-id="a"',
        "sig1=:AAAA:",
        '"keyId"="a"',
    ],
)
def test_what_is_no_signature_header_is_malformed(value: str) -> None:
    refused(Cavage().sent(value), 400)


@pytest.mark.parametrize("junk", ["a", " ", '"', 'a="', "a=", "1", ",", 'a="",', "a=1,", '\t"'])
def test_a_long_junk_header_is_refused_quickly(junk: str) -> None:
    for size in (8_000, 60_000):
        sent = Cavage().sent((junk * size)[:size])
        assert is_quicker(0.05, partial(refused, sent, 400))


@pytest.mark.parametrize("spoiled", ["!", " ", "=", "\n"])
def test_a_signature_in_lax_base64_is_malformed(spoiled: str) -> None:
    letter = Cavage()
    signature = letter.parameters()["signature"]
    value = letter.value().replace(signature, signature[:9] + spoiled + signature[9:])
    refused(letter.sent(value), 400, "base64")


# Algorithms and keys


@pytest.mark.parametrize(
    "algorithm", ["none", "rsa-sha1", "hmac-sha256", "ecdsa-sha256", "x" * 900]
)
def test_an_algorithm_that_is_not_ours_is_refused(algorithm: str) -> None:
    # H038
    refused(Cavage(algorithm=algorithm).sent(), 401, "not taken")


def test_a_mac_keyed_with_the_public_key_is_refused() -> None:
    # H038
    letter = Cavage(algorithm="hmac-sha256")
    code = hmac.HMAC(pem(rsa("vic")).encode(), SHA256())
    code.update(letter.text().encode())
    value = letter.value().replace(
        letter.parameters()["signature"], b64encode(code.finalize()).decode()
    )
    refused(letter.sent(value), 401, "not taken")
    refused_by_key(letter.sent(value.replace("hmac-sha256", "hs2019")))


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha512"])
def test_an_rsa_algorithm_does_not_fit_an_ed25519_key(algorithm: str) -> None:
    request = Cavage(algorithm=algorithm, key=ed25519("vic")).sent()
    refused_by_key(request, signing.vics_ed25519())


def test_ed25519_does_not_fit_an_rsa_key() -> None:
    refused_by_key(Cavage(algorithm="ed25519").sent())


def test_the_signature_of_another_key_is_refused() -> None:
    refused_by_key(Cavage(key=rsa("eve")).sent())


@pytest.mark.parametrize("length", [0, 1, 64, 255, 257, 512])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    letter = Cavage()
    value = letter.value().replace(
        letter.parameters()["signature"], b64encode(bytes(length)).decode()
    )
    if length:
        refused_by_key(letter.sent(value))
    else:
        refused(letter.sent(value), 400, "has no")


# Times


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha512", "ed25519"])
@pytest.mark.parametrize("name", ["(created)", "(expires)"])
def test_created_and_expires_may_be_signed_with_hs2019_only(algorithm: str, name: str) -> None:
    # H040
    later = str(SECONDS + 300)
    letter = Cavage(covered=(*POST, name), algorithm=algorithm, created=str(SECONDS), expires=later)
    refused(letter.sent(), 401, "hs2019")


@pytest.mark.parametrize("name", ["created", "expires"])
def test_a_time_that_is_signed_and_not_said_is_refused(name: str) -> None:
    # H040
    letter = Cavage(
        covered=(*CREATED, "(expires)"),
        algorithm="hs2019",
        created=str(SECONDS),
        expires=str(SECONDS + 300),
    )
    value = letter.value().replace(f"{name}={letter.parameters()[name]},", "")
    refused(letter.sent(value), 401, "does not say it")


@pytest.mark.parametrize(
    ("created", "expires", "status"),
    [
        (SECONDS + 3_700, SECONDS + 4_000, 401),
        (SECONDS - 3_700, SECONDS + 300, 401),
        (SECONDS, SECONDS - 1, 401),
        (SECONDS + 60, SECONDS + 30, 401),
        (SECONDS, "1e400", 400),
        (SECONDS, "abc", 400),
        (SECONDS, "-1", 400),
        (SECONDS, "9" * 400, 400),
        (SECONDS, "1.2.3", 400),
        (SECONDS, "٣", 400),
        ("NaN", SECONDS + 300, 400),
        ("-5", SECONDS + 300, 400),
        ("9" * 12, SECONDS + 300, 401),
        ("0", SECONDS + 300, 401),
    ],
)
def test_absurd_times_are_refused_and_nothing_worse(
    created: int | str, expires: int | str, status: int
) -> None:
    # H041
    letter = Cavage(covered=CREATED, algorithm="hs2019", created=str(created), expires=str(expires))
    refused(letter.sent(), status)


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 21 Sep 2026 12:13:19 GMT",
        "Mon, 21 Sep 2026 16:13:21 GMT",
        "Sun, 21 Sep 2036 14:13:20 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
)
def test_a_date_more_than_an_hour_off_is_refused(date: str) -> None:
    # H042
    refused(Cavage(date=date).sent(), 401, "set the clock")


@pytest.mark.parametrize(
    "date",
    [
        "yesterday",
        "",
        "2026-09-21T14:13:20Z",
        "Mon, 21 Sep 2026 14:13:20",
        "Mon, 21 Sep 2026 14:13:20 +0200",
        "Mon, 21 Sep 2026 14:13:20 -0000",
        "Mon, 32 Sep 2026 14:13:20 GMT",
        "Mon, 21 Sep 2026 25:13:20 GMT",
        "Mon, 21 Sep 0000 14:13:20 GMT",
        "Mon, 21 Sep 99999 14:13:20 GMT",
        "Mon, 21 Sep 2026 14:13:20 GMT\x00",
        "Mon, ٢١ Sep 2026 14:13:20 GMT".encode().decode("latin-1"),
    ],
)
def test_a_date_that_is_none_or_has_no_zone_is_malformed(date: str) -> None:
    # H042
    refused(Cavage(date=date).sent(), 400, "Date header")


def test_a_post_with_no_time_at_all_is_refused() -> None:
    # H042
    covered = ("(request-target)", "host", "digest")
    refused(Cavage(date=None, covered=covered).sent(), 401, "must cover date")


# Who and where


@pytest.mark.parametrize(
    "key_id",
    [
        "https://groups.example/actor#main-key",
        "https://GROUPS.example:443/users/olga#main-key",
        "http://groups.example/actor",
        "acct:vic@h.example",
        "did:key:z6Mk",
        "file:///etc/passwd",
        "data:text/plain,x",
        "vic",
        "https://vic@h.example/",
        "https://h.example\\@groups.example/",
        "https://h.example/" + "a" * 3_000,
    ],
)
def test_a_key_id_that_must_not_be_fetched_is_refused_unfetched(key_id: str) -> None:
    # H046
    refused(Cavage(key_id=key_id).sent(), 401, "keyId")


@pytest.mark.parametrize(
    "target", ["/inbox", "/users/ann/inbox/", "/users/ann/inbox?x=2", "/users/ann"]
)
def test_a_signature_for_one_target_does_not_open_another(target: str) -> None:
    # H053
    for signed in ("/users/ann/inbox?x=1", "/users/ann/inbox"):
        refused_by_key(replace(Cavage(target=signed).sent(), target=target))


def test_a_captured_get_is_no_post() -> None:
    # H055
    got = Cavage(method="GET", body=b"", digest=None, covered=GET).sent()
    posted = replace(got, method="POST", body=signing.BODY)
    refused(posted, 401, "must cover digest")
    refused(with_header(posted, "digest", "SHA-256=" + signing.b64_sha(signing.BODY)), 401)


def test_a_captured_get_with_a_digest_is_no_post() -> None:
    # H055
    got = Cavage(method="GET").sent()
    refused_by_key(replace(got, method="POST"))


@pytest.mark.parametrize(
    "host", ["evil.example", "groups.example.evil.example", "groups.example:8443", ""]
)
def test_a_request_meant_for_another_host_is_refused(host: str) -> None:
    refused(Cavage(host=host).sent(), 401, "not this host")


@pytest.mark.parametrize("target", ["*", "https://groups.example/inbox", ""])
def test_a_target_that_is_no_path_is_malformed(target: str) -> None:
    refused(Cavage(target=target).sent(), 400, "path")


def test_a_header_that_is_not_latin_is_malformed() -> None:
    request = Cavage(more=(("x-a", "a"),), covered=(*POST, "x-a")).sent()
    (claim,) = signatures.read(request)
    with pytest.raises(Malformed):
        claim.check(with_header(request, "x-a", "ж"), vic())


# What we send


def test_our_own_post_is_signed_as_everybody_reads_it() -> None:
    # quirks 71 and 72
    signer = Signer(signing.KEY_ID, "rsa", rsa("vic"))
    sent = signatures.sign(
        signer, "POST", "https://Groups.Example:443/inbox?a=b#c", signing.BODY, "cavage"
    )
    assert sent["Host"] == "groups.example"
    assert sent["Date"] == signing.DATE
    assert sent["Digest"] == "SHA-256=" + signing.b64_sha(signing.BODY)
    assert sent["Signature"] == Cavage(target="/inbox?a=b").value()
    assert list(sent) == ["Host", "Date", "Digest", "Signature"]


def test_our_own_get_is_signed_without_a_digest() -> None:
    signer = Signer(signing.KEY_ID, "rsa", rsa("vic"))
    sent = signatures.sign(signer, "GET", "https://groups.example", None, "cavage")
    wanted = Cavage(method="GET", target="/", body=b"", digest=None, covered=GET)
    assert sent["Signature"] == wanted.value()


def test_an_ed25519_key_of_ours_signs_as_hs2019() -> None:
    signer = Signer(signing.KEY_ID, "ed25519", ed25519("vic"))
    sent = signatures.sign(signer, "POST", "https://groups.example/inbox", signing.BODY, "cavage")
    assert sent["Signature"] == Cavage(algorithm="hs2019", key=ed25519("vic")).value()


def test_a_retry_has_a_new_date_and_a_new_signature() -> None:
    # quirk 73
    signer = Signer(signing.KEY_ID, "rsa", rsa("vic"))
    url = "https://groups.example/inbox"
    first = signatures.sign(signer, "POST", url, signing.BODY, "cavage")
    with clock.held(NOW + clock.MINUTE):
        second = signatures.sign(signer, "POST", url, signing.BODY, "cavage")
    assert first["Date"] != second["Date"]
    assert first["Signature"] != second["Signature"]


@given(st.text(max_size=200), st.sampled_from(["signature", "date", "digest", "host"]))
@settings(deadline=None, max_examples=300)
def test_no_header_makes_more_than_a_refusal(value: str, name: str) -> None:
    request = with_header(Cavage().sent(), name, value)
    try:
        signatures.read(request)
    except Refused:
        return
    assert value == dict(Cavage().sent().headers)[name]


@given(
    st.dictionaries(
        st.sampled_from(["created", "expires", "headers", "algorithm", "keyId", "signature"]),
        st.text(max_size=40),
    )
)
@settings(deadline=None, max_examples=200)
def test_no_parameter_makes_more_than_a_refusal(given: dict[str, str]) -> None:
    parameters = Cavage().parameters() | given
    value = ",".join(f'{name}="{text}"' for name, text in parameters.items())
    request = Cavage().sent(value)
    try:
        for claim in signatures.read(request):
            claim.check(request, vic())
    except Refused:
        return


# The draft's own vectors


def _vectors() -> dict[str, Any]:
    path = VECTORS / "cavage-appendix-c.json"
    if not path.exists():
        pytest.skip("the recorded vectors are not here")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@pytest.mark.wire
@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_vectors_of_the_draft_verify(index: int) -> None:
    # Their key has 1,024 bits and they cover too little: `read` refuses them, the text is right.
    vectors = _vectors()
    case, wanted = vectors["cases"][index], vectors["request"]
    public = load_pem_public_key(vectors["public_key_pem"].encode())
    assert isinstance(public, RSAPublicKey)
    key = PublicKey("https://example.com/key", "https://example.com/", "rsa", public)
    request = SignedRequest(
        wanted["method"],
        wanted["target"],
        list(wanted["headers"].items()),
        wanted["body"].encode(),
        "https://example.com",
    )
    covered = tuple(case["headers"].split())
    claim = CavageClaim(key.uri, "rsa-sha256", covered, "", "", b64decode(case["signature"]))
    claim.check(request, key)
    with pytest.raises(BadSignature):
        claim.check(with_header(request, "date", "Sun, 05 Jan 2014 21:31:41 GMT"), key)
