from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.negotiation import is_activity_type, is_inbox_type, wants_activity
from federation.vocabulary import ACTIVITY_JSON, AS2, LD_JSON
from stopwatch import is_quicker

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
MASTODON = f"{ACTIVITY_JSON}, {LD_JSON}, text/html;q=0.1"


@pytest.mark.parametrize(
    "accept",
    [
        ACTIVITY_JSON,
        LD_JSON,
        MASTODON,
        "application/ld+json",
        "application/json",
        "APPLICATION/Activity+JSON",
        f"{ACTIVITY_JSON}, */*",
        f"{ACTIVITY_JSON}, */*;q=0.1",
        f"text/html;q=0.5,{ACTIVITY_JSON};q=0.9",
        f"image/png, junk, {ACTIVITY_JSON}",
        'application/ld+json; profile="a,text/html"',
    ],
)
def test_a_program_gets_the_activity(accept: str) -> None:
    assert wants_activity(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/html",
        "image/png",
        BROWSER,
        f"{ACTIVITY_JSON};q=0",
        f"{ACTIVITY_JSON};q=0.000, */*",
        f"{ACTIVITY_JSON};q=high",
        f"{ACTIVITY_JSON};q=0.5, text/html",
        f"{ACTIVITY_JSON}, text/html",
        f"text/*, {ACTIVITY_JSON};q=0.3",
        "application/activity+jsonx",
        "x" * 100_000,
    ],
)
def test_a_person_gets_the_page(accept: str) -> None:
    assert not wants_activity(accept)


@pytest.mark.parametrize(
    "content_type",
    [
        ACTIVITY_JSON,
        f"{ACTIVITY_JSON}; charset=utf-8",
        f"{ACTIVITY_JSON};charset=utf-8",
        f"{ACTIVITY_JSON};",
        f'{ACTIVITY_JSON}; profile="anything, at all"',
        "Application/Activity+JSON; Charset=UTF-8",
        LD_JSON,
        LD_JSON.upper().replace(AS2.upper(), AS2),
        f"application/ld+json; profile={AS2}",
        f'application/ld+json; charset=utf-8; profile="{AS2}"',
        f'application/ld+json; profile="https://w3id.org/security/v1 {AS2}"',
    ],
)
def test_an_activity_document_may_be_believed(content_type: str) -> None:
    assert is_activity_type(content_type)
    assert is_inbox_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/ld+json",
        "text/html",
        "image/png",
        "text/plain; charset=utf-8",
        f'application/ld+json; profile="{AS2}-evil"',
        f'application/ld+json; profile="https://evil.example/?{AS2}"',
        f'application/ld+json; profile="x"; profile="{AS2}"',
        f"text/html, {ACTIVITY_JSON}",
        f"{ACTIVITY_JSON}, text/html",
        f"{ACTIVITY_JSON} text/html",
        f"image/png; x={ACTIVITY_JSON}",
        f"{ACTIVITY_JSON}x",
        f"{ACTIVITY_JSON}; =",
        f'{ACTIVITY_JSON}; a="',
        "application/activity+jſon",
    ],
)
def test_nothing_else_is_an_activity_document(content_type: str) -> None:
    assert not is_activity_type(content_type)


def test_an_inbox_takes_what_peers_really_send() -> None:
    assert is_inbox_type("application/json; charset=utf-8")
    assert is_inbox_type("application/ld+json")
    assert not is_inbox_type("text/plain")
    assert not is_inbox_type("multipart/form-data; boundary=x")
    assert not is_inbox_type(f"{ACTIVITY_JSON}, {ACTIVITY_JSON}")


@pytest.mark.parametrize(
    "header",
    [
        ACTIVITY_JSON + ";" + " " * 1_900 + "=",
        ACTIVITY_JSON + "; " * 950 + "=",
        "a" * 1_999,
        '"' * 1_999,
        ("\\" * 1_990) + '"',
        " " * 100_000,
    ],
)
def test_a_hostile_header_takes_no_time(header: str) -> None:
    assert not is_activity_type(header)
    assert is_quicker(0.5, lambda: (is_activity_type(header), wants_activity(header)))


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: ACTIVITY_JSON + rest))
@settings(deadline=None, max_examples=200)
def test_any_header_gets_an_answer(header: str) -> None:
    wants_activity(header)
    assert is_inbox_type(header) or not is_activity_type(header)
