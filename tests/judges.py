"""Other servers that judge all that reaches them: one rule broken is one sentence in `verdicts`.

`Microblog` reads like Mastodon and its kin, `Threads` like Lemmy and its kin. What a rule protects
is said where it stands; the rules themselves were read in the peers' own sources. Nothing is taken
on trust: keys, notes and activities are fetched over the network, as those servers do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import Response

from federation import addressing, clock, digests, signatures
from federation.documents import ids_of, read_object, time_of
from federation.errors import FederationError
from federation.keys import PublicKey, load_public
from federation.signatures import SignedRequest
from federation.vocabulary import ACTIVITY_JSON, AS2, PUBLIC
from servers import Delivery, Server

Document = dict[str, Any]

VOTES = {"Like", "Dislike", "EmojiReact"}
MISSKEYS = {"misskey", "cherrypick", "sharkey", "firefish", "iceshrimp"}
MISSKEY_BYTES = 64 * 1024
MODERATORS = {"Person", "Service", "Organization"}
READABLE = {
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
}
"""Lemmy compares the whole Content-Type with these three."""
FRIENDICA_SECONDS = (-300, 60)
_ID = re.compile(r"https://[a-z0-9.-]+/[^\sA-Z#]*")
_PARAMETER = re.compile(r'([A-Za-z]+)="([^"]*)"')


@dataclass
class Judge(Server):
    """What every server asks of a delivery, whatever it runs."""

    takes: str = ""
    """The one form of signature that it understands, `cavage` or `rfc9421`; empty for both."""
    verdicts: list[str] = field(default_factory=list)
    taken: list[Delivery] = field(default_factory=list)
    """What was answered 2xx."""
    _signed: set[str] = field(default_factory=set)

    def fault(self, sentence: str) -> None:
        """A rule was broken."""
        self.verdicts.append(f"{self.host} ({self.software}): {sentence}")

    async def _take(self, request: Request) -> Response:
        headers = [(key.decode(), value.decode()) for key, value in request.scope["headers"]]
        delivery = Delivery(request.url.path, headers, await request.body())
        self.inbox.append(delivery)
        form = "rfc9421" if delivery.header("signature-input") else "cavage"
        if self.takes not in {"", form}:
            return Response(status_code=401)
        await self._judge(request, delivery)
        status = self.answers.pop(0) if self.answers else 202
        if status < 300:
            self.taken.append(delivery)
        return Response(status_code=status)

    async def _judge(self, request: Request, delivery: Delivery) -> None:
        self._judge_headers(delivery)
        self._judge_envelope(delivery)
        await self._judge_signature(request, delivery)
        document = delivery.document
        if document["type"] in {"Accept", "Reject"}:
            await self._judge_answer(delivery, document)
        elif not self._is_forwarded(delivery):
            await self._judge_own_id(document)

    # The request

    def _judge_headers(self, delivery: Delivery) -> None:
        path = delivery.path
        if path != "/inbox" and path.removesuffix("/inbox") not in self.pages:
            self.fault(f"there is no inbox {path}")
        if path == "/inbox" and not self.shared:
            self.fault("there is no shared inbox here")
        if delivery.header("host") != self.host:
            self.fault(f"Host is {delivery.header('host')!r}, not this host as Misskey wants it")
        if delivery.header("content-type") != ACTIVITY_JSON:
            self.fault(f"Content-Type is {delivery.header('content-type')!r}")
        if not re.match(r"[A-Za-z]+/\d[\w.]* \(\+https://", delivery.header("user-agent")):
            self.fault("the User-Agent does not say which software of whom is calling")
        self._judge_date(delivery.header("date"))

    def _judge_date(self, date: str) -> None:
        if not date.endswith(" GMT"):
            self.fault(f"Date {date!r} is not in GMT: Mastodon refuses +0000")
            return
        off = parsedate_to_datetime(date).timestamp() - clock.now_ms() / 1000
        low, high = FRIENDICA_SECONDS
        if not low <= off <= high:
            self.fault(f"Date is {off:.0f} s off: Friendica takes five minutes")

    async def _judge_signature(self, request: Request, delivery: Delivery) -> None:
        signature = delivery.header("signature")
        if signature in self._signed:
            self.fault("a signature was used a second time")
        self._signed.add(signature)
        if delivery.header("signature-input"):
            self._judge_message_signature(delivery)
        else:
            self._judge_cavage(delivery, dict(_PARAMETER.findall(signature)))
        query = request.url.query
        target = request.url.path + (f"?{query}" if query else "")
        signed = SignedRequest(
            "POST", target, delivery.headers, delivery.body, f"https://{self.host}"
        )
        try:
            (claim,) = signatures.read(signed)
            key = await self._key(claim.key_id)
            claim.check(signed, key)
        except FederationError as error:
            self.fault(f"the signature does not verify: {error}")
            return
        if key.owner != delivery.document.get("actor") and not self._is_forwarded(delivery):
            self.fault(f"signed by {key.owner}, yet it is an act of {delivery.document['actor']}")

    def _judge_cavage(self, delivery: Delivery, parameters: dict[str, str]) -> None:
        signed = parameters.get("headers", "").removesuffix(" collection-synchronization")
        if signed != "(request-target) host date digest":
            self.fault(f"signed are {parameters.get('headers')!r}: Misskey and PieFed want four")
        if parameters.get("algorithm") != "rsa-sha256":
            self.fault("the signature names no algorithm rsa-sha256: PieFed wants it")
        if not re.search(r"[^#]#[^#]", parameters.get("keyId", "")):
            self.fault("the keyId has no fragment: Lemmy and NodeBB want one")
        if delivery.header("digest") != digests.digest(delivery.body):
            self.fault("Digest is not SHA-256=... of the body, in capitals: PieFed and NodeBB")

    def _judge_message_signature(self, delivery: Delivery) -> None:
        given = delivery.header("signature-input")
        for component in ('"@method"', '"@target-uri"', '"content-digest"'):
            if component not in given:
                self.fault(f"the message signature does not cover {component}")
        if ";created=" not in given or ";keyid=" not in given:
            self.fault("the message signature has no created or no keyid: Mastodon wants both")

    async def _key(self, key_id: str) -> PublicKey:
        actor = await self.look(key_id.partition("#")[0])
        key = actor.get("publicKey") or {}
        if key.get("id") != key_id or key.get("owner") != actor.get("id"):
            self.fault(f"the key {key_id} is not that of the actor which it names")
        return load_public(key_id, key.get("owner", ""), "rsa", key.get("publicKeyPem", ""))

    # The activity

    def _judge_envelope(self, delivery: Delivery) -> None:
        document = delivery.document
        context = document.get("@context")
        if (context[0] if isinstance(context, list) else context) != AS2:
            self.fault("@context does not begin with ActivityStreams: Mastodon drops it unread")
        for name in ("id", "type", "actor"):
            if not isinstance(document.get(name), str):
                self.fault(f"{name} is not a string")
        if not self._is_forwarded(delivery):
            self._judge_ids(document)
        before = {(one.path, one.document["id"]) for one in self.taken}
        if (delivery.path, document["id"]) in before:
            self.fault(f"{document['type']} {document['id']} came twice")
        if len(delivery.body) > 1_000_000:
            self.fault("over 1 MB: Mastodon refuses it")

    def _judge_ids(self, document: Document) -> None:
        for name in ("id", "actor"):
            if not _ID.fullmatch(document[name]):
                self.fault(f"the {name} {document[name]} is not lower-case https without a port")
        if urlsplit(document["id"]).netloc != urlsplit(document["actor"]).netloc:
            self.fault(f"{document['id']} is not on its actor's host: Lemmy and Misskey refuse it")
        for name in ("to", "cc"):
            value = document.get(name, [])
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                self.fault(f"{name} is not a list of ids")
            elif {"as:Public", "Public"} & set(value):
                self.fault(f"{name} abbreviates the public: many compare it with the full URI")
        if "published" in document and not document["published"].endswith("Z"):
            self.fault("published has no zone Z: Lemmy refuses the whole document")

    async def _judge_answer(self, delivery: Delivery, document: Document) -> None:
        """The answer to a Follow, or to a post: private, and with what it answers in it."""
        inner = document.get("object")
        if not isinstance(inner, dict):
            self.fault(f"{document['type']} does not embed the Follow: PieFed, Mbin and Misskey")
            return
        if inner.get("id") not in {sent.get("id") for sent in self._said(document["actor"])}:
            self.fault(f"{document['type']} embeds {inner.get('id')}, which was never sent")
        if not {"id", "type", "actor", "object"} <= inner.keys():
            self.fault(f"the Follow in the {document['type']} is not whole")
        if inner["type"] == "Follow" and inner.get("object") != document["actor"]:
            self.fault("Lemmy: the group that answers is the one that was followed")
        if document.get("to") != [inner.get("actor")]:
            self.fault("Lemmy: `to` of an answer is the follower alone")
        follower = str(inner.get("actor"))
        if delivery.path == "/inbox" or urlsplit(follower).path + "/inbox" != delivery.path:
            self.fault("an answer is private: it goes to the follower's own inbox")
        if await self.look(document["id"]):
            self.fault(f"{document['id']} is private and served to anybody")

    async def _judge_own_id(self, document: Document) -> None:
        """NodeBB and Mastodon fetch what they are shown; Lemmy compares id and media type."""
        if document["type"] == "Follow" or "Follow" in str(document.get("object")):
            return
        if PUBLIC not in [*document.get("to", []), *document.get("cc", [])]:
            if not _is_reaction(document):  # the group tells all threads of those
                await self._judge_private(document)
            return
        served = await self.look(document["id"])
        if served != document:
            self.fault(f"{document['type']} {document['id']} is not served as it was sent")

    async def _judge_private(self, document: Document) -> None:
        inner = document.get("object")
        about = inner.get("id", "") if isinstance(inner, dict) else ""
        for uri in filter(self._is_theirs(document), (document["id"], about)):
            if await self.look(uri):
                self.fault(f"{uri} is for {document.get('to')} alone, and is served to anybody")

    def _is_theirs(self, document: Document) -> Callable[[str], bool]:
        host = urlsplit(document["actor"]).netloc
        return lambda uri: urlsplit(uri).netloc == host

    def _is_forwarded(self, delivery: Delivery) -> bool:
        """Somebody else's activity, byte for byte, that convinces by its own signature."""
        document = delivery.document
        proven = "signature" in document or "proof" in document
        return proven and any(delivery.body == body for body in self._sent_to_us())

    def _sent_to_us(self) -> list[bytes]:
        return [
            one.body for one in self.network.log if one.method == "POST" and one.host != self.host
        ]

    def _said(self, actor: str) -> list[Document]:
        """What was delivered to the host of that actor, from wherever."""
        host = urlsplit(actor).netloc
        return [
            json.loads(one.body)
            for one in self.network.log
            if one.method == "POST" and one.host == host and one.status == 202
        ]

    async def look(self, uri: str) -> Document:
        """The document at its own id, as the strictest reader takes it; empty for none."""
        request = httpx.Request("GET", uri, headers={"Accept": ACTIVITY_JSON})
        try:
            response = await self.network.handle_async_request(request)
        except httpx.ConnectError:
            return {}
        if response.status_code != 200:
            return {}
        if response.headers.get("content-type", "").lower() not in READABLE:
            self.fault(f"{uri} has the media type {response.headers.get('content-type')!r}")
        document: Document = json.loads(await response.aread())
        if document.get("id") != uri:
            self.fault(f"{uri} says that its id is {document.get('id')}")
        return document


@dataclass
class Microblog(Judge):
    """Mastodon, Misskey, Pleroma, GoToSocial: boosts by id, and nothing that looks like a forum."""

    takes_replies: bool = False
    """The group boosts replies too."""
    boosts: dict[str, str] = field(default_factory=dict)
    """The id of the boost of each object."""

    async def _judge(self, request: Request, delivery: Delivery) -> None:
        await super()._judge(request, delivery)
        document = delivery.document
        if self.software in MISSKEYS and len(delivery.body) >= MISSKEY_BYTES:
            self.fault(f"{len(delivery.body)} bytes: Misskey takes less than 64 kB")
        kind = document["type"]
        if kind == "Announce":
            await self._judge_boost(document)
        elif kind == "Undo":
            self._judge_undo(document)
        elif kind in VOTES:
            self._judge_vote(document)
        elif kind == "Update":
            self._judge_update(document)
        elif kind not in {"Accept", "Reject", "Create", "Delete", "Follow", "Flag"}:
            self.fault(f"{kind} harms a microblog (Block blocks for real) or fills its queue")

    async def _judge_boost(self, document: Document) -> None:
        boosted = document["object"]
        if not isinstance(boosted, str):
            self.fault("an activity in an Announce: Mastodon boosts whatever it is about")
            return
        if self.boosts.setdefault(boosted, document["id"]) != document["id"]:
            self.fault(f"{boosted} is boosted again and was not taken back")
        if not {"to", "cc"} <= document.keys():
            self.fault("an Announce without to or without cc")
        note = await self.look(boosted)
        if not note:
            self.fault(f"{boosted} cannot be fetched: nobody can show the boost")
            return
        self._judge_boosted(document, note)
        parent = read_object(note).in_reply_to
        if parent in self.boosts and not self.takes_replies:
            self.fault(f"{boosted} answers what was boosted: boosts of those are noise")
        author = await self.look(read_object(note).attributed_to)
        if author.get("type") != "Group" and author.get("id") not in document["cc"]:
            self.fault("the author is not told by cc")

    def _judge_boosted(self, document: Document, note: Document) -> None:
        seen = addressing.visibility(note)
        if seen not in {"public", "unlisted"}:
            self.fault(f"{note['id']} was said to a few, and is boosted")
        if PUBLIC not in document["cc" if seen == "unlisted" else "to"]:
            self.fault(f"the boost of a post that is {seen} is not")
        if (time_of(document.get("published")) or 0) < (time_of(note.get("published")) or 0):
            self.fault("published lies before the note's: Misskey drops the boost")
        self._judge_leave(document, note)

    def _judge_leave(self, document: Document, note: Document) -> None:
        allowed = read_object(note).can_announce
        if allowed is None or document["actor"] in allowed or document.get("approvedBy"):
            return
        if urlsplit(note["id"]).netloc != self.host:
            self.fault(f"{note['id']} is boosted to others before its author allowed it")

    def _judge_undo(self, document: Document) -> None:
        inner = document["object"]
        if not isinstance(inner, dict) or not {"id", "type", "actor", "object"} <= inner.keys():
            self.fault("an Undo that does not embed what it takes back")
        elif inner["type"] == "Announce":
            boosted = inner["object"]
            if self.boosts.pop(boosted, inner["id"]) != inner["id"]:
                self.fault(f"the Undo names {inner['id']}: Mastodon looks the boost up by its id")

    def _judge_vote(self, document: Document) -> None:
        """A person's like goes to the author of the post; what a group passes on, to nobody."""
        if urlsplit(document["object"]).netloc != self.host:
            self.fault(f"{document['type']} of what is not here: Misskey's queue fills with them")

    def _judge_update(self, document: Document) -> None:
        inner = document["object"]
        if not isinstance(inner, dict):
            self.fault("an Update without its object inline")
        elif inner.get("type") == "Group" and inner.get("id") != document["actor"]:
            self.fault("Mastodon: a profile is updated by its own actor")


@dataclass
class Threads(Judge):
    """Lemmy, PieFed, Mbin, NodeBB, Discourse, Friendica: activities inside of an Announce."""

    async def _judge(self, request: Request, delivery: Delivery) -> None:
        await super()._judge(request, delivery)
        document = delivery.document
        inner = document.get("object")
        if document["type"] == "Announce":
            if isinstance(inner, dict) and "actor" in inner:
                await self._judge_announce(delivery, document, inner)
            else:
                self.fault("an Announce of no activity: Lemmy answers 400 to each")
        elif document["type"] == "Undo" and "Announce" in str(inner):
            self.fault("an Undo of a boost that a thread server never got")
        elif document["type"] == "Update" and isinstance(inner, dict) and inner["type"] == "Group":
            self.fault("Lemmy wants the Update of a group inside an Announce")

    async def _judge_announce(
        self, delivery: Delivery, document: Document, inner: Document
    ) -> None:
        if not {"to", "cc"} <= document.keys():
            self.fault("Lemmy: an Announce without to or without cc is refused")
        if PUBLIC not in [*document.get("to", []), *document.get("cc", [])]:
            self.fault("Lemmy: an Announce that is not public is refused")
        if document.get("audience") != document["actor"]:
            self.fault("the Announce does not name its group as audience")
        if not isinstance(inner.get("id"), str) or len(ids_of(inner.get("actor"))) != 1:
            self.fault("Lemmy: the activity in an Announce has an id and an actor")
            return
        (actor,) = ids_of(inner["actor"])
        if inner["type"] == "Announce":
            self.fault("an Announce of an Announce goes round for ever")
        self._judge_once(delivery, inner["id"], actor)
        self._judge_order(inner)
        if urlsplit(actor).netloc == urlsplit(document["actor"]).netloc:
            await self._judge_ours(document, inner)
        else:
            self._judge_verbatim(delivery, document, inner)

    def _judge_once(self, delivery: Delivery, uri: str, actor: str) -> None:
        before = {(one.path, one.document["object"]["id"]) for one in self._announces()}
        if (delivery.path, uri) in before:
            self.fault(f"{uri} is announced twice")
        if urlsplit(actor).netloc == self.host and self.software != "lemmy":
            self.fault(f"{uri} came from here: only Lemmy waits for its own back")

    def _announces(self) -> list[Delivery]:
        return [
            one
            for one in self.taken
            if one.kind == "Announce" and isinstance(one.document["object"], dict)
        ]

    def _judge_order(self, inner: Document) -> None:
        """Lemmy fetches up the chain from the authors' servers when a reply is there first."""
        created = inner.get("object")
        if inner["type"] != "Create" or not isinstance(created, dict):
            return
        for one in self._announces():
            earlier = one.document["object"].get("object")
            if isinstance(earlier, dict) and earlier.get("inReplyTo") == created.get("id"):
                self.fault(f"the reply {earlier['id']} came before its parent {created['id']}")

    def _judge_verbatim(self, delivery: Delivery, document: Document, inner: Document) -> None:
        """FEP-1b12: unmodified; a proof or signature in it breaks with every byte that moves."""
        sent = [body for body in self._sent_to(document["actor"]) if body.strip() in delivery.body]
        if not any(json.dumps(json.loads(body)) == json.dumps(inner) for body in sent):
            self.fault(f"{inner['id']} is not announced byte for byte as it came")

    def _sent_to(self, actor: str) -> list[bytes]:
        host = urlsplit(actor).netloc
        return [one.body for one in self.network.log if one.method == "POST" and one.host == host]

    async def _judge_ours(self, document: Document, inner: Document) -> None:
        if await self.look(inner["id"]) != inner:
            self.fault(f"{inner['id']} cannot be fetched as it is announced: NodeBB answers 424")
        actor = await self.look(inner["actor"])
        if actor.get("type") not in MODERATORS:
            self.fault(f"{inner['type']} by a {actor.get('type')}: Lemmy takes persons")
        if inner["type"] == "Create" and not {"to", "cc"} <= inner.keys():
            self.fault("Lemmy: a Create without to or without cc is refused")
        if inner["type"] == "Delete":
            await self._judge_delete(document, inner, actor)

    async def _judge_delete(self, document: Document, inner: Document, actor: Document) -> None:
        """With `summary` a moderator's, else the author's: then on the object's own host."""
        (uri,) = ids_of(inner["object"])
        foreign = urlsplit(uri).netloc != urlsplit(inner["actor"]).netloc
        if actor.get("type") == "Service" or foreign:
            if not inner.get("summary"):
                self.fault("a moderator's Delete without summary is taken for the author's")
            if inner.get("audience") != document["actor"] or inner.get("cc") != [document["actor"]]:
                self.fault("a moderator's Delete names its group in audience and cc")
            if not isinstance(inner["object"], str):
                self.fault("Lemmy: a moderator's Delete names its object by id")
            listed = await self.look(f"{document['actor']}/moderators")
            if inner["actor"] not in listed.get("orderedItems", []):
                self.fault(f"PieFed: {inner['actor']} is not among the moderators of the group")


def _is_reaction(document: Document) -> bool:
    inner = document.get("object")
    told = inner if document["type"] == "Undo" and isinstance(inner, dict) else document
    return told.get("type") in {"Like", "Dislike", "EmojiReact"}
