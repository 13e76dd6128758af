"""This module stands behind our outbox in the tests: hosts that take what they get, or do not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from federation import clock, ids, keys, storage
from federation.models import Actor
from federation.signatures import SignedRequest
from federation.wire import Wire
from neighbour import ed25519, instance, rsa
from network import App, Message, Network
from outbox import streams
from outbox.publish import Draft, Outgoing, Place, cancel, publish
from outbox.scheduler import Scheduler

ORIGIN = "https://groups.example"
WELDERS = f"{ORIGIN}/groups/welders"
THREAD = streams.thread(1)
MICROBLOG = streams.microblog(1)


@dataclass(frozen=True)
class Got:
    """One request as a receiver saw it."""

    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def name(self) -> str:
        """The last part of the activity's id."""
        return str(json.loads(self.body)["id"]).rsplit("/", 1)[1]

    @property
    def form(self) -> str:
        """Which form of signature it carries."""
        return "rfc9421" if any(n == "signature-input" for n, _ in self.headers) else "cavage"

    def signed(self, host: str) -> SignedRequest:
        """The request as a verifier wants it."""
        return SignedRequest("POST", self.path, self.headers, self.body, f"https://{host}")


Answer = int | tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """A host with an inbox at every path: `answer` decides, after `gate` and `pause`."""

    host: str
    answer: Callable[[Got], Answer] = lambda got: 202
    pause: float = 0.0
    gate: asyncio.Event | None = None
    got: list[Got] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    flying: int = 0
    most: int = 0

    @property
    def names(self) -> list[str]:
        """What came, in the order in which it came."""
        return [got.name for got in self.got]

    def script(self, *answers: Answer) -> None:
        """Give these answers, then 202."""
        left = list(answers)
        self.answer = lambda got: left.pop(0) if left else 202

    async def app(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """The ASGI app."""
        got = Got(
            scope["raw_path"].decode(),
            [(n.decode().lower(), v.decode()) for n, v in scope["headers"]],
            (await receive())["body"],
        )
        self.got.append(got)
        self.flying += 1
        self.most = max(self.most, self.flying)
        try:
            if self.gate is not None:
                await self.gate.wait()
            await asyncio.sleep(self.pause)
            answer = self.answer(got)
        finally:
            self.flying -= 1
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if 200 <= status < 300:
            self.taken.append(got.name)
        self.finished.append(got.name)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Scene:
    """Our side: an instance with the group `welders`, and hosts that read its stream."""

    network: Network
    wire: Wire
    scheduler: Scheduler

    async def host(
        self,
        name: str = "l.example",
        *,
        inboxes: Iterable[str] = ("/inbox",),
        reads: Iterable[str] = (THREAD,),
    ) -> Receiver:
        """A host that takes everything, and reads the stream from here on."""
        receiver = Receiver(name)
        app: App = receiver.app
        self.network.join(name, app)
        for path in inboxes:
            for stream in reads:
                await streams.subscribe(stream, f"https://{name}{path}", name)
        return receiver

    async def say(self, *names: str, **place: object) -> None:
        """Publish activities, each in a transaction of its own."""
        for name in names:
            async with storage.transaction():
                await publish([draft(name, **place)])

    async def delete(self, post: str, name: str, stream: str = THREAD, **place: object) -> None:
        """Take a post back: what was not sent is cancelled, the rest is undone."""
        about = f"o:{post}"
        async with storage.transaction():
            await cancel(stream, about)
            undo = {"stream": stream, "kind": "delete", "object_uri": about} | place
            await publish([draft(name, undoes_object=True, **undo)])

    async def lane(self, host: str = "l.example") -> storage.Row:
        """The lane's row."""
        return (await storage.rows("SELECT * FROM lane WHERE host = ?", host))[0]

    async def cursors(self, host: str = "l.example") -> list[int]:
        """How far its subscriptions are behind their streams."""
        found = await storage.rows(
            "SELECT t.head - s.cursor AS lag FROM subscription s JOIN stream t"
            " ON t.name = s.stream WHERE s.host = ? ORDER BY s.id",
            host,
        )
        return [row["lag"] for row in found]

    async def ended(self, host: str = "l.example") -> list[tuple[str, str]]:
        """What ended, with its reason."""
        found = await storage.rows(
            "SELECT activity_uri, reason FROM ended WHERE host = ? ORDER BY id", host
        )
        return [(row["activity_uri"].rsplit("/", 1)[-1], row["reason"]) for row in found]

    def another(self, owner: str = "second") -> Scheduler:
        """A second worker on the same database."""
        return Scheduler(self.wire, owner=owner)


async def until(condition: Callable[[], object]) -> None:
    """Wait until something that others change is so; TimeoutError after a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 -- plain attributes have no event
            await asyncio.sleep(0.001)


def draft(name: str, **place: object) -> Draft:
    """An activity of the group and its place: the thread stream, unless told otherwise."""
    uri = f"{ORIGIN}/activities/{name}"
    body = json.dumps({"id": uri, "type": "Announce", "actor": WELDERS}).encode()
    values = {"stream": THREAD, "kind": "post", "thread": name, "object_uri": f"o:{name}"} | place
    return Draft(Outgoing(uri, WELDERS, "Announce", body), (Place(**values),))  # type: ignore[arg-type]


async def scene() -> Scene:
    """The ambient database with the group in it."""
    network = Network()
    wire = await instance(network)
    actor = await Actor.create(
        id=ids.new(),
        uri=WELDERS,
        kind="Group",
        local=True,
        host="groups.example",
        username="welders",
        inbox=f"{WELDERS}/inbox",
        published_at=clock.now_ms(),
    )
    await wire.keyring.create(actor, keys.Minted(rsa("welders"), ed25519("welders")))
    return Scene(network, wire, Scheduler(wire, owner="first"))
