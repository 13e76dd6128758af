"""The small documents under /.well-known/ that are not about one actor."""

from __future__ import annotations

import json
import re

import pytest

from federation import clock, wellknown

ORIGIN = "https://groups.example"
TEMPLATE = "https://groups.example/.well-known/webfinger?resource={uri}"


def test_host_meta_points_at_webfinger_for_those_who_ask_there_first() -> None:
    text = wellknown.host_meta_xml(ORIGIN)

    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert 'xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"' in text
    assert re.search(r'<Link rel="lrdd" template="([^"]+)"/>', text)[1] == TEMPLATE  # type: ignore[index]


def test_host_meta_in_json_says_the_same() -> None:
    links = json.loads(wellknown.host_meta_json(ORIGIN))["links"]

    assert [(link["rel"], link["template"]) for link in links] == [("lrdd", TEMPLATE)]


def test_security_txt_names_a_contact_and_an_end() -> None:
    expires = 1_800_000_000_000

    lines = wellknown.security_txt(ORIGIN, "olga@groups.example", expires).splitlines()

    assert lines == [
        "Contact: mailto:olga@groups.example",
        f"Expires: {clock.rfc3339(expires)}",
        "Preferred-Languages: en",
        "Canonical: https://groups.example/.well-known/security.txt",
    ]


def test_security_txt_takes_a_page_as_contact() -> None:
    text = wellknown.security_txt(ORIGIN, "https://groups.example/about", 0, languages="en, de")

    assert text.startswith("Contact: https://groups.example/about\n")
    assert "Preferred-Languages: en, de\n" in text


@pytest.mark.parametrize("contact", ["", "a@h.example\nContact: eve@evil.example", "a b"])
def test_a_contact_cannot_break_out_of_its_line(contact: str) -> None:
    with pytest.raises(ValueError, match="security contact"):
        wellknown.security_txt(ORIGIN, contact, 0)
