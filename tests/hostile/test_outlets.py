"""What goes out by itself, and what is taken along: streams, pushes, mails, files, feeds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from clients import App, signed_in
from device import HOST, Device
from doors import ask
from federation import clock, storage
from federation.models import Actor
from fedigroups import worker
from fedigroups.accounts import people
from fedigroups.accounts.models import Account
from fedigroups.groups import speaking, takeout
from fedigroups.groups.models import Member, Post
from fedigroups.groups.speaking import Text
from listening import events, open_to_all, socket
from mail_server import MailServer
from world import Town, World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

SECRET = "sesame"
WORDS = f"@tom@groups.example, the word is {SECRET}. #{SECRET}"
LAST = "That is all."
SEEN = ("member", "live", "public")
ROWS = [
    SEEN,
    *(("member", "held", "public"), ("member", "removed", "public")),
    *(("left", "live", "members"), ("banned", "live", "members")),
]
"""How Tom stands to the group, and what became of a post that calls him."""


@pytest.fixture
async def mails() -> AsyncIterator[MailServer]:
    async with MailServer().listening() as server:
        yield server


@pytest.fixture
async def town(world: World, mails: MailServer) -> Town:
    """Tom has an address, to which mail goes."""
    town = await world.town(FEDIGROUPS_SMTP_URL=f"smtp://127.0.0.1:{mails.port}")
    await town.run(lambda: Account.filter(actor__username="tom").update(email="tom@mail.example"))
    return town


@pytest.fixture
async def phone(world: World) -> Device:
    made = Device()
    world.network.join(HOST, made.app)
    return made


@pytest.fixture
async def tom(town: Town, phone: Device) -> AsyncIterator[App]:
    """Tom's app, which has him woken for mentions."""
    async with signed_in(town, "tom") as app:
        subscription = {"endpoint": f"https://{HOST}/to/tom", "keys": phone.keys, "standard": True}
        wanted = {"alerts": {"mention": True, "status": True}}
        await app.post("/api/v1/push/subscription", subscription=subscription, data=wanted)
        yield app


async def calls_tom(town: Town, state: str, visibility: str) -> Post:
    """Olga's post, which has become what it is by the time that anybody could hear of it."""

    async def work() -> Post:
        olga, group = await town.person("olga"), await town.group()
        async with storage.transaction():
            post = await speaking.write(town.wire, olga, group, Text(WORDS, f"On {SECRET}"))
            await Post.filter(id=post.id).update(state=state, visibility=visibility)
        return post

    made: Post = await town.run(work)
    return made


async def told_by_streams(town: Town, tom: App, state: str, visibility: str) -> tuple[Post, str]:
    """The post, and all that Tom's app hears of it, over a WebSocket and as server-sent events."""
    token = tom.http.headers["authorization"]
    said: list[str] = []
    async with open_to_all(town) as door, AsyncExitStack() as stack:
        ear = await stack.enter_async_context(socket(door, token.removeprefix("Bearer ")))
        for stream in ("user", "public", "hashtag"):
            await ear.subscribe(stream, tag=SECRET)
        path = "/api/v1/streaming/public"
        other = await stack.enter_async_context(events(door, path, authorization=token))
        post = await calls_tom(town, state, visibility)
        await town.write("olga", LAST)  # whatever was said before it is heard before it
        for one in (ear, other):
            while LAST not in (frame := str(await one.event())):
                said.append(frame)
    return post, "".join(said)


async def send_mails(town: Town) -> None:
    """All that comes by mail in a week, at once and as a digest."""

    async def work() -> None:
        for days in (1, 8):
            with clock.held(clock.now_ms() + days * clock.DAY):
                await worker.gather_mails(town.instance)
                await town.instance.mailer.drain()

    await town.run(work)


async def files_of(town: Town, name: str) -> str:
    """All that somebody takes along, as one text."""

    async def pack() -> bytes:
        return await takeout.pack(town.wire, await people.account_named(name))

    with zipfile.ZipFile(io.BytesIO(await town.run(pack))) as archive:
        return "".join(archive.read(file).decode() for file in archive.namelist())


@pytest.mark.parametrize(("standing", "state", "visibility"), ROWS)
async def test_no_outlet_tells_what_its_reader_may_not_see(
    town: Town,
    tom: App,
    phone: Device,
    mails: MailServer,
    standing: str,
    state: str,
    visibility: str,
) -> None:
    # H221, H232: somebody who was called, left, was banned; a post that waits, or was removed
    await town.run(lambda: Member.filter(actor__username="tom").update(state=standing))
    post, streams = await told_by_streams(town, tom, state, visibility)
    await town.instance.settle()
    await send_mails(town)
    pushes = str(phone.messages())
    feeds = [
        (await ask(town, f"/groups/welders{path}/feed.atom", "*/*")).text
        for path in ("", f"/threads/{post.thread_id}")
    ]
    told = {
        "streams": SECRET in streams,
        "pushes": SECRET in pushes,
        "feeds": SECRET in "".join(feeds),
        "notifications": SECRET in str(await tom.get("/api/v1/notifications")),
        "files": SECRET in await files_of(town, "tom"),
        "mails": SECRET in "".join(map(str, mails.mails)),
    }
    seen = (standing, state, visibility) == SEEN
    assert told == dict.fromkeys(told, seen) | {"files": False}


async def test_no_name_is_a_formula_in_a_file_that_is_taken_along(town: Town) -> None:
    # a spreadsheet computes what begins like a formula; other servers choose how groups are called
    await town.run(lambda: Actor.filter(username="welders").update(username="=1+1"))
    assert "\n=" not in await files_of(town, "tom")
    assert "\nhttps://groups.example/groups/welders,true,false," in await files_of(town, "tom")
