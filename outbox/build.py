"""One function for each activity that leaves; each returns a document ready to be serialised.

Shapes follow FEP-1b12 and the peers' own readers; FEDERATION.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from federation import clock
from federation.strict_json import dumps
from federation.vocabulary import AS2, PUBLIC

Document = dict[str, Any]

SECURITY = "https://w3id.org/security/v1"


def _activity(uri: str, kind: str, actor: str, to: Sequence[str], **rest: Any) -> Document:
    return {"@context": AS2, "id": uri, "type": kind, "actor": actor, "to": list(to), **rest}


def accept(uri: str, actor: str, to: str, follow: Mapping[str, Any]) -> Document:
    """Accept of a Follow, embedded as it came (PieFed and Mbin read nothing else)."""
    return _activity(uri, "Accept", actor, [to], object=dict(follow))


def reject(uri: str, actor: str, to: str, follow: Mapping[str, Any]) -> Document:
    """Reject of a Follow, before or after its Accept (after: Mastodon unfollows)."""
    return _activity(uri, "Reject", actor, [to], object=dict(follow))


def follow(uri: str, actor: str, group: str) -> Document:
    """Follow of a group by a person; one `to`, or Lemmy skips it."""
    return _activity(uri, "Follow", actor, [group], object=group)


def undo(uri: str, undone: Mapping[str, Any], *, cc: Sequence[str] = ()) -> Document:
    """Undo of an activity of the same actor, embedded without its context."""
    inner = {key: value for key, value in undone.items() if key != "@context"}
    rest: Document = {"cc": list(cc)} if cc else {}
    return _activity(uri, "Undo", inner["actor"], inner.get("to", []), **rest, object=inner)


def audience(group: str, followers: str, *, unlisted: bool = False) -> tuple[list[str], list[str]]:
    """`to` and `cc` of what a group says: public, or unlisted with the two changed over."""
    return ([followers], [PUBLIC]) if unlisted else ([PUBLIC], [followers])


def announce(
    uri: str, group: str, followers: str, inner: bytes, *, unlisted: bool = False
) -> bytes:
    """The body of an Announce around an activity, whose bytes stay exactly as they came.

    FEP-1b12: unmodified. Lemmy demands both `to` and `cc`.
    """
    to, cc = audience(group, followers, unlisted=unlisted)
    envelope = {
        "@context": [AS2, SECURITY],
        "id": uri,
        "type": "Announce",
        "actor": group,
        "to": to,
        "cc": cc,
        "audience": group,
    }
    return dumps(envelope)[:-1] + b',"object":' + inner.strip() + b"}"


def boost(
    uri: str,
    group: str,
    followers: str,
    object_uri: str,
    author: str,
    published_at: int,
    *,
    unlisted: bool = False,
    approved_by: str = "",
) -> Document:
    """Announce of a post by its id, for microblogs; the author is told by `cc`.

    `published` is never before the post's own (Misskey drops it otherwise).
    """
    to, cc = audience(group, followers, unlisted=unlisted)
    document = _activity(uri, "Announce", group, to, cc=[*cc, author], object=object_uri)
    document["published"] = clock.rfc3339(max(clock.now_ms(), published_at + 999))
    if approved_by:
        document["approvedBy"] = approved_by
    return document


def create(uri: str, document: Mapping[str, Any]) -> Document:
    """Create of an object of a person of ours, addressed as the object is."""
    return _carrying("Create", uri, document)


def update(uri: str, document: Mapping[str, Any]) -> Document:
    """Update of an object of a person of ours, addressed as the object is."""
    return _carrying("Update", uri, document)


def _carrying(kind: str, uri: str, document: Mapping[str, Any]) -> Document:
    inner = {key: value for key, value in document.items() if key != "@context"}
    activity = _activity(uri, kind, inner["attributedTo"], inner["to"], cc=inner["cc"])
    activity["@context"] = document["@context"]
    if "audience" in inner:
        activity["audience"] = inner["audience"]
    activity["published"] = inner.get("updated", inner["published"])
    activity["object"] = inner
    return activity


def delete(uri: str, actor: str, object_uri: str, group: str) -> Document:
    """Delete of a post by its author."""
    return _activity(
        uri,
        "Delete",
        actor,
        [PUBLIC],
        cc=[group],
        audience=group,
        object={"id": object_uri, "type": "Tombstone"},
    )


def remove(uri: str, moderator: str, object_uri: str, group: str, reason: str) -> Document:
    """Delete of somebody's post by a moderator: told by its `summary` (Lemmy, Mbin)."""
    return _activity(
        uri,
        "Delete",
        moderator,
        [PUBLIC],
        cc=[group],
        audience=group,
        object=object_uri,
        summary=reason or " ",
    )


def like(uri: str, actor: str, object_uri: str, group: str, author: str) -> Document:
    """Like of a post in a group."""
    return _activity(uri, "Like", actor, [author], cc=[group], audience=group, object=object_uri)


def update_group(uri: str, actor: str, document: Mapping[str, Any], followers: str) -> Document:
    """Update of a group's profile, by the group itself or (wrapped) by the moderation actor."""
    inner = {key: value for key, value in document.items() if key != "@context"}
    activity = _activity(uri, "Update", actor, [PUBLIC])
    activity["@context"] = document["@context"]
    activity["cc"] = [followers] if actor == inner["id"] else [inner["id"]]
    activity["audience"] = inner["id"]
    activity["object"] = inner
    return activity


def delete_actor(uri: str, actor: str, followers: str) -> Document:
    """Delete of an actor of ours by itself."""
    return _activity(uri, "Delete", actor, [PUBLIC], cc=[followers], object=actor)
