"""This module is another server of the tests: documents at paths, and people with keys."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import clock, ids, keys, wire
from federation.config import FederationConfig
from federation.keys import PublicKey
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON, AS2
from federation.watch import NOBODY, Watch
from federation.wire import Wire
from network import Network

CONFIG = FederationConfig("https://groups.example", b"s" * 32)


@dataclass
class Page:
    """What is served at a path."""

    body: bytes
    media: str = ACTIVITY_JSON
    status: int = 200


@dataclass
class Neighbour:
    """A host of the network; `path` includes the query where there is one."""

    host: str
    pages: dict[str, Page] = field(default_factory=dict)
    door: asyncio.Event | None = None
    """When set, every answer waits for it."""
    date: int = 0
    """The time that its answers say it is; 0 for none."""

    @classmethod
    def on(cls, network: Network, host: str) -> Neighbour:
        """A new host on that network."""
        neighbour = cls(host)
        network.join(host, neighbour.app)
        return neighbour

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._answer)])

    async def _answer(self, request: Request) -> Response:
        if self.door is not None:
            await self.door.wait()
        query = request.url.query
        page = self.pages.get(request.url.path + (f"?{query}" if query else ""))
        if page is None:
            return Response(status_code=404)
        told = {"Date": formatdate(self.date / 1_000, usegmt=True)} if self.date else {}
        return Response(page.body, page.status, told, page.media)

    def url(self, path: str) -> str:
        return f"https://{self.host}{path}"

    def serve(self, path: str, document: Any, media: str = ACTIVITY_JSON) -> str:
        """Serve a document from now on; returns its URL."""
        self.pages[path] = Page(json.dumps(document).encode(), media)
        return self.url(path)

    def answer(self, path: str, status: int) -> None:
        """Answer nothing but a status from now on."""
        self.pages[path] = Page(b"", "text/plain", status)

    def person(self, name: str, key: RSAPrivateKey | None = None, /, **more: Any) -> dict[str, Any]:
        """The document of a Mastodon-shaped person; `more` replaces, and None leaves out."""
        uri = self.url(f"/users/{name}")
        document = {
            "@context": [AS2, "https://w3id.org/security/v1"],
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "name": name.title(),
            "summary": f"<p>{name}</p>",
            "url": self.url(f"/@{name}"),
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": self.url("/inbox")},
            "publicKey": rsa_key(uri, key) if key is not None else None,
            "published": "2024-05-01T00:00:00Z",
        } | more
        return {name: value for name, value in document.items() if value is not None}

    def serve_person(self, name: str, key: RSAPrivateKey | None = None, /, **more: Any) -> str:
        """Serve a person from now on; returns the id."""
        return self.serve(f"/users/{name}", self.person(name, key, **more))

    def serve_handle(self, name: str, actor_uri: str, subject: str = "") -> None:
        """Answer WebFinger for that name from now on."""
        document = {
            "subject": f"acct:{subject or f'{name}@{self.host}'}",
            "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": actor_uri}],
        }
        path = f"/.well-known/webfinger?resource=acct%3A{name}%40{self.host}"
        self.serve(path, document, "application/jrd+json")

    def serve_nodeinfo(self, name: str, version: str = "1.0") -> None:
        """Say which software this is from now on."""
        schema = "http://nodeinfo.diaspora.software/ns/schema/2.0"
        links = {"links": [{"rel": schema, "href": self.url("/nodeinfo/2.0")}]}
        self.serve("/.well-known/nodeinfo", links, "application/json")
        software = {"software": {"name": name, "version": version}}
        self.serve("/nodeinfo/2.0", software, "application/json")


@lru_cache(maxsize=64)
def rsa(name: str, bits: int = 2_048) -> RSAPrivateKey:
    """The RSA key of that name: the same one whenever it is asked for."""
    return generate_private_key(65_537, bits)


@lru_cache(maxsize=64)
def ed25519(name: str) -> Ed25519PrivateKey:
    """The Ed25519 key of that name."""
    return Ed25519PrivateKey.generate()


def pem(key: RSAPrivateKey) -> str:
    """Its public half in SPKI PEM."""
    return keys.public_text(key.public_key())


def rsa_key(owner: str, key: RSAPrivateKey, fragment: str = "#main-key") -> dict[str, str]:
    """The `publicKey` of an actor."""
    return {"id": f"{owner}{fragment}", "owner": owner, "publicKeyPem": pem(key)}


def is_of(key: PublicKey | None, name: str) -> bool:
    """Whether it is the RSA key of that name."""
    return key is not None and key.key == rsa(name).public_key()


def key_document(uri: str, owner: str, name: str, **more: Any) -> dict[str, Any]:
    """An RSA key that is hosted apart."""
    return {
        "@context": "https://w3id.org/security/v1",
        "id": uri,
        "type": "CryptographicKey",
        "owner": owner,
        "publicKeyPem": pem(rsa(name)),
    } | more


def multikey(uri: str, owner: str, name: str) -> dict[str, Any]:
    """An Ed25519 key, embedded or hosted apart."""
    return {
        "@context": "https://w3id.org/security/multikey/v1",
        "id": uri,
        "type": "Multikey",
        "controller": owner,
        "publicKeyMultibase": keys.public_text(ed25519(name).public_key()),
    }


def bleach(html: str) -> str:
    """What stands for the sanitiser here."""
    return html.replace("<script>", "").replace("</script>", "")


async def instance(
    network: Network, config: FederationConfig = CONFIG, watch: Watch = NOBODY
) -> Wire:
    """Our side of the wire, with an instance actor that can sign."""
    made = wire.build(config, network, bleach, watch)
    uri = made.uris.instance_actor
    actor = await Actor.create(
        id=ids.new(),
        uri=uri,
        kind="Application",
        local=True,
        host=config.host,
        username=config.host,
        inbox=made.uris.inbox(uri),
        published_at=clock.now_ms(),
    )
    await made.keyring.create(actor, keys.Minted(rsa("instance"), ed25519("instance")))
    return made
