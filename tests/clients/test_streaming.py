"""Mastodon.py listens at one process to what happens in another, and is told when it stops."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon, StreamListener
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from conftest import MakeUrl
from fedigroups.accounts import people
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import sign_up
from fedigroups.cli.stage import Actor
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.instance import Instance, opened
from fedigroups.oauth import apps, tokens
from fedigroups.settings import load

pytestmark = [pytest.mark.processes, pytest.mark.anyio]

SECONDS = 20.0
SCOPES = ("read", "write", "follow")


class Twin(Actor):
    """A process of an instance that has others."""

    at: str = ""

    def environment(self) -> dict[str, str]:
        """As its sister's."""
        at = {"FEDIGROUPS_ORIGIN": self.at} if self.at else {}
        return super().environment() | {"FEDIGROUPS_SECRET": "5e" * 32} | at


class Ear(StreamListener):  # type: ignore[misc]
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def on_update(self, status: Any) -> None:
        self.heard.put(("update", status))

    def on_notification(self, notification: Any) -> None:
        self.heard.put(("notification", notification))

    def on_delete(self, status_id: Any) -> None:
        self.heard.put(("delete", status_id))

    async def next(self) -> tuple[str, Any]:
        """The next event."""
        return await asyncio.to_thread(self.heard.get, timeout=SECONDS)


async def settled(instance: Instance) -> list[str]:
    """Olga, who runs the welders, and Tom; a token of Olga's and two of Tom's."""
    for name in ("olga", "tom"):
        await sign_up(instance.wire, name, email="", password="")
    olga = await people.person_named(instance.wire, "olga")
    await founding.found(instance.wire, "welders", olga, Profile(title="Welders"))
    return [await token(name) for name in ("olga", "tom", "tom")]


async def token(name: str) -> str:
    made = await apps.register("An app", ["urn:ietf:wg:oauth:2.0:oob"], SCOPES, "", plain=False)
    account = await Account.get(actor__username=name)
    return (await tokens.issue(made.app, list(SCOPES), account.id)).secret


@pytest.fixture
async def twins(make_url: MakeUrl, tmp_path: Path) -> AsyncIterator[tuple[Twin, Twin, list[str]]]:
    """Two processes of one instance, which have PostgreSQL between them, and tokens."""
    url = await make_url("postgres")
    with ExitStack() as stack:
        here, there = [Twin(name, "127.0.0.1", tmp_path, url) for name in ("Here", "There")]
        there.at = here.origin
        async with opened(load(here.environment())) as instance:
            made = await settled(instance)
        for one in (here, there):
            stack.callback(one.kill)
            await asyncio.to_thread(one.start)
        yield here, there, made


def client(twin: Twin, token: str) -> Mastodon:
    """Somebody's app, at one of the processes."""
    return Mastodon(
        access_token=token, api_base_url=f"http://{twin.host}", mastodon_version="4.3.0"
    )


async def ended(socket: ClientConnection) -> int | None:
    """With which code it is closed in the end."""
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code


async def test_what_happens_at_one_process_is_heard_at_the_other(
    twins: tuple[Twin, Twin, list[str]],
) -> None:
    here, there, (olgas, toms, lost) = twins
    olga, tom = client(there, olgas), client(here, toms)
    assert tom.stream_healthy()
    tom.account_follow(tom.account_lookup("welders").id)
    ear = Ear()
    handle = await asyncio.to_thread(tom.stream_user, ear, run_async=True)
    where = f"ws://{here.host}/api/v1/streaming?stream=user&access_token="
    async with connect(f"{where}{toms}") as socket, connect(f"{where}{lost}") as other:
        for one in (socket, other):
            await one.send('{"type": "nothing", "stream": "user"}')
            assert "Unknown message" in str(await one.recv())
        posted = await asyncio.to_thread(olga.status_post, "@welders Which rod, @tom?")
        kind, boost = await ear.next()
        assert (kind, boost.reblog.id) == ("update", posted.id)
        assert (await ear.next())[0] == "notification"
        assert str(posted.id) in str(await socket.recv())
        await asyncio.to_thread(olga.status_delete, posted.id)
        assert await ear.next() == ("delete", str(posted.id))

        async with opened(load(there.environment())):
            account = await Account.get(actor__username="tom")
            newest = (await tokens.of(account))[0]
            assert await tokens.show_out(account, newest.id)
        assert await ended(other) == 1008
        began = time.monotonic()
        await asyncio.to_thread(here.stop)
        assert await ended(socket) == 1012
        assert time.monotonic() - began < SECONDS
        handle.close()
    said = here.log.read_text()
    assert toms not in said
    assert lost not in said
    assert "streaming.not_told" not in said
