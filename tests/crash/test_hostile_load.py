"""F26 to F28: strangers who want to keep the server busy, or to fill its memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd, Person
from crash.fleet import GROUP, ORIGIN, Process
from federation import limits
from federation.vocabulary import ACTIVITY_JSON, AS2

pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]

LONG = [pytest.mark.long, pytest.mark.timeout(1_200)]
BLOCKED_SECONDS = 0.2
MEMORY_MB = 256
PATIENCE_SECONDS = 5.0
REFUSALS = {400, 401, 403, 404, 413, 429, 503}
INBOX = GROUP.removeprefix(ORIGIN) + "/inbox"

HEAVY = {
    "tags": "<b><i>" * 16_000,
    "unclosed": "<a href='" * 11_000,
    "links": '<a href="https://a.example/?q=%s">x</a>' % ("a" * 900) * 100,
    "entities": "&amp;&lt;" * 11_000,
    "lists": "<ul><li>" * 12_000,
    "combining": "a" + "\u0301" * 90_000,
}
"""Texts at the limit that are much work to make safe."""


async def test_nothing_that_strangers_send_holds_up_the_event_loop(
    make_trial: MakeTrial, tmp_path: Path
) -> None:
    """F26: whatever is sent at the limits, others are served in between."""
    watched = tmp_path / "watched"
    watched.touch()
    trial = await make_trial("sqlite", Crowd(3), steer={"STEER_WATCH": str(watched)})
    trial.fleet.start()
    ann = trial.person(0)
    await trial.join(ann)
    watched.write_text("")  # how long it takes to begin is another matter
    for text in HEAVY.values():
        create = ann.create("")
        create["object"]["content"] = text
        await trial.insist(ann, create)
    for document in _heavy_documents(ann):
        assert await ann.send(document) in {202, *REFUSALS}
    for value in ('keyId="' + "a" * 8_000, '="' * 4_000, "sig1=:" + "A" * 8_000 + ":", "," * 8_000):
        assert await ann.send(ann.create("x"), headers={"Signature": value}) in REFUSALS
    for path in ("/", "/groups/welders", "/groups/welders?page=" + "9" * 2_000):
        await asyncio.to_thread(trial.fleet.processes[0].status, path)
    await trial.idle()
    noted = [json.loads(line) for line in watched.read_text().splitlines()]
    print(f"the longest: {max((one['worked'] for one in noted), default=0):.3f} s")
    assert [one for one in noted if one["worked"] >= BLOCKED_SECONDS] == []


def _heavy_documents(ann: Person) -> Iterator[dict[str, Any]]:
    """Activities of nearly a megabyte, in every shape that a reader may walk through."""
    deep: Any = "x"
    for _ in range(limits.DEPTH - 5):
        deep = [deep]
    yield ann.create("x") | {"deep": deep}
    yield ann.create("x") | {"many": ["x" * 90] * 9_900}
    yield ann.create("x") | {"to": [f"https://h{n}.example/u" for n in range(4_990)]}
    yield ann.create("x") | {"keys": {f"key{n}": n for n in range(9_000)}}
    tags = [{"type": "Hashtag", "name": "#" + "x" * 900} for _ in range(900)]
    wide = ann.create("x")
    wide["object"]["tag"] += tags
    yield wide
    yield ann.act("Announce", [ann.create(str(n)) for n in range(200)])


def _request(body: bytes, *headers: str, path: str = INBOX) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {ORIGIN.partition('://')[2]}",
        f"Content-Type: {ACTIVITY_JSON}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _hostile(crowd: Crowd) -> list[bytes]:
    """Requests that a stranger without any key can make."""
    eve = f"http://{crowd.hosts[0]}/users/eve"
    small = json.dumps(
        {"@context": AS2, "id": f"{eve}/1", "type": "Create", "actor": eve, "object": "x"}
    ).encode()
    large = json.dumps({"id": eve, "type": "Like", "actor": eve, "object": "x" * 990_000}).encode()
    return [
        _request(small),
        _request(b"[" * 900_000),
        _request(large),
        _request(b"x" * (limits.BODY_BYTES + 1)),
        *(_request(small, _forged(f"{eve}{n}")) for n in range(20)),
        _request(small, "Signature: " + "a" * 8_000),
        _request(b'{"id":' * 100_000),
        _request(small, path="/groups/nobody/inbox"),
    ]


def _forged(actor: str) -> str:
    covered = "(request-target) host date digest"
    return f'Signature: keyId="{actor}#main-key",headers="{covered}",signature="YQ=="'


async def _attack(port: int, requests: Iterator[bytes], end: float, got: Counter[int]) -> None:
    while time.monotonic() < end:
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
            try:
                writer.write(next(requests))
                line = await asyncio.wait_for(reader.readline(), 15)
                got[int(line.split()[1]) if line else 0] += 1
            finally:
                writer.transport.abort()


async def _drip(port: int, end: float) -> None:
    """A request that never comes to its end."""
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_request(b"x" * 500_000)[:-100_000])
        await asyncio.sleep(max(0, end - time.monotonic()))
        writer.transport.abort()


@pytest.mark.parametrize("seconds", [6, pytest.param(120, marks=LONG)])
async def test_a_flood_of_hostile_requests_fills_no_memory(
    seconds: float, make_trial: MakeTrial
) -> None:
    """F27: as many as this machine can make; all are refused, and honest people are served."""
    trial = await make_trial("sqlite", Crowd(3))
    (server,) = trial.fleet.processes
    trial.fleet.start()
    ann = trial.person(1)
    await trial.join(ann)
    got, end = Counter[int](), time.monotonic() + seconds
    requests = cycle(_hostile(trial.crowd))
    attackers = [_attack(server.port, requests, end, got) for _ in range(60)]
    drips = [_drip(server.port, end) for _ in range(40)]
    storm = asyncio.gather(*attackers, *drips)
    while time.monotonic() < end - 1:
        await trial.insist(ann, ann.create("Still here"))
        await asyncio.sleep(0.5)
    await storm
    print(f"{got.total() / seconds:.0f} requests a second: {dict(got)}; {peak_mb(server):.0f} MB")
    assert set(got) <= REFUSALS | {0}
    assert peak_mb(server) < MEMORY_MB
    await trial.settle()


async def test_a_host_that_sends_too_much_is_told_to_come_back_and_no_other_is(
    make_trial: MakeTrial,
) -> None:
    """F28: all of it valid, as fast as this machine can; what was not taken has no effect."""
    trial = await make_trial("sqlite", Crowd(3))
    trial.fleet.start()
    eve, bob = trial.person(0, "eve"), trial.person(1, "bob")
    await trial.join(eve, bob)
    post = bob.create("Which rod?")
    await trial.insist(bob, post)
    got, waits = Counter[int](), list[float]()

    async def flood() -> None:
        for _ in range(40):
            like = eve.act("Like", post["object"]["id"])
            answer = await eve.post(like)
            got[answer.status_code] += 1
            if answer.status_code == 202:
                trial.audit.note(like)
            else:
                assert 0 < int(answer.headers["Retry-After"]) <= 3_600

    storm = asyncio.gather(*(flood() for _ in range(20)))
    while not storm.done():
        create, since = bob.create("Still here"), time.monotonic()
        assert await bob.send(create) == 202
        waits.append(time.monotonic() - since)
        trial.audit.note(create)
        await asyncio.sleep(0.2)
    await storm
    print(f"{dict(got)}; another host waited {max(waits):.2f} s at most")
    assert set(got) == {202, 429}
    assert limits.INBOX_PER_MINUTE - 100 < got[202] < limits.INBOX_PER_MINUTE + 100
    assert max(waits) < PATIENCE_SECONDS
    await trial.settle()


def peak_mb(process: Process) -> float:
    """The most memory that a process ever had for itself."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1_024
