from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from federation import limits
from federation.errors import BadSignature, Blocked, Malformed, TooLarge, Unreachable
from fedigroups.store import Store
from inbox import gate
from neighbour import instance
from network import Network
from stopwatch import is_quicker

pytestmark = pytest.mark.anyio

TYPED = [("content-type", "application/activity+json")]
FOLLOW = {
    "id": "https://m.example/users/ann/follow/1",
    "type": "Follow",
    "actor": "https://m.example/users/ann",
    "object": "https://groups.example/groups/welders",
}


class Wire:
    """A connection from which chunks come, and which says how many were taken."""

    def __init__(self, *chunks: bytes, ends: bool = True) -> None:
        self.chunks = list(chunks)
        self.ends = ends
        self.taken = 0

    async def receive(self) -> Mapping[str, Any]:
        if not self.chunks:
            if self.ends:
                return {"type": "http.disconnect"}
            await asyncio.Event().wait()
        self.taken += 1
        more = len(self.chunks) > 1 or not self.ends
        return {"type": "http.request", "body": self.chunks.pop(0), "more_body": more}


def read(document: Any, headers: list[tuple[str, str]] | None = None) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return gate.read_document(TYPED if headers is None else headers, body)


async def test_a_body_in_pieces_is_put_together() -> None:
    assert await gate.read_body(Wire(b"ab", b"", b"cd").receive, []) == b"abcd"


async def test_a_body_of_just_the_limit_is_read_and_one_byte_more_is_not() -> None:
    most = b"x" * limits.BODY_BYTES
    assert await gate.read_body(Wire(most).receive, []) == most
    with pytest.raises(TooLarge):
        await gate.read_body(Wire(most, b"x").receive, [])


async def test_a_body_that_never_ends_is_given_up_at_the_limit() -> None:
    wire = Wire(*[b"x" * 100_000] * 100)
    with pytest.raises(TooLarge):
        await gate.read_body(wire.receive, [])
    assert wire.taken == 11


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    wire = Wire(b"{}")
    with pytest.raises(TooLarge):
        await gate.read_body(wire.receive, [("content-length", str(limits.BODY_BYTES + 1))])
    with pytest.raises(TooLarge):
        await gate.read_body(wire.receive, [("content-length", "9" * 5_000)])
    assert wire.taken == 0


async def test_a_small_declared_length_does_not_let_a_large_body_in() -> None:
    with pytest.raises(TooLarge):
        await gate.read_body(
            Wire(b"x" * (limits.BODY_BYTES + 1)).receive, [("content-length", "2")]
        )


@pytest.mark.parametrize("length", ["+5", "-1", "abc", "1_000", "", "٥"])
async def test_a_length_that_is_no_number_is_malformed(length: str) -> None:
    with pytest.raises(Malformed):
        await gate.read_body(Wire(b"{}").receive, [("content-length", length)])


async def test_two_lengths_are_malformed() -> None:
    with pytest.raises(Malformed):
        await gate.read_body(Wire(b"{}").receive, [("content-length", "2")] * 2)


async def test_a_sender_that_drips_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.05)
    with pytest.raises(Unreachable, match="did not arrive"):
        await gate.read_body(Wire(b"{", ends=False).receive, [])


async def test_a_sender_that_hangs_up_is_not_an_error_of_ours() -> None:
    wire = Wire(b"{", b"}")
    wire.chunks = [b"{", b"x"]
    await wire.receive()
    wire.chunks = []
    with pytest.raises(Unreachable, match="hung up"):
        await gate.read_body(wire.receive, [])


def test_an_activity_is_read_from_its_body() -> None:
    activity = read(FOLLOW)
    assert (activity.kind, activity.actor) == ("Follow", "https://m.example/users/ann")


@pytest.mark.parametrize(
    "media",
    [
        "application/activity+json",
        "application/activity+json; charset=utf-8",
        "application/activity+json;charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json",
        "application/json",
        "Application/Activity+JSON",
    ],
)
def test_every_media_type_that_peers_send_is_taken(media: str) -> None:
    assert read(FOLLOW, [("content-type", media)]).kind == "Follow"


@pytest.mark.parametrize("media", ["text/plain", "text/html", "image/png", "", "a, b", "json"])
def test_any_other_media_type_is_malformed(media: str) -> None:
    with pytest.raises(Malformed, match="Content-Type"):
        read(FOLLOW, [("content-type", media)])


def test_no_media_type_and_two_are_malformed() -> None:
    for headers in ([], TYPED * 2):
        with pytest.raises(Malformed, match="Content-Type"):
            read(FOLLOW, headers)


def test_nothing_that_arrives_is_inflated() -> None:
    with pytest.raises(Malformed, match="Content-Encoding"):
        read(FOLLOW, [*TYPED, ("content-encoding", "gzip")])
    assert read(FOLLOW, [*TYPED, ("content-encoding", "identity")]).kind == "Follow"


BOMB = b"[" * 100_000
NESTED = b'{"object":' * 1_000 + b"{}" + b"}" * 1_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        BOMB,
        b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
        json.dumps(FOLLOW | {"to": ["x"] * 20_000}).encode(),
        json.dumps(FOLLOW).encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(FOLLOW).encode(),
        json.dumps(FOLLOW)[:-1].encode() + b', "n": NaN}',
        json.dumps(FOLLOW)[:-1].encode() + b', "n": 1e999}',
        json.dumps(FOLLOW)[:-1].encode() + b', "n": ' + b"9" * 5_000 + b"}",
        json.dumps(FOLLOW)[:-1].encode() + b', "n": 9223372036854775808}',
        json.dumps(FOLLOW)[:-1].encode() + b', "s": "\\ud800"}',
        json.dumps(FOLLOW)[:-1].encode() + b', "s": "\\u0000"}',
        json.dumps(FOLLOW)[:-1].encode() + b', "actor": "https://evil.example/eve"}',
        json.dumps(FOLLOW)[:-1].encode() + b', "also": ' + NESTED + b"}",
    ],
)
def test_what_is_not_strict_json_is_malformed_and_quickly_so(body: bytes) -> None:
    def look() -> None:
        with pytest.raises(Malformed):
            read(body)

    assert is_quicker(0.5, look)


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": 7},
        {"id": "not a url"},
        {"id": "https://evil.example/1"},
        {"type": None},
        {"type": {}},
        {"type": ["Create", "Delete"]},
        {"actor": None},
        {"actor": {}},
        {"actor": 1},
        {"actor": ["https://m.example/users/ann", "https://evil.example/eve"]},
        {"actor": "https://user:pass@m.example/users/ann"},
        {"object": None},
        {"object": 7},
        {"object": []},
        {"object": {}},
        {"object": ""},
        {"object": True},
    ],
)
def test_what_is_no_activity_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(FOLLOW | change)


def test_an_actor_given_as_an_object_and_an_object_in_a_list_of_one_are_read() -> None:
    activity = read(
        FOLLOW | {"actor": {"id": FOLLOW["actor"], "type": "Person"}, "object": [FOLLOW["object"]]}
    )
    assert (activity.actor, activity.object_id) == (FOLLOW["actor"], FOLLOW["object"])


async def test_a_host_longer_than_the_table_takes_is_malformed(database: Store) -> None:
    wire = await instance(Network())
    host = ".".join(["x" * 50] * 4 + ["x" * 49]) + ":65000"
    with pytest.raises(Malformed):
        await gate.admit(
            wire, read(FOLLOW | {"id": f"https://{host}/1", "actor": f"https://{host}/u"})
        )


async def test_an_actor_of_ours_is_refused_from_outside(database: Store) -> None:
    wire = await instance(Network())
    mine = "https://groups.example/users/olga"
    activity = read(FOLLOW | {"id": "https://groups.example/activities/1", "actor": mine})
    with pytest.raises(BadSignature, match="on this server itself"):
        await gate.admit(wire, activity)


async def test_a_blocked_host_is_refused_in_every_spelling(database: Store) -> None:
    wire = await instance(Network())
    await wire.peers.block("bad.example")
    for host in ("bad.example", "BAD.example", "a.bad.example", "bad.example:8443"):
        activity = read(FOLLOW | {"id": f"https://{host}/1", "actor": f"https://{host}/u"})
        with pytest.raises(Blocked):
            await gate.admit(wire, activity)
    assert await gate.admit(wire, read(FOLLOW)) == "m.example"
