"""Benchmarks of streams: what an idle one costs, and what it costs to tell a thousand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from children import Child, running
from home import ORIGIN, environment, group, home, settings
from trial import Goal, Size, Trial

from federation import clock, ids
from federation.models import Actor
from fedigroups.accounts import secrets
from fedigroups.accounts.app_models import Token
from fedigroups.accounts.models import Account
from fedigroups.groups.models import Member
from fedigroups.instance import Instance
from fedigroups.oauth import apps

IDLE_KIB = 60.0
EVENT_MS = 100.0
SETTLED_SECONDS = 1.0
_UPGRADE = (
    "GET /api/v1/streaming?stream=user HTTP/1.1\r\nHost: groups.example\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: {token}\r\n\r\n"
)
_SSE = (
    "GET /api/v1/streaming/user HTTP/1.1\r\nHost: groups.example\r\n"
    "Authorization: Bearer {token}\r\n\r\n"
)
_OPEN = {_UPGRADE: b" 101 ", _SSE: b":)\n"}

Ear = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def stream_idle(size: Size) -> Trial:
    """The memory of `fedigroups serve` for each of 1,000 open streams of 1,000 members.

    `ours` is that of a WebSocket, `floor` what is allowed; the note has that of an event stream.
    """
    trial = Trial("stream_idle", "KiB each", Goal(at_most=1.0))
    found = {}
    for form in (_UPGRADE, _SSE):
        async with _crowd(size.of(1_000, 20)) as (server, tokens):
            await _listening(server, tokens[:20], _UPGRADE)  # all that is loaded once
            before = _resident(server)
            kept = await _listening(server, tokens, form)
            await asyncio.sleep(SETTLED_SECONDS)
            found[form] = (_resident(server) - before) / 1_024 / len(kept)
    trial.ours.append(found[_UPGRADE])
    trial.floor.append(IDLE_KIB)
    trial.note = f"server-sent events {found[_SSE]:.3g} KiB each"
    return trial


async def stream_event(size: Size) -> Trial:
    """The CPU of `fedigroups serve` for a post that an app writes and 1,000 members hear of.

    Taking and storing the post is in it. `floor` is what is allowed.
    """
    trial = Trial("stream_event", "ms CPU", Goal(at_most=1.0))
    async with _crowd(size.of(1_000, 20)) as (server, tokens):
        ears = await _listening(server, tokens, _UPGRADE)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as olga:
            await _post(olga, tokens[0], ears)
            for _ in range(size.rounds):
                before = server.cpu
                await _post(olga, tokens[0], ears)
                trial.ours.append((server.cpu - before) * 1_000)
                trial.floor.append(EVENT_MS)
    return trial


async def _post(olga: httpx.AsyncClient, token: str, ears: list[Ear]) -> None:
    """Olga posts, and all hear of it."""
    answer = await olga.post(
        "/api/v1/statuses",
        json={"status": f"@welders Which rod for thin sheet? {ids.token(8)}"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200, answer.text
    mark = answer.json()["id"].encode()
    async with asyncio.timeout(60):
        await asyncio.gather(*(reader.readuntil(mark) for reader, _ in ears))


@asynccontextmanager
async def _crowd(number: int) -> AsyncIterator[tuple[Child, list[str]]]:
    """A server with so many members in the group, and a token of each; Olga's is the first."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with home(settings(folder)) as instance:
            tokens = await _members(instance, number)
        words = ("-m", "fedigroups", "serve", "--port")
        with running(*words, said=folder, told=environment(folder)) as server:
            yield server, tokens


async def _members(instance: Instance, number: int) -> list[str]:
    made = await apps.register("An app", ["urn:ietf:wg:oauth:2.0:oob"], ("read",), "", plain=False)
    welders, now = await group(instance), clock.now_ms()
    olga = await Account.get(actor__username="olga")
    people = [
        Actor(
            id=ids.new(),
            uri=f"{ORIGIN}/users/p{n}",
            kind="Person",
            local=True,
            host="groups.example",
            username=f"p{n}",
        )
        for n in range(number - 1)
    ]
    accounts = [
        Account(id=ids.new(), actor_id=one.id, confirmed_at=now, approved_at=now, created_at=now)
        for one in people
    ]
    members = [
        Member(id=ids.new(), group_id=welders.id, actor_id=one.id, state="member") for one in people
    ]
    await Actor.bulk_create(people)
    await Account.bulk_create(accounts)
    await Member.bulk_create(members)
    shown = [secrets.new() for _ in range(number)]
    rows = [
        Token(
            id=ids.new(),
            app_id=made.app.id,
            account_id=owner.id,
            digest=secrets.digest(secret),
            scopes="read write",
            used_at=now,
            created_at=now,
        )
        for owner, secret in zip([olga, *accounts], shown, strict=True)
    ]
    await Token.bulk_create(rows)
    return shown


async def _listening(server: Child, tokens: list[str], form: str) -> list[Ear]:
    """An open stream for each token."""
    ears: list[Ear] = []
    for token in tokens:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 20)
        writer.write(form.format(token=token).encode())
        await reader.readuntil(_OPEN[form])
        if form is _UPGRADE:
            await reader.readuntil(b"\r\n\r\n")
        ears.append((reader, writer))
    return ears


def _resident(server: Child) -> int:
    """Resident bytes of the server."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
