"""This module is the rest of the network: many hosts on 127.0.0.0/8, and people on them."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from crash.fleet import GROUP, ORIGIN, Fleet, Process
from federation import clock, keys, signatures
from federation.keys import Signer
from federation.vocabulary import ACTIVITY_JSON, AS2, PUBLIC
from fedigroups.cli.stage import free_port
from loopback import Visitor, ok
from neighbour import rsa

PEOPLE = "/users/"
NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0"


@dataclass(frozen=True)
class Knock:
    """One delivery as the host saw it, which may not have answered yet."""

    host: str
    path: str
    headers: dict[str, str]
    body: bytes
    document: dict[str, Any]
    at: float
    """Seconds of the monotonic clock."""

    @property
    def inbox(self) -> str:
        return f"{self.headers['scheme']}://{self.host}{self.path}"

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def kind(self) -> str:
        return str(self.document["type"])

    @property
    def about(self) -> str:
        """What kind of thing it says of which object."""
        inner = self.document.get("object")
        uri = inner.get("id") if isinstance(inner, dict) else inner
        return f"{self.kind} {uri or self.id}"


Answer = Callable[[Knock], int | None]
"""The status that a host answers with; None to never answer."""


def takes_all(knock: Knock) -> int:
    """Every host is well."""
    return 202


@dataclass(repr=False)  # a failing test would write down all that came, for minutes
class Crowd:
    """Many hosts in one process: each serves people with a key, and an inbox that keeps a record.

    A host is known by the `Host` that it is asked as: an address of its own or, with `named`, a
    name of which a steered name service must know the address (`NAMED`).
    """

    count: int
    answer: Answer = takes_all
    pause: float = 0.0
    named: bool = False
    tls: ssl.SSLContext | None = None
    software: str = "mastodon"
    port: int = field(default_factory=lambda: free_port("127.0.1.1"))
    down: set[str] = field(default_factory=set)
    """Hosts that hang up on whoever comes."""
    came: list[Knock] = field(default_factory=list)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each inbox took (2xx) each activity's id."""
    flying: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    """How many requests a host had at once, now and at most."""
    visits: Counter[str] = field(default_factory=Counter)
    on_knock: Callable[[Knock], None] = lambda knock: None

    NAMED = "127.0.1.1"

    @property
    def hosts(self) -> list[str]:
        return [f"{self._name(n)}:{self.port}" for n in range(self.count)]

    def _name(self, n: int) -> str:
        return f"h{n}.test" if self.named else f"127.0.{1 + n // 250}.{1 + n % 250}"

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    def inbox(self, host: str) -> str:
        """The shared inbox of a host."""
        return f"{self.scheme}://{host}/inbox"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Crowd]:
        addresses = [self.NAMED] if self.named else [self._name(n) for n in range(self.count)]
        server = await asyncio.start_server(
            self._visit, addresses, self.port, ssl=self.tls, backlog=1_000, limit=1 << 21
        )
        try:
            yield self
        finally:
            server.close()

    @contextmanager
    def troubled(self, hosts: Iterable[str]) -> Iterator[None]:
        """These hosts are down for as long as the block lasts."""
        hosts = set(hosts)
        self.down |= hosts
        try:
            yield
        finally:
            self.down -= hosts

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitor = Visitor(reader, writer)
        try:
            while request := await visitor.request():
                answer = await self._answer(request)
                if answer is None:
                    break
                await visitor.say(answer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> bytes | None:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        host = headers["host"]
        self.visits[host] += 1
        if host in self.down:
            return None
        if method == "POST":
            said = headers | {"scheme": self.scheme}
            return await self._take(
                Knock(host, path, said, body, json.loads(body), time.monotonic())
            )
        document = self._document(host, path)
        if document is None:
            return ok(status="404 Not Found")
        return ok(json.dumps(document).encode(), Content_Type=ACTIVITY_JSON)

    async def _take(self, knock: Knock) -> bytes | None:
        self.came.append(knock)
        self.flying[knock.host] += 1
        self.most[knock.host] = max(self.most[knock.host], self.flying[knock.host])
        try:
            self.on_knock(knock)
            await asyncio.sleep(self.pause)
            status = self.answer(knock)
            if status is None:
                await asyncio.sleep(3_600)
                return None
        finally:
            self.flying[knock.host] -= 1
        if status < 300:
            self.taken[knock.inbox, knock.id] += 1
        return ok(status=f"{status} So")

    def _document(self, host: str, path: str) -> dict[str, Any] | None:
        origin = f"{self.scheme}://{host}"
        if path == "/.well-known/nodeinfo":
            return {"links": [{"rel": NODEINFO, "href": f"{origin}/nodeinfo/2.0"}]}
        if path == "/nodeinfo/2.0":
            return {"software": {"name": self.software, "version": "1.0"}}
        if not path.startswith(PEOPLE):
            return None
        uri = f"{origin}{path}"
        key = keys.public_text(rsa("ann").public_key())
        return {
            "@context": AS2, "id": uri, "type": "Person",
            "preferredUsername": path.removeprefix(PEOPLE),
            "inbox": f"{uri}/inbox", "endpoints": {"sharedInbox": f"{origin}/inbox"},
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": key},
        }  # fmt: skip

    def received(self, host: str) -> list[str]:
        """The types of what came to a host."""
        return [knock.kind for knock in self.came if knock.host == host]

    def takers(self, uri: str) -> set[str]:
        """The inboxes that took this activity."""
        return {inbox for inbox, taken in self.taken if taken == uri}


@dataclass(repr=False)
class Person:
    """Somebody on one of the crowd's hosts, who signs what they send."""

    crowd: Crowd
    host: str
    fleet: Fleet
    client: httpx.AsyncClient
    name: str = "ann"
    count: int = 0

    @property
    def uri(self) -> str:
        return f"{self.crowd.scheme}://{self.host}{PEOPLE}{self.name}"

    def act(self, kind: str, object: Any, **more: Any) -> dict[str, Any]:
        self.count += 1
        uri = f"{self.uri}/{kind.lower()}/{self.count}"
        head = {"@context": AS2, "id": uri, "type": kind, "actor": self.uri}
        return head | {"object": object} | more

    def follow(self) -> dict[str, Any]:
        """They want to join the group."""
        return self.act("Follow", GROUP)

    def undo(self, activity: dict[str, Any]) -> dict[str, Any]:
        """They take back what they did."""
        return self.act("Undo", {k: v for k, v in activity.items() if k != "@context"})

    def create(self, text: str) -> dict[str, Any]:
        """The Create of a Note that mentions the group."""
        to = {"to": [PUBLIC], "cc": [GROUP, f"{self.uri}/followers"]}
        note = {
            "id": f"{self.uri}/notes/{self.count}", "type": "Note", "attributedTo": self.uri,
            "content": f"<p>{text}</p>", "published": clock.rfc3339(clock.now_ms()),
            "tag": [{"type": "Mention", "href": GROUP, "name": "@welders"}],
        }  # fmt: skip
        return self.act("Create", note | to, **to)

    def delete(self, create: dict[str, Any]) -> dict[str, Any]:
        """They delete what they wrote."""
        return self.act("Delete", create["object"]["id"], to=[PUBLIC])

    async def send(
        self,
        activity: dict[str, Any],
        web: Process | None = None,
        *,
        to: str = f"{GROUP}/inbox",
        headers: dict[str, str] | None = None,
    ) -> int:
        """Deliver once, to one of the webs; the status, 0 when there was no answer."""
        try:
            answer = await self.post(activity, web, to=to, headers=headers)
        except httpx.TransportError:
            return 0
        return answer.status_code

    async def post(
        self,
        activity: dict[str, Any],
        web: Process | None = None,
        *,
        to: str = f"{GROUP}/inbox",
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """The same; the whole answer. Raises `httpx.TransportError` when there is none."""
        body = json.dumps(activity).encode()
        web = web or self.fleet.webs[0]
        signed = self._signed(to, body) | (headers or {})
        url = f"http://127.0.0.1:{web.port}{to.removeprefix(ORIGIN)}"
        return await self.client.post(url, content=body, headers=signed)

    def _signed(self, to: str, body: bytes) -> dict[str, str]:
        signer = Signer(f"{self.uri}#main-key", "rsa", rsa("ann"))
        signed = signatures.sign(signer, "POST", to, body, "cavage")
        return signed | {"Content-Type": ACTIVITY_JSON, "Host": httpx.URL(to).netloc.decode()}

    async def insist(self, activity: dict[str, Any], seconds: float = 300) -> None:
        """Deliver again and again, to each web in turn, until one has taken it."""
        end = time.monotonic() + seconds
        refused = list[int]()
        while True:
            web = self.fleet.webs[len(refused) % len(self.fleet.webs)]
            status = await self.send(activity, web)
            if status == 202:
                return
            refused.append(status)
            assert status in {0, 429, 503}, f"{activity['id']} was answered {status}"
            assert time.monotonic() < end, f"{activity['id']} was not taken: {Counter(refused)}"
            await asyncio.sleep(0.05)
