"""The headers that bind a body: what fits, what does not, and what is no digest at all."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.digests import (
    byte_sequences,
    check_content_digest,
    check_digest,
    content_digest,
    digest,
    strict_base64,
)
from federation.errors import BadSignature, Malformed, Refused

BODY = b'{ "b":1,\n\t"a" : "caf\\u00e9" }'
GOOD = b64encode(hashlib.sha256(BODY).digest()).decode()
GOOD_512 = b64encode(hashlib.sha512(BODY).digest()).decode()
OTHER = b64encode(hashlib.sha256(b"other").digest()).decode()


def test_our_digest_has_its_name_in_capitals_as_snac_and_piefed_insist() -> None:
    # quirk 72
    assert digest(b"") == "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_our_content_digest_is_a_structured_field() -> None:
    assert content_digest(b"") == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={GOOD}",
        f"sha-256={GOOD}",
        f"SHA-256={GOOD},SHA-512={GOOD_512}",  # quirk 79
        f"SHA-512={GOOD_512} , SHA-256={GOOD}",
        f"MD5=xxxx,SHA-256={GOOD}",
    ],
)
def test_a_digest_over_the_raw_bytes_fits_whatever_the_json_looks_like(value: str) -> None:
    # H032
    check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "MD5=1B2M2Y8AsgTpgAmY7PhCfg==",
        f"SHA-512={GOOD_512}",
        f"SHA={GOOD}",
    ],
)
def test_a_digest_without_sha_256_is_too_weak(value: str) -> None:
    # H029
    with pytest.raises(BadSignature, match="SHA-256"):
        check_digest(value, BODY)


def test_the_digest_of_another_body_is_refused_as_a_bad_signature() -> None:
    # H028, quirk 80
    with pytest.raises(BadSignature, match="changed"):
        check_digest(f"SHA-256={OTHER}", BODY)


def test_every_digest_that_can_be_computed_must_fit() -> None:
    # quirk 79, H066
    bad = b64encode(hashlib.sha512(b"other").digest()).decode()
    with pytest.raises(BadSignature):
        check_digest(f"SHA-256={GOOD},SHA-512={bad}", BODY)


@pytest.mark.parametrize(
    "value",
    [
        f"SHA-256={GOOD},SHA-256={OTHER}",
        f"SHA-256={GOOD},sha-256={GOOD}",
        f"SHA-512={GOOD_512},SHA-256={GOOD},SHA-512={GOOD_512}",
    ],
)
def test_one_algorithm_named_twice_is_malformed(value: str) -> None:
    # H030
    with pytest.raises(Malformed):
        check_digest(value, BODY)


def lax_spellings(good: str) -> list[str]:
    """What Python's own base64 takes for the good one, or nearly."""
    return [
        good[:20] + " " + good[20:],
        good[:20] + "\n" + good[20:],
        good[:20] + "!" + good[20:],
        good.rstrip("="),
        good + "=",
        "=" + good,
        good.replace("+", "-").replace("/", "_").rstrip("=") + "_",
        b64encode(bytes(31)).decode(),
        b64encode(bytes(33)).decode(),
        "",
    ]


@pytest.mark.parametrize("text", lax_spellings(GOOD))
def test_lax_base64_and_other_lengths_are_malformed(text: str) -> None:
    # H031
    with pytest.raises(Malformed):
        check_digest(f"SHA-256={text}", BODY)


@pytest.mark.parametrize("value", ["", ",", "SHA-256", f"={GOOD}", f"SHA-256={GOOD},", "é=é"])
def test_what_is_no_list_of_digests_is_malformed(value: str) -> None:
    with pytest.raises(Refused):
        check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        f"sha-256=:{GOOD}:",
        f"sha-512=:{GOOD_512}:",
        f"sha-256=:{GOOD}:, sha-512=:{GOOD_512}:",
        f"unixsum=:AAAA:,sha-256=:{GOOD}:",
    ],
)
def test_a_content_digest_fits(value: str) -> None:
    check_content_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        f"sha-256=:{OTHER}:",
        f"sha-256=:{GOOD}:, sha-512=:{b64encode(bytes(64)).decode()}:",  # H066
        "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:",
    ],
)
def test_a_content_digest_that_does_not_fit_is_a_bad_signature(value: str) -> None:
    with pytest.raises(BadSignature):
        check_content_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"sha-256={GOOD}",
        f"sha-256=:{GOOD}:,",
        f"sha-256=:{GOOD}:;strong",
        f"sha-256=:{GOOD}:, sha-256=:{GOOD}:",
        f"SHA-256=:{GOOD}:",
        *[f"sha-256=:{text}:" for text in lax_spellings(GOOD)],
    ],
)
def test_what_is_no_content_digest_is_malformed(value: str) -> None:
    with pytest.raises(Malformed):
        check_content_digest(value, BODY)


def test_byte_sequences_are_read_by_name() -> None:
    assert byte_sequences("a=:AA==:,\tb-1=:AAE=:") == {"a": b"\0", "b-1": b"\0\1"}


@given(st.binary(max_size=100))
@settings(deadline=None, max_examples=100)
def test_strict_base64_reads_what_was_written(raw: bytes) -> None:
    assert strict_base64(b64encode(raw).decode()) == raw


@given(st.text(max_size=60), st.sampled_from([check_digest, check_content_digest]))
@settings(deadline=None, max_examples=200)
def test_no_text_makes_more_than_a_refusal(value: str, check: object) -> None:
    assert callable(check)
    with pytest.raises(Refused):
        check(value, BODY)
