"""HTTP message signatures: which verify, which are refused, and that others read ours."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import http_sf
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)
from hypothesis import given, settings
from hypothesis import strategies as st

import signing
from federation import clock, signatures
from federation.errors import BadSignature, Refused
from federation.keys import PublicKey, Signer
from federation.signatures import SignedRequest, rfc9421
from federation.signatures.rfc9421 import MessageClaim
from neighbour import ed25519, rsa
from signing import COMPONENTS, KEY_ID, NOW, ORIGIN, SECONDS, Message, parameters, vic
from stopwatch import is_quicker

VECTORS = Path(__file__).resolve().parents[2] / "../shared/wire/vectors/http-signatures"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.held(NOW):
        yield


def verify(request: SignedRequest, key: PublicKey | None = None) -> MessageClaim:
    """Read the one claim of a request and check it."""
    (claim,) = signatures.read(request)
    claim.check(request, key or vic())
    assert isinstance(claim, MessageClaim)
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
    claim = verify(Message().sent())
    assert (claim.key_id, claim.form, claim.nonce) == (KEY_ID, "rfc9421", "")


def test_an_ed25519_key_signs_under_its_name_or_without_one() -> None:
    for alg in ('"ed25519"', None):
        letter = Message(key=ed25519("vic"), parameters=parameters(alg=alg))
        verify(letter.sent(), signing.vics_ed25519())


@pytest.mark.parametrize(
    "components",
    [
        ("@method", "@path", "@authority", "content-digest"),
        ("@method", "@request-target", "@authority", "content-digest"),
        ("content-digest", "@target-uri", "@method", "@scheme", "@query", "host", "date"),
        (*COMPONENTS, "x-a!b"),
        # WordPress, which signs in this form first since its plugin's 9.3
        ("@method", "@target-uri", "@authority", "content-digest"),
    ],
)
def test_other_lists_of_components_that_cover_enough_verify(components: tuple[str, ...]) -> None:
    verify(Message(components=components, more=(("x-a!b", "1"),)).sent())


def test_a_post_as_nodebb_signs_it_verifies() -> None:
    # a label of its own, the place twice, a nonce and a tag (NodeBB, September 2026)
    given = parameters(nonce='"c1f3"', tag='"activitypub"')
    components = ("@method", "@target-uri", "@authority", "content-digest")
    letter = Message(label="activitypub", components=components, parameters=given)
    assert verify(letter.sent()).nonce == "c1f3"


def test_a_query_is_part_of_what_is_signed() -> None:
    letter = Message(target="/inbox?a=1", target_uri=f"{ORIGIN}/inbox?a=1")
    verify(letter.sent())
    refused_by_key(replace(letter.sent(), target="/inbox?a=2"))
    refused_by_key(replace(letter.sent(), target="/inbox"))
    apart = Message(components=("@method", "@authority", "@path", "content-digest")).sent()
    refused(replace(apart, target="/inbox?a=1"), 401, "must cover")


def test_a_get_needs_no_content_digest() -> None:
    letter = Message(method="GET", body=b"", content_digest=None, components=COMPONENTS[:2])
    verify(letter.sent())


def test_all_six_parameters_are_understood() -> None:
    given = parameters(expires=SECONDS + 300, nonce=r'"a\"b\\c"', tag='"fedi"')
    assert verify(Message(parameters=given).sent()).nonce == r'a"b\c'


def test_the_place_is_computed_from_our_configured_origin() -> None:
    # H068: the Host header came through a proxy that speaks http to us
    letter = Message(components=("@method", "@authority", "@path", "@scheme", "content-digest"))
    for host in ("GROUPS.EXAMPLE:443", "127.0.0.1:8000"):
        verify(replace(letter, host=host).sent())


# quirk 76
@pytest.mark.parametrize("minutes", [-59, 4, 59])
def test_a_signature_four_minutes_old_is_accepted(minutes: int) -> None:
    # quirk 76
    with clock.held(NOW + minutes * clock.MINUTE):
        verify(Message().sent())


@pytest.mark.parametrize("minutes", [-120, -61, 61, 120])
def test_a_signature_two_hours_old_is_refused(minutes: int) -> None:
    # quirk 76
    with clock.held(NOW + minutes * clock.MINUTE):
        refused(Message().sent(), 401, "set the clock")


# What is signed must be enough


@pytest.mark.parametrize(
    "components",
    [
        (),
        ("@target-uri", "content-digest"),
        ("@method", "content-digest"),
        ("@method", "@path", "content-digest"),
        ("@method", "@authority", "content-digest"),
        ("@method", "@target-uri"),
    ],
)
def test_a_post_must_cover_method_place_and_digest(components: tuple[str, ...]) -> None:
    # H061
    refused(Message(components=components).sent(), 401, "must cover")


@pytest.mark.parametrize("missing", ["created", "keyid"])
def test_a_signature_must_say_its_time_and_its_key(missing: str) -> None:
    # H061
    refused(Message(parameters=parameters(**{missing: None})).sent(), 401, "must say when")


def test_a_covered_header_that_is_not_there_is_refused() -> None:
    refused(Message(content_digest=None).sent(), 401, "not there: content-digest")


def test_a_covered_header_that_came_twice_is_refused() -> None:
    request = Message(components=(*COMPONENTS, "x-a"), more=(("x-a", "1"),)).sent()
    refused(signing.and_header(request, "x-a", "2"), 401, "more than once")


@pytest.mark.parametrize("name", ["content-digest", "signature-input", "signature", "host"])
def test_a_header_that_matters_and_came_twice_is_refused(name: str) -> None:
    # H033
    request = Message().sent()
    refused(signing.and_header(request, name, dict(request.headers)[name]), 400, "more than once")


def test_a_changed_body_is_refused_before_any_key_is_asked_for() -> None:
    refused(replace(Message().sent(), body=b"{}"), 401, "changed")


def test_a_captured_signature_does_not_carry_a_new_body_with_its_own_digest() -> None:
    request = replace(Message().sent(), body=b"{}")
    digest = f"sha-256=:{signing.b64_sha(b'{}')}:"
    refused_by_key(signing.with_header(request, "content-digest", digest))


def test_every_digest_that_can_be_computed_must_fit() -> None:
    # H066
    good = f"sha-256=:{signing.b64_sha(signing.BODY)}:"
    bad = f"{good}, sha-512=:{signing.b64_sha(b'other', 'sha512')}:"
    refused(Message(content_digest=bad).sent(), 401, "changed")
    verify(Message(content_digest=bad.replace(*_other_to_body())).sent())


def _other_to_body() -> tuple[str, str]:
    return signing.b64_sha(b"other", "sha512"), signing.b64_sha(signing.BODY, "sha512")


def test_a_signed_host_must_be_ours() -> None:
    letter = Message(components=(*COMPONENTS, "host"), host="evil.example")
    refused(letter.sent(), 401, "not this host")


def test_a_captured_get_is_no_post() -> None:
    got = Message(method="GET").sent()
    refused_by_key(replace(got, method="POST"))


def test_a_signature_for_another_host_does_not_verify_here() -> None:
    refused_by_key(Message(target_uri="https://second.example/inbox").sent())
    letter = Message(
        components=("@method", "@authority", "@path", "content-digest"), authority="second.example"
    )
    refused_by_key(letter.sent())


# What is not understood is refused


@pytest.mark.parametrize(
    "component",
    [
        '"content-digest";req',
        '"content-digest";bs',
        '"content-digest";sf',
        '"content-digest";tr',
        '"content-digest";key="sha-256"',
        '"content-digest";x=1',
        '"@query-param";name="x"',
        '"@method";req',
    ],
)
def test_parameters_of_components_are_never_ignored(component: str) -> None:
    # H064
    refused(Message(components=(*COMPONENTS[:2], component)).sent(), 401, "plain strings")
    refused(Message(components=(*COMPONENTS, component)).sent(), 401, "plain strings")


@pytest.mark.parametrize(
    "component", ["@query-param", "@status", "@signature-params", "@new", "@", "X-A", "x a", ""]
)
def test_unknown_components_are_refused(component: str) -> None:
    # H064
    refused(Message(components=(*COMPONENTS, component)).sent(), 401, "not known here")


@pytest.mark.parametrize("component", ["date", "1", ":AAAA:", "?1", "1.5"])
def test_components_that_are_no_strings_are_refused(component: str) -> None:
    letter = Message(components=(*COMPONENTS, "date"))
    verify(letter.sent())
    refused(letter.sent(letter.input().replace('"date"', component)), 401, "plain strings")


@pytest.mark.parametrize(
    "given",
    [
        {"x": 1},
        {"context": '"a"'},
        {"created": f'"{SECONDS}"'},
        {"created": f"{SECONDS}.0"},
        {"created": "?1"},
        {"expires": '"x"'},
        {"keyid": "vic"},
        {"keyid": ":AAAA:"},
        {"nonce": 7},
        {"tag": "fedi"},
        {"alg": "ed25519"},
    ],
)
def test_unknown_parameters_and_other_types_are_refused(given: dict[str, str | int]) -> None:
    # H064
    refused(Message(parameters=parameters(**given)).sent(), 401, "unknown, or of another type")


@pytest.mark.parametrize(
    "alg", ["hmac-sha256", "rsa-pss-sha512", "ecdsa-p256-sha256", "none", "", "RSA-V1_5-SHA256"]
)
def test_an_algorithm_that_is_not_ours_is_refused(alg: str) -> None:
    # H065
    refused(Message(parameters=parameters(alg=f'"{alg}"')).sent(), 401, "alg")


def test_an_algorithm_that_does_not_fit_the_key_is_refused() -> None:
    # H065
    refused_by_key(Message(parameters=parameters(alg='"ed25519"')).sent())
    refused_by_key(Message(key=ed25519("vic")).sent(), signing.vics_ed25519())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"created": SECONDS, "expires": SECONDS - 1}, "expired"),
        ({"created": SECONDS + 60, "expires": SECONDS + 30}, "before it was created"),
        ({"created": SECONDS + 3_700}, "set the clock"),
        ({"created": -5}, "set the clock"),
        ({"created": 10**15 - 1}, "set the clock"),
    ],
)
def test_absurd_times_are_refused(given: dict[str, int], reason: str) -> None:
    refused(Message(parameters=parameters(**given)).sent(), 401, reason)


@pytest.mark.parametrize("key_id", ["acct:vic@h.example", "file:///x", "https://GROUPS.example/a"])
def test_a_key_id_that_must_not_be_fetched_is_refused_unfetched(key_id: str) -> None:
    # H046
    refused(Message(parameters=parameters(keyid=f'"{key_id}"')).sent(), 401, "keyId")


# Labels


def test_a_component_listed_twice_is_refused() -> None:
    # H067
    refused(Message(components=(*COMPONENTS, "@method")).sent(), 401, "twice")


def test_too_many_components_are_refused() -> None:
    names = tuple(f"x-{i}" for i in range(30))
    letter = Message(components=(*COMPONENTS, *names), more=tuple((n, "") for n in names))
    refused(letter.sent(), 401, "too many")


def test_labels_that_differ_between_the_two_headers_are_refused() -> None:
    # H067
    letter = Message()
    other = letter.value().replace("sig1", "sig2")
    refused(letter.sent(value=other), 401, "same labels")
    refused(letter.sent(value=f"{letter.value()}, {other}"), 401, "same labels")


def test_duplicate_labels_are_refused() -> None:
    # H067
    letter = Message()
    refused(letter.sent(input=f"{letter.input()}, {letter.input()}"), 401, "twice")
    refused(letter.sent(value=f"{letter.value()}, {letter.value()}"), 400, "different")


def test_a_parameter_named_twice_is_refused() -> None:
    letter = Message(parameters=(*parameters(), ("created", str(SECONDS))))
    refused(letter.sent(), 401, "twice")
    strange = (*parameters(), ("tag", "x"), ("tag", "y"))
    refused(replace(letter, parameters=strange).sent(), 401, "twice")


def test_the_sender_is_whoever_is_behind_a_label_that_verified() -> None:
    # H062: sig1 by eve is valid; sig2 claims vic and is junk
    eve_id = "https://evil.example/users/eve#main-key"
    one = Message(key=rsa("eve"), parameters=parameters(keyid=f'"{eve_id}"'))
    two = Message(key=rsa("eve"), label="sig2")
    request = one.sent(input=f"{one.input()}, {two.input()}", value=f"{one.value()}, {two.value()}")
    by_eve, by_vic = signatures.read(request)
    assert (by_eve.key_id, by_vic.key_id) == (eve_id, KEY_ID)
    by_eve.check(
        request, PublicKey(eve_id, "https://evil.example/users/eve", "rsa", rsa("eve").public_key())
    )
    with pytest.raises(BadSignature):
        by_vic.check(request, vic())


def test_a_label_that_is_not_understood_does_not_spoil_the_one_beside_it() -> None:
    # A proxy on the way may sign, too.
    good = Message()
    proxy = Message(label="proxy", components=('"@method";req',))
    request = good.sent(
        input=f"{proxy.input()}, {good.input()}", value=f"{proxy.value()}, {good.value()}"
    )
    assert verify(request).key_id == KEY_ID


def test_no_more_than_four_labels_are_looked_at() -> None:
    letters = [Message(label=f"sig{i}") for i in range(5)]
    inputs = ", ".join(letter.input() for letter in letters)
    values = ", ".join(letter.value() for letter in letters)
    refused(Message().sent(inputs, values), 401, "at most 4")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sig1",
        "sig1=()",
        "sig1=1",
        'sig1="x"',
        'sig1=("@method"',
        "sig1=(),",
        "SIG1=();created=1",
        'sig1=("@method" "é")',
        "sig1=();created=99999999999999999999",
        "(" * 5_000,
        "sig1=(" * 1_000,
        'sig1=("a' + '" "a' * 20_000 + '");created=1',
    ],
)
def test_what_is_no_signature_input_is_refused(value: str) -> None:
    with pytest.raises(Refused):
        signatures.read(Message().sent(input=value))


@pytest.mark.parametrize(
    "value", ["", "sig1", "sig1=AAAA", "sig1=:AA:", "sig1=:A A=:", "sig1=:AAAA:;x"]
)
def test_what_is_no_signature_is_malformed(value: str) -> None:
    refused(Message().sent(value=value), 400)


@pytest.mark.parametrize("junk", ["a", " ", '"a" ', "a=(),", ";a=1", ';a="', "(", "\t"])
def test_a_long_junk_header_is_refused_quickly(junk: str) -> None:
    for prefix in ("", "sig1=(", "sig1=()"):
        sent = Message().sent(input=prefix + (junk * 8_000)[:8_000])
        look = partial(pytest.raises, Refused, signatures.read)
        assert is_quicker(0.1, partial(look, sent))


def test_a_header_that_is_not_ascii_is_refused() -> None:
    request = Message(components=(*COMPONENTS, "x-a"), more=(("x-a", "a"),)).sent()
    (claim,) = signatures.read(request)
    with pytest.raises(Refused):
        claim.check(signing.with_header(request, "x-a", "é"), vic())


@given(st.text(max_size=200), st.sampled_from(["signature", "signature-input", "content-digest"]))
@settings(deadline=None, max_examples=300)
def test_no_header_makes_more_than_a_refusal(value: str, name: str) -> None:
    with pytest.raises(Refused):
        signatures.read(signing.with_header(Message().sent(), name, value))


PLAIN = st.builds(
    lambda label, names, given: (
        f"{label}=({' '.join(names)})" + "".join(f";{name}={value}" for name, value in given)
    ),
    st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True),
    st.lists(st.from_regex(r'"[a-z0-9@-]{1,9}"', fullmatch=True), max_size=5),
    st.lists(
        st.tuples(
            st.sampled_from(["created", "expires", "keyid", "alg", "nonce", "tag", "x"]),
            st.integers(0, 10**15 - 1)
            | st.text(
                st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\')
            ).map(lambda text: f'"{text}"'),
        ),
        max_size=5,
    ),
)


@given(PLAIN)
@settings(deadline=None, max_examples=300)
def test_the_quick_reader_says_what_the_parser_of_structured_fields_says(value: str) -> None:
    assert rfc9421._PLAIN.fullmatch(value)
    doubled: list[str] = []
    wanted = http_sf.parse(
        value.encode(), tltype="dictionary", on_duplicate_key=lambda name, _: doubled.append(name)
    )
    if doubled:
        with pytest.raises(BadSignature, match="twice"):
            rfc9421._inputs(value)
    else:
        assert rfc9421._inputs(value) == wanted


def test_what_a_peer_sends_takes_the_quick_way() -> None:
    assert rfc9421._PLAIN.fullmatch(Message().input())


# What we send


def sent_by_us(
    signer: Signer, url: str, body: bytes | None, method: str = "POST"
) -> dict[str, str]:
    return signatures.sign(signer, method, url, body, "rfc9421")


def test_our_own_post_is_signed_as_mastodon_signs() -> None:
    # quirk 74
    signer = Signer(KEY_ID, "rsa", rsa("vic"))
    sent = sent_by_us(signer, "https://Groups.example:443/inbox?a=b#c", signing.BODY)
    wanted = Message(target="/inbox?a=b", target_uri=f"{ORIGIN}/inbox?a=b")
    assert sent == {
        "Host": "groups.example",
        "Date": signing.DATE,
        "Content-Digest": f"sha-256=:{signing.b64_sha(signing.BODY)}:",
        "Signature-Input": wanted.input(),
        "Signature": wanted.value(),
    }


def test_our_own_get_is_signed_without_a_digest() -> None:
    signer = Signer(KEY_ID, "ed25519", ed25519("vic"))
    sent = sent_by_us(signer, "https://groups.example", None, "GET")
    wanted = Message(
        method="GET",
        target="/",
        target_uri=f"{ORIGIN}/",
        components=COMPONENTS[:2],
        key=ed25519("vic"),
        parameters=parameters(alg='"ed25519"'),
    )
    assert (sent["Signature-Input"], sent["Signature"]) == (wanted.input(), wanted.value())


# Held against another implementation


ALGORITHMS: list[tuple[type[Any], Any]] = [
    (algorithms.RSA_V1_5_SHA256, rsa),
    (algorithms.ED25519, ed25519),
]


@pytest.mark.parametrize(("algorithm", "key"), ALGORITHMS)
@pytest.mark.parametrize("url", [f"{ORIGIN}/inbox", f"{ORIGIN}/users/olga/inbox?a=b&c=%20d"])
def test_another_implementation_verifies_what_we_sign(algorithm: Any, key: Any, url: str) -> None:
    kind = "rsa" if key is rsa else "ed25519"
    with clock.held(time.time_ns() // 1_000_000):
        headers = sent_by_us(Signer(KEY_ID, kind, key("vic")), url, signing.BODY)
    resolver = MappingKeyResolver(public_keys={KEY_ID: key("vic").public_key()}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver)
    (result,) = verifier.verify(
        httpx.Request("POST", url, headers=headers),
        max_age=timedelta(minutes=5),
        require_components=COMPONENTS,
        body=signing.BODY,
    )
    assert result.parameters["keyid"] == KEY_ID


@pytest.mark.parametrize(("algorithm", "key"), ALGORITHMS)
@pytest.mark.parametrize(
    "components",
    [
        COMPONENTS,
        ("@method", "@authority", "@path", "@query", "content-digest", "date", "@scheme"),
        ("@request-target", "@authority", "@method", "host", "content-digest"),
    ],
)
def test_we_verify_what_another_implementation_signs(
    algorithm: Any, key: Any, components: tuple[str, ...]
) -> None:
    kind = "rsa" if key is rsa else "ed25519"
    request = httpx.Request(
        "POST", f"{ORIGIN}/inbox?a=b&c=%20d", content=signing.BODY, headers={"Date": signing.DATE}
    )
    resolver = MappingKeyResolver(public_keys={}, private_keys={KEY_ID: key("vic")})
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver)
    signer.sign(
        request,
        key_id=KEY_ID,
        label="sig1",
        created=clock.now(),
        nonce='a"b',
        covered_component_ids=components,
        body=signing.BODY,
    )
    headers = [(name.lower(), value) for name, value in request.headers.items()]
    target = request.url.raw_path.decode()
    got = SignedRequest("POST", target, headers, signing.BODY, ORIGIN)
    verify(got, PublicKey(KEY_ID, signing.VIC, kind, key("vic").public_key()))


# The vector of the RFC


@pytest.mark.wire
def test_the_ed25519_vector_of_the_rfc_verifies() -> None:
    # B.2.6 covers too little for `read`: the base and the signature are what it is about.
    path = VECTORS / "rfc9421-b26-ed25519.json"
    if not path.exists():
        pytest.skip("the recorded vectors are not here")
    vector = json.loads(path.read_bytes())
    public = load_pem_public_key(vector["public_key_pem"].encode())
    assert isinstance(public, Ed25519PublicKey)
    headers = [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]
    request = SignedRequest(
        "POST", "/foo?param=Value&Pet=dog", headers, b'{"hello": "world"}', "https://example.com"
    )
    components, given = rfc9421._inputs(vector["signature_input"])["sig-b26"]
    claim = MessageClaim(
        "https://example.com/key",
        tuple(name for name, _ in components),
        given,
        b64decode(vector["signature"].removeprefix("sig-b26=:").removesuffix(":")),
    )
    key = PublicKey(claim.key_id, "https://example.com/", "ed25519", public)
    claim.check(request, key)
    with pytest.raises(BadSignature):
        claim.check(replace(request, method="GET"), key)
