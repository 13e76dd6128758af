"""This module stands before our inboxes in the tests: people of other servers who sign and send."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.applications import Starlette
from starlette.routing import Route

from federation import clock, digests, signatures, storage
from federation.keys import Signer
from federation.signatures import Form
from federation.vocabulary import ACTIVITY_JSON, AS2, PUBLIC
from federation.wire import Wire
from inbox.endpoint import inbox_endpoint
from inbox.pressure import Pressure
from inbox.record import Recorder
from neighbour import Neighbour, instance, rsa
from network import Network

ORIGIN = "https://groups.example"
PATHS = ("/inbox", "/groups/{name}/inbox", "/users/{name}/inbox", "/actor/inbox")
COVERED = ("(request-target)", "host", "date", "digest")
Body = bytes | Mapping[str, Any]


@dataclass
class Doorstep:
    """Our inboxes as an app, and a client that posts to them."""

    wire: Wire
    recorder: Recorder
    client: httpx.AsyncClient
    doors: set[str]
    woken: list[None]
    transport: httpx.ASGITransport

    def come_from(self, address: str) -> None:
        """From now on this is the address that our server sees."""
        self.transport.client = (address, 443)

    async def post(
        self, body: Body, headers: Mapping[str, str], path: str = "/inbox"
    ) -> httpx.Response:
        """What we answer to a body with these headers, and the usual media type."""
        sent = {"Content-Type": ACTIVITY_JSON} | dict(headers)
        return await self.client.post(path, content=as_bytes(body), headers=sent)


@asynccontextmanager
async def doorstep(
    network: Network, pressure: Pressure | None = None, address: str = "127.0.0.1"
) -> AsyncIterator[Doorstep]:
    """Our inboxes with the ambient database, the network around us, and whose address we see."""
    wire = await instance(network)
    woken: list[None] = []
    doors = {f"{ORIGIN}{path.format(name=name)}" for path in PATHS for name in ("welders", "olga")}

    async def exists(uri: str) -> bool:
        return uri in doors

    recorder = Recorder(lambda: woken.append(None))
    endpoint = inbox_endpoint(wire, recorder, exists, pressure or Pressure())
    app = Starlette(routes=[Route("/{path:path}", endpoint, methods=["POST"])])
    transport = httpx.ASGITransport(app=app, client=(address, 443))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Doorstep(wire, recorder, client, doors, woken, transport)
    await wire.close()


@dataclass
class Person:
    """Somebody on another server, whose key has a name of its own."""

    home: Neighbour
    name: str
    key: RSAPrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = rsa(self.name)
        self.serve()

    @property
    def uri(self) -> str:
        return self.home.url(f"/users/{self.name}")

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key"

    def serve(self, **more: Any) -> None:
        """Serve the actor's document from now on."""
        self.home.serve_person(self.name, self.key, **more)

    def sign(
        self, body: Body, path: str = "/inbox", form: Form = "cavage", key_id: str = ""
    ) -> dict[str, str]:
        """The headers of a request of theirs."""
        signer = Signer(key_id or self.key_id, "rsa", self.key)
        return signatures.sign(signer, "POST", ORIGIN + path, as_bytes(body), form)

    def act(self, kind: str, object: Any, number: object = 1, **more: Any) -> dict[str, Any]:
        """An activity of theirs."""
        return {
            "@context": AS2,
            "id": f"{self.uri}/{kind.lower()}/{number}",
            "type": kind,
            "actor": self.uri,
            "to": [PUBLIC],
            "object": object,
        } | more

    def follow(self, number: object = 1) -> dict[str, Any]:
        """They want to join the welders."""
        return self.act("Follow", f"{ORIGIN}/groups/welders", number)


def cavage(
    person: Person,
    body: Body,
    covered: Sequence[str] = COVERED,
    target: str = "/inbox",
    parameters: str = 'algorithm="rsa-sha256",',
    **headers: str,
) -> dict[str, str]:
    """A signature made by hand, so that it can be wrong in one way."""
    raw = as_bytes(body)
    sent = {
        "host": "groups.example",
        "date": formatdate(clock.now_ms() / 1000, usegmt=True),
        "digest": digests.digest(raw),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    special = {"(request-target)": f"post {target}"}
    text = "\n".join(f"{name}: {special.get(name) or sent.get(name, '')}" for name in covered)
    made = b64encode(Signer(person.key_id, "rsa", person.key).sign(text.encode())).decode()
    sent["signature"] = (
        f'keyId="{person.key_id}",{parameters}headers="{" ".join(covered)}",signature="{made}"'
    )
    return {name: value for name, value in sent.items() if value}


def as_bytes(body: Body) -> bytes:
    """A body as it is sent."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


async def receipts() -> list[dict[str, Any]]:
    """All that was stored, in its order."""
    return await storage.rows("SELECT * FROM receipt ORDER BY id")
