"""Benchmarks of what is read: an actor's document over HTTP, and a long thread as a page."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from children import Child, serving
from home import GROUP, group, home, settings
from load import pour
from starlette.types import ASGIApp
from trial import Goal, Measured, Size, Trial, cpu, race

import scenery
from fedigroups.app import make_app
from fedigroups.instance import Instance
from village import counted

CONNECTIONS = 16
PARAGRAPH = (
    "<p>Clean the joint, then tack it every two fingers. <a href='https://h.example/a'>How</a></p>"
)


async def actor_get(size: Size) -> Trial:
    """GET of the group's actor from our whole app, against a bare route with the same bytes.

    Two servers with the same settings of uvicorn on loopback, each in a process of its own; what
    is counted is their CPU. Ours has all its middleware, and a SQLite file.
    """
    number = size.of(3_000, 50)
    request = (
        f"GET /groups/{GROUP} HTTP/1.1\r\nHost: groups.example\r\n"
        "Accept: application/activity+json\r\n\r\n"
    ).encode()
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with home(settings(folder)) as instance:
            stored = folder / "actor.json"
            stored.write_bytes(await get(make_app(instance), "activity"))
        with (
            serving("home:app", folder, folder=folder) as ours,
            serving("floors.actor:app", folder, body=stored) as floor,
        ):
            trial = Trial("actor_get", "µs CPU", Goal(at_least=0.8, floor_first=True))
            requests = [request] * number
            return await race(trial, size, _served(ours, requests), _served(floor, requests))


def _served(server: Child, requests: list[bytes]) -> Measured:
    async def measured() -> float:
        before = server.cpu
        await pour(server.port, requests, CONNECTIONS, 200)
        return (server.cpu - before) / len(requests) * 1e6

    return measured


async def thread_page(size: Size) -> Trial:
    """A thread of 500 replies as HTML, from our whole app without a server before it.

    The goal is 30 ms of CPU, and as many queries as a thread of 50 takes, which is the floor's
    place here: a page that costs by its length only should take a tenth.
    """
    repeat = size.of(10, 1)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        instance = await stack.enter_async_context(home(settings(folder)))
        app = make_app(instance)
        long, brief = await _thread(instance, 500), await _thread(instance, 50)
        await get(app, "html", brief)  # what the instance says of itself is read once
        queries = [await _queries(app, path) for path in (long, brief)]

        def shown(path: str) -> Measured:
            async def show() -> None:
                for _ in range(repeat):
                    await get(app, "html", path)

            return cpu(repeat, show, 1e3)

        trial = Trial("thread_page", "ms CPU", Goal(at_most=1.0, limit=30.0))
        await race(trial, size, shown(long), shown(brief))
        trial.held = queries[0] == queries[1]
        trial.note = f"{queries[0]} queries, {queries[1]} for 50 replies; ratio: of 30 ms"
        return trial


async def _thread(instance: Instance, replies: int) -> str:
    """The path of a thread in which 50 people answer each other, deeper and deeper."""
    chance, names = Random(7), count()
    people = [await scenery.person(f"p{replies}x{n}@h{n}.example") for n in range(50)]
    found = await group(instance)
    thread, root = await scenery.thread(found, people[0], f"Long {replies}", content=PARAGRAPH)
    posts = [root]
    for _ in range(replies):
        author, parent = people[next(names) % 50], chance.choice(posts[-20:])
        parent = parent if parent.depth < 10 else root
        posts.append(await scenery.post(thread, author, parent, content=PARAGRAPH * 3))
    return f"/groups/{GROUP}/threads/{thread.id}"


async def _queries(app: ASGIApp, path: str) -> int:
    with counted() as said:
        page = await get(app, "html", path)
    assert b"tack it" in page, page[:300]
    return len(said)


ANEW = (b"cookie", b"made=anew")
"""Who sends a cookie is answered anew: what is measured is the page, not the kept answer."""
ACCEPT = {"html": b"text/html", "activity": b"application/activity+json"}


async def get(app: ASGIApp, kind: str, path: str = f"/groups/{GROUP}") -> bytes:
    """The body that an app answers with; RuntimeError for any status but 200."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"groups.example"), (b"accept", ACCEPT[kind]), ANEW],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    status, body = 0, b""
    forever: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def receive() -> dict[str, object]:
        await forever
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    await app(scope, receive, send)
    if status != 200:
        raise RuntimeError(f"{path} was answered {status}: {body[:500]!r}")
    return body
