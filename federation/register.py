"""This module writes remote actors and their keys into rows, and decides what replaces what.

Everything here takes documents that were fetched from their own origin; nothing here fetches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from federation import bare, clock, ids, keys, limits, origin, storage, strict_json
from federation.documents import ActorDoc, KeyDoc, kind_of, many, read_actor, uri_of
from federation.errors import Gone, Malformed, NotUsable
from federation.keys import Algorithm, PublicKey
from federation.models import Actor
from federation.watch import NOBODY, Watch

Clean = Callable[[str], str]
"""Makes HTML of a stranger safe to show."""

_CHARS = {"username": 255, "host": 255}
_ALGORITHMS: dict[str, Algorithm] = {"rsa": "rsa", "ed25519": "ed25519"}
_EMBEDDED = frozenset({"owner", "controller", "publicKeyPem", "publicKeyMultibase"})
_KEY_TYPES: dict[str, Algorithm] = {
    "CryptographicKey": "rsa",
    "Key": "rsa",
    "Multikey": "ed25519",
}


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as its row has it; `owner` is the actor's URI."""

    uri: str
    owner: str
    algorithm: Algorithm
    public: str

    def load(self) -> PublicKey:
        """The key, ready to verify with; the loaded ones that were used last are kept."""
        return _loaded(self.uri, self.owner, self.algorithm, self.public)


async def actor(uri: str) -> Actor | None:
    """The row of an actor by its canonical URI, or None."""
    return await bare.one(Actor, "uri = ?", uri)


async def key(uri: str) -> StoredKey | None:
    """A stored key by its id, or None."""
    row = await storage.row(
        "SELECT k.algorithm, k.public, a.uri FROM key k JOIN actor a ON a.id = k.actor_id"
        " WHERE k.uri = ?",
        uri,
    )
    if row is None:
        return None
    return StoredKey(uri, row["uri"], _ALGORITHMS[row["algorithm"]], row["public"])


async def knows(host: str) -> bool:
    """Whether an actor of that host is known here."""
    return await storage.row("SELECT 1 AS one FROM actor WHERE host = ? LIMIT 1", host) is not None


async def materials(actor_uri: str) -> set[tuple[str, str]]:
    """The ids and the public halves of the stored keys of an actor."""
    found = await storage.rows(
        "SELECT k.uri, k.public FROM key k JOIN actor a ON a.id = k.actor_id WHERE a.uri = ?",
        actor_uri,
    )
    return {(row["uri"], row["public"]) for row in found}


async def write(document: dict[str, Any], clean: Clean, watch: Watch = NOBODY) -> Actor:
    """The row of an actor, made or brought up to date from its document; its keys become those.

    `watch` is told, in the same transaction, when an actor that was known has other inboxes now.

    Refuses with `Malformed` what is no actor, with `NotUsable` a document in which an actor that
    is known has lost its inbox or all its keys (a stub, or one that was refused in parts; the row
    stays as it was), with `Gone` an actor that is gone. Idempotent, and safe against racers.
    """
    doc = read_actor(document)
    usable = [found for found in doc.keys if _is_usable(found, doc)]
    apart = listed_apart(document)
    await _check_nothing_is_lost(doc, bool(usable or apart))
    values = _values(doc, clean)
    async with storage.transaction():
        before = await _inboxes(doc.id)
        row = await storage.row(_upsert_sql(values.keys()), *values.values())
        if row is not None:
            await _replace_keys(row["id"], doc, usable, apart)
            if before not in (None, (doc.inbox, doc.shared_inbox)):
                await watch.actor(row["id"])
    return await _written(doc.id)


async def write_key(owner: Actor, found: KeyDoc) -> None:
    """Store a key that has a document of its own and that its owner lists.

    Refuses (`Malformed`) one that is too weak or no public key at all.
    """
    keys.load_public(found.id, found.owner, found.algorithm, found.material)
    await _insert_key(owner.id, found)


async def bury(uri: str, watch: Watch = NOBODY) -> None:
    """Mark a remote actor as gone, and tell `watch` so; nothing brings it back."""
    async with storage.transaction():
        row = await storage.row(
            "UPDATE actor SET state = 'gone' WHERE uri = ? AND NOT local AND state <> 'gone'"
            " RETURNING id",
            uri,
        )
        if row is not None:
            await watch.actor(row["id"])


def read_key(document: dict[str, Any]) -> KeyDoc | None:
    """The key in a document of its own (`CryptographicKey` or `Multikey`); None for any other."""
    algorithm = _KEY_TYPES.get(kind_of(document))
    material = document.get("publicKeyPem" if algorithm == "rsa" else "publicKeyMultibase")
    owner = uri_of(document.get("owner")) or uri_of(document.get("controller"))
    uri = uri_of(document)
    if algorithm is None or not isinstance(material, str) or not (uri and owner):
        return None
    return KeyDoc(uri, owner, algorithm, material)


def listed_apart(document: dict[str, Any]) -> list[str]:
    """The ids of keys that an actor's document lists, and of which their own addresses must tell.

    On a shared host a neighbour's id is easily listed: the document at a key's address decides.
    """
    own = uri_of(document)
    listed = [(uri_of(item), _embeds(item)) for item in _listed(document)]
    return [
        uri
        for uri, embedded in listed
        if origin.same_origin(uri, own) and not _is_told(uri, own, embedded=embedded)
    ]


def lists_apart(row: Actor, key_uri: str) -> bool:
    """Whether the stored document of an actor lists that key as one hosted apart."""
    if not row.document:
        return False
    return key_uri in listed_apart(strict_json.loads(row.document.encode()))


def told(row: Actor, key_uri: str) -> KeyDoc | None:
    """The key of that id in the stored document of an actor, if all of it is there."""
    if not row.document:
        return None
    found = read_actor(strict_json.loads(row.document.encode())).keys
    return next((one for one in found if one.id == key_uri), None)


def _listed(document: dict[str, Any]) -> Iterable[Any]:
    yield from many(document.get("publicKey"))[: limits.KEYS_PER_ACTOR]
    yield from many(document.get("assertionMethod"))[: limits.KEYS_PER_ACTOR]


def _embeds(item: Any) -> bool:
    return isinstance(item, dict) and not _EMBEDDED.isdisjoint(item)


@lru_cache(maxsize=4_096)
def _loaded(uri: str, owner: str, algorithm: Algorithm, public: str) -> PublicKey:
    return keys.load_public(uri, owner, algorithm, public)


def _is_told(key_uri: str, actor_uri: str, *, embedded: bool) -> bool:
    """Whether the actor's own document tells all of the key, at whose address it is, or below."""
    below = embedded and key_uri.startswith(f"{actor_uri}/")
    return origin.without_fragment(key_uri) == actor_uri or below


def _is_usable(found: KeyDoc, doc: ActorDoc) -> bool:
    if found.owner != doc.id or not _is_told(found.id, doc.id, embedded=True):
        return False
    try:
        _loaded(found.id, found.owner, found.algorithm, found.material)
    except Malformed:
        return False
    return True


async def _check_nothing_is_lost(doc: ActorDoc, has_keys: bool) -> None:
    before = await actor(doc.id)
    if before is None:
        return
    if before.inbox and not doc.inbox:
        raise NotUsable(f"{doc.id} had an inbox and now shows none: the row stays as it was")
    if not has_keys and await storage.row("SELECT 1 FROM key WHERE actor_id = ?", before.id):
        raise NotUsable(f"{doc.id} had a key and now shows none of use: the row stays as it was")


async def _inboxes(uri: str) -> tuple[str, str] | None:
    """The inboxes of a known actor, which stay those until the commit."""
    row = await storage.row(
        f"SELECT inbox, shared_inbox FROM actor WHERE uri = ?{storage.held()}",  # noqa: S608 - our own suffix
        uri,
    )
    return (row["inbox"], row["shared_inbox"]) if row is not None else None


async def _written(uri: str) -> Actor:
    row = await actor(uri)
    if row is None or row.state == "gone":
        raise Gone(f"{uri} is gone")
    return row


def _values(doc: ActorDoc, clean: Clean) -> dict[str, Any]:
    document, now = _cleaned(doc.document, clean), clock.now_ms()
    return {
        "id": ids.new(),
        "uri": doc.id,
        "kind": doc.kind,
        "local": False,
        "host": origin.host_of(doc.id)[: _CHARS["host"]],
        "username": doc.username[: _CHARS["username"]],
        "name": doc.name,
        "summary": clean(doc.summary),
        "page_url": doc.url,
        "icon_url": doc.icon_url,
        "banner_url": doc.banner_url,
        "inbox": doc.inbox,
        "shared_inbox": doc.shared_inbox,
        "outbox": doc.outbox,
        "followers": doc.followers,
        "moderators": doc.moderators,
        "featured": doc.featured,
        "moved_to": "",
        "document": strict_json.dumps(document).decode(),
        "state": "live",
        "discoverable": doc.discoverable,
        "indexable": doc.indexable,
        "published_at": min(doc.published or 0, now),
        "updated_at": min(doc.updated or 0, now),
        "fetched_at": now,
    }


def _cleaned(document: dict[str, Any], clean: Clean) -> dict[str, Any]:
    """The document with its `summary` made safe, in every language that it is given in."""
    summary, by_language = document.get("summary"), document.get("summaryMap")
    changed = dict(document)
    if isinstance(summary, str):
        changed["summary"] = clean(summary)
    elif summary is not None:
        del changed["summary"]
    if isinstance(by_language, dict):
        texts = {tag: text for tag, text in by_language.items() if isinstance(text, str)}
        changed["summaryMap"] = {tag: clean(text) for tag, text in texts.items()}
    return changed


_KEPT = frozenset({"id", "uri", "local", "moved_to", "state"})
"""What a document never changes; a move counts only once both ends say so."""


def _upsert_sql(columns: Collection[str]) -> str:
    """An actor of ours, one that is gone and one that was fetched later are left as they are."""
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in _KEPT)
    return (
        f"INSERT INTO actor ({', '.join(columns)}) VALUES ({storage.marks(len(columns))})"  # noqa: S608 - our own column names
        f" ON CONFLICT (uri) DO UPDATE SET {sets}"
        " WHERE NOT actor.local AND actor.state <> 'gone'"
        " AND actor.fetched_at <= excluded.fetched_at RETURNING id"
    )


async def _replace_keys(
    actor_id: int, doc: ActorDoc, usable: list[KeyDoc], apart: list[str]
) -> None:
    kept = [found.id for found in usable] + apart
    sql = "DELETE FROM key WHERE actor_id = ?"
    if kept:
        sql += f" AND uri NOT IN ({storage.marks(len(kept))})"
    await storage.execute(sql, actor_id, *kept)
    for found in usable:
        await _insert_key(actor_id, found)


async def _insert_key(actor_id: int, found: KeyDoc) -> None:
    """Whose address tells of the key has it, whoever had it before."""
    await storage.execute(
        "INSERT INTO key (id, actor_id, uri, algorithm, public, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (uri) DO UPDATE SET actor_id = excluded.actor_id,"
        " algorithm = excluded.algorithm, public = excluded.public,"
        " created_at = excluded.created_at WHERE key.sealed IS NULL",
        ids.new(),
        actor_id,
        found.id,
        found.algorithm,
        found.material,
        clock.now_ms(),
    )
