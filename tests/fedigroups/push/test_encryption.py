"""What is pushed reads as the RFC says, and as the draft before it said."""

from __future__ import annotations

import pytest

import device
from device import private
from federation.errors import Malformed
from fedigroups.push import encryption
from fedigroups.push.encryption import Device, Once, decoded, encoded

# RFC 8291 appendix A
WATERMELON = b"When I grow up, I want to be a watermelon"
READER = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
)
WRITER = Once(
    private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), decoded("DGv6ra1nlYgDCS1FRnbzlw")
)
RECORD = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6"
    "TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulc"
    "y4a-fN"
)
# draft-ietf-webpush-encryption-04 section 5
WALRUS = b"I am the walrus"
OLD_READER = (
    "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU",
    "R29vIGdvbyBnJyBqb29iIQ",
)
OLD_WRITER = Once(
    private("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"), decoded("lngarbyKfMoi9Z75xYXmkg")
)


def test_a_message_is_the_one_of_the_rfc() -> None:
    assert encoded(encryption.sealed(WATERMELON, Device.read(*READER), WRITER)) == RECORD


def test_a_message_for_apps_of_before_is_the_one_of_the_draft() -> None:
    body, headers = encryption.sealed_as_before(WALRUS, Device.read(*OLD_READER), OLD_WRITER)
    assert encoded(body) == "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"
    assert headers == {
        "Encryption": "salt=lngarbyKfMoi9Z75xYXmkg",
        "Crypto-Key": "dh=BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6"
        "DPpDrWtdWj_mugHU",
    }


def test_the_device_of_the_tests_reads_both() -> None:
    rfc = device.Device(private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), decoded(READER[1]))
    assert rfc.opened(decoded(RECORD)) == WATERMELON


def test_no_two_messages_are_alike() -> None:
    reader = Device.read(*READER)
    assert encryption.sealed(b"x", reader) != encryption.sealed(b"x", reader)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", READER[1]),
        (READER[0][:-3], READER[1]),
        (encoded(b"\x04" + b"\x01" * 64), READER[1]),  # not on the curve
        (encoded(b"\0"), READER[1]),  # the point at infinity
        (encoded(b"\x02" + decoded(READER[0])[1:33]), READER[1]),  # compressed
        ("é" * 87, READER[1]),
        (READER[0], ""),
        (READER[0], encoded(b"x" * 17)),
    ],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(Malformed):
        Device.read(p256dh, auth)
