"""Feeds what other servers really sent to our inbox, as if its signature had verified.

Each recorded activity is told twice: as it came, when nothing in it concerns us, and as if it had
been sent to us: the group that it names is `welders`, what it is about was posted there before,
and those who act can be found. Both times the network answers from the recorded documents, and
with 404 for everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from federation import addressing, ids, storage, strict_json, wire
from federation.documents import id_of, kind_of, many, read_object
from federation.errors import FederationError
from federation.origin import host_of
from federation.vocabulary import (
    ACTIVITY_JSON,
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    AS2,
    POST_TYPES,
    PUBLIC,
)
from federation.wire import Wire
from fedigroups.content.sanitise import clean
from fedigroups.groups import lookup, membership, threads
from fedigroups.groups.evidence import Arrival as Believed
from fedigroups.groups.handlers import register_all
from fedigroups.groups.models import Group, Member, Post
from inbox import gate
from inbox.process import Processor
from inbox.record import Arrival, Recorder
from inbox.registry import Registry
from servers import GROUP
from world import Town

ROOT = Path(__file__).resolve().parents[1]
WIRE = ROOT / "../shared/wire"
TOM = "https://groups.example/users/tom"
SCRUBBED = "SCRUBBED_ID"

_GROUP = re.compile(r"https?://[^/]+/(?:c|m|category|community|video-channels)/[^/]+$")
_NAMES = re.compile(r"https?://[^\s,;]+|\S+@\S+|'[^']*'")
_ABOUT = {"Like", "Dislike", "EmojiReact", "Delete", "Update", "Announce", "Flag", "Lock"}
_NEW = (
    *("reaction", "announced", "tombstone", "report", "log_entry", "activity", "receipt"),
    *("post", "thread", "member", "groups", "key", "actor"),
)
_WHOLE = ("subscription", "stream", "lane", "ended", "peer")

Document = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of an activity: the receipt's state, or `refused` at the door."""

    state: str
    why: str

    @classmethod
    def of(cls, state: str, reason: str) -> Outcome:
        """Without the names in the reason: what others wrote stays with them."""
        return cls(state, _NAMES.sub("…", reason))


@dataclass(frozen=True)
class Recorded:
    """An activity that another server sent, and the file that it is in."""

    path: str
    document: Document


def recorded() -> list[Recorded]:
    """Every activity among the recorded documents, by path."""
    found = ((path, _read(path)) for path in sorted(WIRE.rglob("*.json")))
    return [
        Recorded(path.relative_to(WIRE).as_posix(), document)
        for path, document in found
        if _is_activity(document)
    ]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def _is_activity(document: Any) -> bool:
    """By its type, or (of types that we do not know) by what it has."""
    if not isinstance(document, dict) or "actor" not in document:
        return False
    kind = document.get("type")
    known = isinstance(kind, str) and kind in ACTIVITY_TYPES
    return known or ("object" in document and kind not in POST_TYPES)


@dataclass
class Archive(httpx.AsyncBaseTransport):
    """The internet: recorded documents at their ids, and people where `people` says so."""

    documents: dict[str, Document]
    people: dict[str, str] = field(default_factory=dict)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        document = self.documents.get(url) or self._person(url)
        if document is None:
            return httpx.Response(404, stream=httpx.ByteStream(b""))
        body = json.dumps(document).encode()
        headers = {"content-type": ACTIVITY_JSON}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    def _person(self, url: str) -> Document | None:
        if url not in self.people:
            return None
        return {
            "@context": AS2,
            "id": url,
            "type": self.people[url],
            "preferredUsername": re.sub(r"[^a-z0-9]", "", url.rpartition("/")[2].lower()) or "one",
            "inbox": f"{url.rstrip('/')}/inbox",
            "outbox": f"{url.rstrip('/')}/outbox",
        }


def archive() -> dict[str, Document]:
    """Every recorded document that has an id, by that id."""
    found: dict[str, Document] = {}
    for path in sorted(WIRE.rglob("*.json")):
        document = _read(path)
        if isinstance(document, dict) and isinstance(document.get("id"), str):
            found.setdefault(document["id"], document)
    return found


# As if it had been sent to us


def filled(value: Any, above: str = "", number: Iterator[int] | None = None) -> Any:
    """With ids where Mbin's snapshots have none: a Follow is of whom it is sent to."""
    number = number or iter(range(1, 100))
    if isinstance(value, list):
        return [filled(item, above, number) for item in value]
    if isinstance(value, str):
        value = value.replace("SCRUBBED_DATE", "2024-05-01T00:00:00Z")
        return f"https://kbin.test/f/{next(number)}" if value == SCRUBBED else value
    if not isinstance(value, dict):
        return value
    known = dict(value)
    if known.get("type") == "Follow" and known.get("object") == SCRUBBED:
        known["object"] = id_of(known.get("to")) or "https://kbin.test/m/test"
    if kind_of(known) in ACTOR_TYPES and known.get("id") == SCRUBBED:
        known["id"] = known.get("url")
    if (
        known.get("type") == "Delete"
        and known.get("object") == SCRUBBED
        and "audience" not in known
    ):
        known["object"] = known.get("actor")
    return {key: filled(item, key, number) for key, item in known.items()}


def to_us(document: Document) -> Document:
    """The activity with `welders` for the group that it names, and https throughout."""
    text = json.dumps(document).replace('"http://', '"https://')
    told: Document = json.loads(text)
    if _acts(told) and (group := _group_in(told)):
        told = _renamed(told, {group: GROUP, f"{group}/followers": f"{GROUP}/followers"})
    inner = told.get("object")
    if told["type"] in {"Accept", "Reject"} and isinstance(inner, dict):
        inner = inner | {"actor": TOM, "object": id_of(told["actor"])}
        told |= {"object": inner}
    return told


def _acts(document: Document) -> bool:
    """Whether it is something done in a group, and not a group's own word."""
    return document["type"] not in {"Announce", "Accept", "Reject"}


def _group_in(document: Document) -> str:
    inner = document.get("object")
    embedded = inner if isinstance(inner, dict) else None
    named = addressing.named(document, embedded)
    asked = [document, *([embedded] if embedded else [])]
    joined = [id_of(one.get("object")) for one in asked if one.get("type") in _JOINING]
    clear = [uri for uri in [*named, *joined, id_of(document.get("target"))] if _GROUP.match(uri)]
    away = [uri for uri in named if host_of(uri) != host_of(id_of(document["actor"]))]
    return next(iter([*clear, *joined, *away]), "")


_JOINING = {"Follow", "Join", "Leave", "Block"}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def embedded(value: Any) -> Iterator[Document]:
    """The document and everything in it that has an id."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value
        for item in value.values():
            yield from embedded(item)
    if isinstance(value, list):
        for item in value:
            yield from embedded(item)


def people_in(document: Document) -> dict[str, str]:
    """Who acts or wrote in it, and of what type they are."""
    found: dict[str, str] = {}
    for part in embedded(document):
        for uri in map(id_of, many(part.get("actor"))):
            found.setdefault(uri, "Person")
    for part in embedded(document):
        for owner in many(part.get("attributedTo")):
            # Mobilizon attributes a post to the group that its actor is in.
            found.setdefault(id_of(owner), kind_of(owner) or "Group")
    if document["type"] == "Block" and document.get("target"):
        found.setdefault(id_of(document["object"]), "Person")
    inner = document.get("object")
    if document["type"] in {"Accept", "Reject"} or _GROUP.match(id_of(document["actor"])):
        found[id_of(document["actor"])] = "Group"
    if document["type"] == "Announce" and isinstance(inner, dict) and "actor" in inner:
        found[id_of(document["actor"])] = "Group"
    return found


# The instance that it is told to


@dataclass
class Listener:
    """One instance with one database; everything that an activity brought is gone after it."""

    town: Town
    documents: dict[str, Document]
    mark: int = field(default_factory=ids.new)

    @classmethod
    async def at(cls, town: Town) -> Listener:
        """Welders, where anybody may post."""
        await town.change(post_policy="anyone")
        return cls(town, archive())

    async def hear(self, told: Recorded) -> Outcome:
        """As it came."""
        return await self._alone(filled(told.document), Archive(self.documents))

    async def hear_to_us(self, told: Recorded) -> Outcome:
        """As if it had been sent to us."""
        document = to_us(filled(told.document))
        secure = {
            key.replace("http://", "https://"): value for key, value in self.documents.items()
        }
        served = {key: to_us_too(value) for key, value in secure.items() if key in _uris(document)}
        parts = {part["id"]: part for part in embedded(document) if kind_of(part) in POST_TYPES}
        people = people_in(document)
        actors = {key: value for key, value in served.items() if kind_of(value) in ACTOR_TYPES}
        network = Archive(served | parts | actors, people)
        return await self._alone(document, network, prepared=True)

    async def _alone(
        self, document: Document, network: Archive, *, prepared: bool = False
    ) -> Outcome:
        made = wire.build(self.town.wire.config, network, clean)
        with self.town.instance.store.context():
            try:
                if prepared:
                    await prepare(made, network, document)
                return await outcome(made, document)
            finally:
                await self._forget()

    async def _forget(self) -> None:
        async with storage.transaction():
            for table in _WHOLE:
                await storage.execute(f"DELETE FROM {table}")
            for table in _NEW:
                await storage.execute(f"DELETE FROM {table} WHERE id > ?", self.mark)
            await storage.execute("UPDATE groups SET members_count = 2, threads_count = 0")


def to_us_too(document: Document) -> Document:
    """A recorded document over https, as its origin would serve it today."""
    told: Document = json.loads(json.dumps(document).replace('"http://', '"https://'))
    return told


def _uris(document: Document) -> set[str]:
    return set(re.findall(r'"(https?://[^"]+)"', json.dumps(document)))


async def outcome(made: Wire, document: Document) -> Outcome:
    """What the door and then the processor make of it."""
    body = strict_json.dumps(document)
    try:
        activity = gate.read_document([("content-type", ACTIVITY_JSON)], body)
        host = await gate.admit(made, activity)
    except FederationError as error:
        return Outcome.of("refused", str(error))
    await receive(made, Arrival(activity, host, made.uris.shared_inbox, body))
    row = await storage.row(
        "SELECT state, reason FROM receipt WHERE activity_uri = ? ORDER BY id DESC", activity.id
    )
    assert row is not None
    return Outcome.of(row["state"], row["reason"])


async def receive(made: Wire, arrival: Arrival) -> None:
    """Record it as if its signature had verified, and process it."""
    registry = Registry()
    register_all(registry)
    await Recorder(lambda: None).record(arrival)
    await Processor(made, registry, lambda: None).drain()


async def prepare(made: Wire, network: Archive, document: Document) -> None:
    """Make it true that what the activity is about came here before."""
    actor, acts = id_of(document["actor"]), list(acts_in(document))
    for act in acts:
        await made.directory.actor(id_of(act["actor"]))
    group = await Group.get(name="welders")
    if network.people.get(actor) == "Group":
        group = await joined(made, actor, document)
    for act in acts:
        await plant(made, network, group, act)
    await precede(made, document, acts[1] if len(acts) > 1 else None)
    await moderate(made, group, document)


def acts_in(document: Document) -> Iterator[Document]:
    """The activity, the one inside of it, and so on."""
    act: Any = document
    while isinstance(act, dict) and kind_of(act) in ACTIVITY_TYPES and "actor" in act:
        yield act
        act = act.get("object")


async def precede(made: Wire, document: Document, act: Document | None) -> None:
    """What the activity ends must have come first: what it undoes, or the Follow before it."""
    if document["type"] == "Undo" and act and isinstance(act.get("id"), str):
        await outcome(made, act)
    if document["type"] == "Announce" and act and act["type"] == "Undo":
        await outcome(made, document | {"id": f"{document['id']}/1", "object": act["object"]})
    if document["type"] in {"Leave", "Block"} and not document.get("target"):
        follow = {"id": f"{id_of(document['actor'])}/f", "type": "Follow", "object": GROUP}
        await outcome(made, follow | {"actor": document["actor"]})


async def moderate(made: Wire, group: Group, document: Document) -> None:
    """Who bans, or deletes with a reason, is a moderator; whom it is about is known."""
    bans = document["type"] == "Block" and document.get("target")
    if not bans and (document["type"] != "Delete" or not document.get("summary")):
        return
    if bans:
        await made.directory.actor(id_of(document["object"]))
    moderator = await made.directory.actor(id_of(document["actor"]))
    await Member.create(
        id=ids.new(), group_id=group.id, actor_id=moderator.id, state="member", role="moderator"
    )


async def joined(made: Wire, actor: str, document: Document) -> Group:
    """The group elsewhere that acts; Tom asked to be in it, with the Follow that it answers."""
    group = await lookup.remote(await made.directory.actor(actor))
    inner = document.get("object")
    follow = inner if document["type"] in {"Accept", "Reject"} and isinstance(inner, dict) else {}
    tom = await lookup.person("tom")
    async with storage.transaction():
        await membership.asked_elsewhere(group, tom, follow)
    return group


async def plant(made: Wire, network: Archive, group: Group, act: Document) -> None:
    """The posts that the act answers or is about, unless it brings them itself."""
    inner = act.get("object")
    wanted = []
    if act["type"] in _ABOUT and not _is_new(act):
        wanted += [id_of(item) for item in many(inner)]
    if isinstance(inner, dict):
        wanted.append(id_of(inner.get("inReplyTo")))
    for uri in wanted:
        known = uri in network.people or made.uris.is_local(uri)
        if uri.startswith("https://") and not known:
            # Lemmy and Mbin give a reason, if only a space, when it is not the author who deletes.
            own = "" if act.get("summary") else id_of(act.get("actor"))
            await _planted(made, network, group, uri, own)


def _is_new(act: Document) -> bool:
    inner = act.get("object")
    return act["type"] == "Announce" and isinstance(inner, dict)


async def _planted(made: Wire, network: Archive, group: Group, uri: str, actor: str) -> None:
    host = urlsplit(uri).netloc
    author = actor if urlsplit(actor).netloc == host else f"https://{host}/users/somebody"
    network.people.setdefault(author, "Person")
    document = {
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "content": "<p>Planted</p>",
        "to": [PUBLIC],
        "published": "2020-01-01T00:00:00Z",
    }
    believed = Believed(read_object(document), await made.directory.actor(author))
    if not await Post.exists(uri=uri):
        async with storage.transaction():
            await threads.store(group, believed, None, "public")
