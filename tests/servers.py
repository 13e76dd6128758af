"""Other servers that federate with ours: people who sign, and inboxes that keep what comes.

`Server` only records; `judges.py` says what a microblog and a thread server would think of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import clock, signatures
from federation.keys import Signer
from federation.signatures import Form
from federation.vocabulary import ACTIVITY_JSON, AS2, PUBLIC
from neighbour import Neighbour, rsa
from network import Network

GROUP = "https://groups.example/groups/welders"


@dataclass(frozen=True)
class Delivery:
    """One POST as an inbox saw it."""

    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def kind(self) -> str:
        return str(self.document["type"])

    def header(self, name: str) -> str:
        """The header of this name, empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass
class Server(Neighbour):
    """A host with people and inboxes; `software` is what its NodeInfo says."""

    software: str = ""
    shared: bool = True
    inbox: list[Delivery] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    network: Network = field(default_factory=Network, repr=False)

    @classmethod
    def at(cls, network: Network, host: str, software: str, *, shared: bool = True) -> Server:
        """A new server on the network."""
        server = cls(host, software=software, shared=shared, network=network)
        if software:
            server.serve_nodeinfo(software)
        network.join(host, server.app)
        return server

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/{path:path}", self._take, methods=["POST"]),
                Route("/{path:path}", self._answer, methods=["GET"]),
            ]
        )

    async def _take(self, request: Request) -> Response:
        headers = [(key.decode(), value.decode()) for key, value in request.scope["headers"]]
        self.inbox.append(Delivery(request.url.path, headers, await request.body()))
        return Response(status_code=self.answers.pop(0) if self.answers else 202)

    def member(self, name: str, kind: str = "Person", **more: Any) -> Member:
        """Somebody who lives here."""
        return Member(self, name, kind, more)

    def kinds(self, *, notes: bool = True) -> list[str]:
        """The types of what came, in order; of an Announce also what is inside.

        Without `notes` what the group said to one person alone is left out.
        """
        came = [one.document for one in self.inbox]
        return [_name(one) for one in came if notes or not _is_note(one)]

    def came(self, kind: str) -> list[dict[str, Any]]:
        """The documents of this kind that came, as `kinds` names them."""
        return [one.document for one in self.inbox if _name(one.document) == kind]


def _is_note(document: dict[str, Any]) -> bool:
    """Whether a group of ours tells one person what it decided."""
    inner = document.get("object")
    return document["type"] == "Create" and isinstance(inner, dict) and "/answers/" in inner["id"]


def _name(document: dict[str, Any]) -> str:
    inner = document.get("object")
    if isinstance(inner, dict) and document["type"] in {"Announce", "Undo", "Accept", "Reject"}:
        return f"{document['type']}{{{inner.get('type')}}}"
    return str(document["type"])


@dataclass
class Member:
    """A person of another server: signs with a key of their own and writes in its manner."""

    home: Server
    name: str
    kind: str = "Person"
    more: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    def __post_init__(self) -> None:
        shared = {} if self.home.shared else {"endpoints": None}
        self.home.serve_person(
            self.name, rsa(self.name), **({"type": self.kind} | shared | self.more)
        )
        self.home.serve_handle(self.name, self.uri)

    @property
    def uri(self) -> str:
        return self.home.url(f"/users/{self.name}")

    @property
    def handle(self) -> str:
        return f"{self.name}@{self.home.host}"

    def next(self) -> int:
        """A number that was not used yet."""
        self.count += 1
        return self.count

    def act(self, kind: str, object: Any, **more: Any) -> dict[str, Any]:
        """An activity of theirs, with an id of its own."""
        return {
            "@context": AS2,
            "id": f"{self.uri}/{kind.lower()}/{self.next()}",
            "type": kind,
            "actor": self.uri,
            "object": object,
        } | more

    def follow(self, group: str = GROUP, **more: Any) -> dict[str, Any]:
        """They want to join the group."""
        return self.act("Follow", group, **more)

    def note(
        self, text: str, *, reply_to: str = "", group: str = GROUP, **more: Any
    ) -> dict[str, Any]:
        """A Note as Mastodon writes it: the group mentioned, or (a reply) nobody."""
        number = self.next()
        document: dict[str, Any] = {
            "id": f"{self.uri}/statuses/{number}",
            "type": "Note",
            "attributedTo": self.uri,
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers", *([group, f"{group}/followers"] if group else [])],
            "content": f"<p>{text}</p>",
            "published": clock.rfc3339(clock.now_ms() - 1_000),
            "url": self.home.url(f"/@{self.name}/{number}"),
            "inReplyTo": reply_to or None,
            "tag": [{"type": "Mention", "href": group, "name": "@welders"}] if group else [],
        } | more
        self.home.serve(urlsplit(document["id"]).path, {"@context": AS2} | document)
        return document

    def page(self, title: str, text: str, *, group: str = GROUP, **more: Any) -> dict[str, Any]:
        """A Page as Lemmy writes it: addressed to the group."""
        number = self.next()
        document: dict[str, Any] = {
            "id": self.home.url(f"/post/{number}"),
            "type": "Page",
            "attributedTo": self.uri,
            "to": [group, PUBLIC],
            "cc": [],
            "audience": group,
            "name": title,
            "content": f"<p>{text}</p>",
            "mediaType": "text/html",
            "published": clock.rfc3339(clock.now_ms() - 1_000),
        } | more
        self.home.serve(urlsplit(document["id"]).path, {"@context": AS2} | document)
        return document

    def create(self, document: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The Create of an object of theirs, addressed as it is."""
        return (
            {
                "@context": AS2,
                "id": f"{document['id']}/activity",
                "type": "Create",
                "actor": self.uri,
                "to": document["to"],
                "cc": document["cc"],
                "object": document,
            }
            | ({"audience": document["audience"]} if "audience" in document else {})
            | more
        )

    def sign(
        self,
        body: bytes,
        to: str,
        form: Form = "cavage",
        key_id: str = "",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, str]:
        """The headers of a request of theirs, `more` signed too."""
        signer = Signer(key_id or f"{self.uri}#main-key", "rsa", rsa(self.name))
        return signatures.sign(signer, "POST", to, body, form, more)

    async def send(
        self,
        activity: dict[str, Any] | bytes,
        to: str = f"{GROUP}/inbox",
        form: Form = "cavage",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """Sign, `more` headers too, and deliver; the status that came back."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        headers = self.sign(body, to, form, more=more)
        request = httpx.Request(
            "POST", to, content=body, headers={"Content-Type": ACTIVITY_JSON} | headers
        )
        response = await self.home.network.handle_async_request(request)
        return response.status_code

    async def read(self, url: str, form: Form = "cavage") -> httpx.Response:
        """What we answer to a GET that they sign."""
        signer = Signer(f"{self.uri}#main-key", "rsa", rsa(self.name))
        headers = signatures.sign(signer, "GET", url, None, form)
        request = httpx.Request("GET", url, headers={"Accept": ACTIVITY_JSON} | headers)
        response = await self.home.network.handle_async_request(request)
        await response.aread()
        return response
