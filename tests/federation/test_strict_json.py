from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import limits, strict_json
from federation.errors import Malformed, Refused, TooLarge
from stopwatch import is_quicker

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=5)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"7",
        b'"https://h.example/"',
        b"[{}]",
        b"{",
        b"{}{}",
        b"{} x",
        b"<html></html>",
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32-be"),
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":"b\\u0000"}',
        b'{"a":[{"b\\u0000":1}]}',
        b'{"a":"\x00"}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":1e30}',
        b'{"a":9223372036854775808}',
        b'{"a":-9223372036854775809}',
        b'{"a":18446744073709551616}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":1 /* why */}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"object":' * 1_000 + b"{}" + b"}" * 1_000,
    ],
)
def test_what_parsers_differ_on_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        strict_json.loads(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"actor":"https://h.example/u/vic","actor":"https://evil.example/u/eve"}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":1 , "b":{"c":1,"c":1}}',
        b'{"a":{"b":":"},"a":{"b":"::"}}',
        b'{"a":[{"":0,"":0}]}',
        b'{"a":"\\u003a","a":1}',
        b'{"a":"\\u003A\\u003a","a":":"}',
        b'{"a:":1,"a\\u003a":1}',
        b'{"a"\n:\t1,"a" :1,"b":"\\\\u003a"}',
    ],
)
def test_a_key_that_is_given_twice_is_refused_however_it_is_spelt(raw: bytes) -> None:
    with pytest.raises(Malformed, match="twice"):
        strict_json.loads(raw)


@pytest.mark.parametrize(
    ("raw", "document"),
    [
        (b"{}", {}),
        (b' {"a" : [1, -1.5, true, null]} \n', {"a": [1, -1.5, True, None]}),
        (b'{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', None),
        (b'{"a":"\\":","b\\"":": :","c":"{\\"d\\":1,\\"d\\":2}"}', None),
        (b'{"a":"\\u003a\\u003A","\\u003a":"\\\\u003a","b":"\\\\\\u003a"}', None),
        (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}),
        (b'{"a":"\\ud83d\\udc31"}', {"a": "\N{CAT FACE}"}),
        (b'{"a":9223372036854775807,"b":-9223372036854775808}', None),
    ],
)
def test_what_everybody_reads_the_same_way_is_read(raw: bytes, document: Any) -> None:
    assert strict_json.loads(raw) == (json.loads(raw) if document is None else document)


def test_a_body_over_the_limit_is_too_large_before_it_is_parsed() -> None:
    with pytest.raises(TooLarge):
        strict_json.loads(b"x" * (limits.BODY_BYTES + 1))
    assert strict_json.loads(b'{"a":1}' + b" " * (limits.BODY_BYTES - 7)) == {"a": 1}


def test_depth_is_bounded() -> None:
    deepest = b'{"a":' * (limits.DEPTH - 1) + b"{}" + b"}" * (limits.DEPTH - 1)
    assert strict_json.loads(deepest)
    with pytest.raises(Malformed, match="deeper"):
        strict_json.loads(b'{"a":' + deepest + b"}")
    with pytest.raises(Malformed, match="deeper"):
        strict_json.loads(b'{"a":' + b"[" * limits.DEPTH + b"]" * limits.DEPTH + b"}")


def test_keys_and_items_are_bounded() -> None:
    assert strict_json.loads(json.dumps({"to": ["x"] * (limits.NODES - 1)}).encode())
    with pytest.raises(Malformed, match="keys and items"):
        strict_json.loads(json.dumps({"to": ["x"] * limits.NODES}).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'{"a":"' + b"\\u003a" * 160_000 + b'"}',
        b'{"to":[' + b'"",' * 330_000 + b'""]}',
        b'{"a":' + b"1" * 900_000 + b"}",
    ],
)
def test_a_bomb_is_answered_at_once(raw: bytes) -> None:
    def read() -> None:
        with contextlib.suppress(Refused):
            strict_json.loads(raw)

    assert is_quicker(1.0, read)


def test_what_is_written_keeps_its_order_and_has_no_white_space() -> None:
    assert strict_json.dumps({"b": "é", "a": [1, None]}) == '{"b":"é","a":[1,null]}'.encode()


@given(objects)
@settings(deadline=None, max_examples=200)
def test_every_proper_object_survives_however_it_is_written(document: dict[str, Any]) -> None:
    assert strict_json.loads(strict_json.dumps(document)) == document
    assert strict_json.loads(json.dumps(document, indent=1).encode()) == document


@given(st.lists(st.tuples(texts, values), max_size=5), st.booleans())
@settings(deadline=None, max_examples=200)
def test_an_object_is_refused_exactly_when_a_key_repeats(
    pairs: list[tuple[str, Any]], escaped: bool
) -> None:
    body = ",".join(f"{json.dumps(k, ensure_ascii=escaped)}:{json.dumps(v)}" for k, v in pairs)
    raw = f"{{{body}}}".encode()
    if len({key for key, _ in pairs}) == len(pairs):
        assert strict_json.loads(raw) == dict(pairs)
    else:
        with pytest.raises(Malformed):
            strict_json.loads(raw)


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: f'{{"a":{text}}}'.encode()))
@settings(deadline=None, max_examples=200)
def test_no_bytes_bring_out_anything_but_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(Refused):
        assert isinstance(strict_json.loads(raw), dict)
