"""What somebody writes in an app reaches a member elsewhere, whose answer comes by itself.

Two servers, and Mastodon.py at each of them, which reloads nothing.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon, StreamListener

from fedigroups.accounts import people
from fedigroups.cli.stage import Actor
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.instance import opened
from fedigroups.oauth import apps as oauth
from fedigroups.oauth import tokens
from fedigroups.settings import load

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

SECONDS = 60.0
SCOPES = ("read", "write", "follow")


class Ear(StreamListener):  # type: ignore[misc]
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()

    def on_update(self, status: Any) -> None:
        self.heard.put(("update", status))

    def on_notification(self, notification: Any) -> None:
        self.heard.put(("notification", notification))

    def next(self) -> tuple[str, Any]:
        """The next event."""
        return self.heard.get(timeout=SECONDS)


@pytest.fixture
def apps(tmp_path: Path) -> Iterator[tuple[Mastodon, Mastodon]]:
    """Tom's, who is among Olga's welders, and Ann's, on another server."""
    with ExitStack() as stack:
        made = []
        for number, name in enumerate(("tom", "ann"), 1):
            server = Actor(name, f"127.0.0.{number}", tmp_path / name)
            token = asyncio.run(_settled(server, name))
            stack.callback(server.kill)
            server.start()
            made.append(
                Mastodon(access_token=token, api_base_url=server.origin, mastodon_version="4.3.0")
            )
        yield made[0], made[1]


async def _settled(server: Actor, name: str) -> str:
    """A token of this person's."""
    server.folder.mkdir()
    async with opened(load(server.environment())) as instance:
        wire = instance.wire
        account = await people.sign_up(wire, name, email="", password="")
        if name == "tom":
            await people.sign_up(wire, "olga", email="", password="")
            olga = await people.person_named(wire, "olga")
            await founding.found(wire, "welders", olga, Profile(title="Welders"))
        app = await oauth.register("An app", [oauth.OUT_OF_BAND], SCOPES, "", plain=True)
        return (await tokens.issue(app.app, list(SCOPES), account.id)).secret


def test_a_member_elsewhere_reads_and_answers_and_neither_app_reloads(
    apps: tuple[Mastodon, Mastodon],
) -> None:
    tom, ann = apps
    home, abroad = (one.api_base_url.removeprefix("http://") for one in apps)
    toms, anns = Ear(), Ear()
    tom.account_follow(tom.account_lookup("welders"))
    (welders,) = ann.account_search(f"@welders@{home}", resolve=True)
    handles = [
        one.stream_user(ear, run_async=True, reconnect_async=True)
        for one, ear in ((tom, toms), (ann, anns))
    ]
    ann.account_follow(welders)
    while not ann.account_relationships(welders)[0].following:
        pass  # each asking takes its time
    asked = tom.status_post("@welders Which rod for thin sheet?")
    kind, shown = anns.next()
    read = shown.reblog or shown
    assert (kind, read.uri) == ("update", asked.uri)
    assert read.account.acct == f"tom@{home}"
    ann.status_post(f"@tom@{home} MIG, and slowly.", in_reply_to_id=read)
    assert toms.next()[0] == "update"  # his own
    kind, told = toms.next()
    assert (kind, told.type) == ("notification", "mention")
    assert told.status.account.acct == f"ann@{abroad}"
    assert told.status.in_reply_to_id == asked.id
    for handle in handles:
        handle.close()
