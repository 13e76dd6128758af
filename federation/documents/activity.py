"""This module decides what an activity says: who did what to which object.

https://www.w3.org/TR/activitypub/#client-to-server-interactions
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation.documents.readers import Document, kind_of, many, one, uri_of
from federation.errors import Malformed
from federation.origin import canonical, host_of


@dataclass(frozen=True, slots=True)
class ActivityDoc:
    """An activity as read; every id is canonical, and "" where there is none to read."""

    id: str
    kind: str
    actor: str
    object: Any
    """As it was sent, but a list of one is that one; a longer list is for `ids_of`."""
    object_id: str
    """The id of the one object; "" when there are several."""
    object_kind: str
    """The type of the object where it is embedded."""
    inner: Document | None
    """The object where it is embedded: its author's word only if it is of the same origin."""
    target: str
    document: Document


def read_activity(document: Document) -> ActivityDoc:
    """What the activity says.

    Refuses (`Malformed`) one without an id, a single type or an actor, with several actors on
    different hosts, with an actor on another host than the id's, or with an object that is a
    number or a boolean. Of an embedded actor nothing but its id is read.
    """
    id = _required_uri(document, "id")
    kind = kind_of(document)
    if not kind:
        raise Malformed("an activity must have exactly one type")
    actor = _actor(document)
    if host_of(actor) != host_of(id):
        raise Malformed(f"the activity {id} is not on the host of its actor {actor}")
    several, what = _object(document.get("object"))
    inner = what if isinstance(what, dict) else None
    return ActivityDoc(
        id=id,
        kind=kind,
        actor=actor,
        object=what,
        object_id="" if several else uri_of(what),
        object_kind=kind_of(inner),
        inner=inner,
        target=uri_of(document.get("target")),
        document=document,
    )


def _required_uri(document: Document, key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise Malformed(f"an activity must have an {key}")
    return canonical(value)


def _actor(document: Document) -> str:
    actors = [uri_of(item) for item in many(document.get("actor"))]
    if not actors or not all(actors):
        raise Malformed("an activity must have an actor, by its URL")
    if len(actors) > 1 and len({host_of(actor) for actor in actors}) > 1:
        raise Malformed("the actors of an activity must be on one host")
    return actors[0]


def _object(value: Any) -> tuple[bool, Any]:
    """Whether there are several objects, and the object or objects."""
    several = isinstance(value, list) and len(many(value)) > 1
    what = many(value) if several else one(value)
    if what is not None and not isinstance(what, str | dict | list):
        raise Malformed("the object of an activity must be a URL or an object")
    return several, what
