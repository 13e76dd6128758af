"""One function for each activity that leaves; each returns a document ready to be serialised.

Shapes follow FEP-1b12 and the peers' own readers; FEDERATION.md lists them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from federation import clock
from federation.documents import Document
from federation.strict_json import dumps
from federation.vocabulary import AS2, PUBLIC, SECURITY


def _activity(uri: str, kind: str, actor: str, to: Sequence[str], **rest: Any) -> Document:
    return {"@context": AS2, "id": uri, "type": kind, "actor": actor, "to": list(to), **rest}


def _in_group(uri: str, kind: str, actor: str, group: str, **rest: Any) -> Document:
    return _activity(uri, kind, actor, [PUBLIC], cc=[group], audience=group, **rest)


def _without_context(document: Mapping[str, Any]) -> Document:
    """As it stands inside of another document, which has the context of both."""
    return {key: value for key, value in document.items() if key != "@context"}


def accept(uri: str, actor: str, to: str, follow: Mapping[str, Any]) -> Document:
    """Accept of a Follow, embedded as it came (PieFed and Mbin read nothing else)."""
    return _activity(uri, "Accept", actor, [to], object=dict(follow))


def reject(uri: str, actor: str, to: str, follow: Mapping[str, Any], reason: str = "") -> Document:
    """Reject of a Follow, before or after its Accept (after: Mastodon unfollows)."""
    rest = {"summary": reason} if reason else {}
    return _activity(uri, "Reject", actor, [to], object=dict(follow), **rest)


def follow(uri: str, actor: str, group: str) -> Document:
    """Follow of a group by a person; one `to`, or Lemmy skips it."""
    return _activity(uri, "Follow", actor, [group], object=group)


def undo(uri: str, undone: Mapping[str, Any], *, cc: Sequence[str] = ()) -> Document:
    """Undo of an activity of the same actor, embedded without its context."""
    inner = _without_context(undone)
    rest: Document = {"cc": list(cc)} if cc else {}
    return _activity(uri, "Undo", inner["actor"], inner.get("to", []), **rest, object=inner)


def audience(followers: str, *, unlisted: bool = False) -> tuple[list[str], list[str]]:
    """`to` and `cc` of what a group says: public, or unlisted with the two changed over."""
    return ([followers], [PUBLIC]) if unlisted else ([PUBLIC], [followers])


def announce(
    uri: str, group: str, followers: str, inner: bytes, *, unlisted: bool = False
) -> bytes:
    """The body of an Announce around an activity, whose bytes stay exactly as they came.

    FEP-1b12: unmodified. Lemmy demands both `to` and `cc`.
    """
    to, cc = audience(followers, unlisted=unlisted)
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
) -> Document:
    """Announce of a post by its id, for microblogs; the author is told by `cc`.

    `published` is never before the post's own (Misskey drops it otherwise).
    """
    to, cc = audience(followers, unlisted=unlisted)
    document = _activity(uri, "Announce", group, to, cc=[*cc, author], object=object_uri)
    document["published"] = clock.rfc3339(max(clock.now_ms(), published_at + 999))
    return document


def approved(body: bytes, approval: str) -> bytes:
    """The same boost with the leave of its post's author, under the names that GoToSocial reads:
    `approvedBy` to 0.20, `announceAuthorization` from 0.21 on."""
    leave = {"approvedBy": approval, "announceAuthorization": approval}
    return dumps(json.loads(body) | leave)


def create(uri: str, document: Mapping[str, Any]) -> Document:
    """Create of an object of a person of ours, addressed as the object is."""
    return _carrying("Create", uri, document)


def ballot(uri: str, note: str, question: str, author: str, option: str) -> Document:
    """Create of a vote in a poll, as Mastodon sends it: no content, to the author alone."""
    actor = note.partition("#")[0]
    vote = {
        "id": note,
        "type": "Note",
        "attributedTo": actor,
        "to": [author],
        "name": option,
        "inReplyTo": question,
    }
    return _activity(uri, "Create", actor, [author], object=vote)


def update(uri: str, document: Mapping[str, Any]) -> Document:
    """Update of an object of a person of ours, addressed as the object is."""
    return _carrying("Update", uri, document)


def _carrying(kind: str, uri: str, document: Mapping[str, Any]) -> Document:
    inner = _without_context(document)
    activity = _activity(uri, kind, inner["attributedTo"], inner["to"], cc=inner["cc"])
    activity["@context"] = document["@context"]
    if "audience" in inner:
        activity["audience"] = inner["audience"]
    activity["published"] = inner.get("updated", inner["published"])
    activity["object"] = inner
    return activity


def delete(uri: str, actor: str, object_uri: str, group: str) -> Document:
    """Delete of a post by its author."""
    tombstone = {"id": object_uri, "type": "Tombstone"}
    return _in_group(uri, "Delete", actor, group, object=tombstone)


def remove(uri: str, moderator: str, object_uri: str, group: str, reason: str) -> Document:
    """Delete of somebody's post by a moderator: told by its `summary` (Lemmy, Mbin)."""
    return _in_group(uri, "Delete", moderator, group, object=object_uri, summary=reason or " ")


def answer(uri: str, kind: str, group: str, came: Mapping[str, Any], reason: str) -> Document:
    """Accept or Reject by a group of the activity in which a post came, with its reason."""
    rest = {"summary": reason} if reason else {}
    return _activity(uri, kind, group, [came["actor"]], object=dict(came), **rest)


def direct_note(uri: str, group: str, to: str, handle: str, html: str, about: str) -> Document:
    """A Note for one person alone: mentioned, or Mastodon does not tell them of it."""
    note: Document = {
        "id": uri,
        "type": "Note",
        "attributedTo": group,
        "to": [to],
        "cc": [],
        "content": html,
        "published": clock.rfc3339(clock.now_ms()),
        "tag": [{"type": "Mention", "href": to, "name": handle}],
    }
    return note | ({"inReplyTo": about} if about else {})


def chat_message(uri: str, by: str, to: str, html: str) -> Document:
    """A private message as Lemmy reads it: of a person or service, to one."""
    return {
        "id": uri,
        "type": "ChatMessage",
        "attributedTo": by,
        "to": [to],
        "content": html,
        "mediaType": "text/html",
        "published": clock.rfc3339(clock.now_ms()),
    }


def flag(
    uri: str, actor: str, to: str, about: str | Sequence[str], text: str, audience: str = ""
) -> Document:
    """Flag of posts or a person, by our instance; Lemmy reads `summary`, Mastodon `content`.

    One `to`, or Lemmy refuses it.
    """
    objects = about if isinstance(about, str) else list(about)
    rest: Document = {"audience": audience} if audience else {}
    return _activity(uri, "Flag", actor, [to], object=objects, summary=text, content=text, **rest)


def create_direct(uri: str, message: Mapping[str, Any]) -> Document:
    """Create of a message for one person alone."""
    return _activity(
        uri, "Create", message["attributedTo"], message["to"], cc=[], object=dict(message)
    )


def undo_act(uri: str, undone: Mapping[str, Any]) -> Document:
    """Undo of a moderator's act, which is embedded whole, in the same group."""
    return undo(uri, undone, cc=undone["cc"]) | {"audience": undone["audience"]}


def block(
    uri: str,
    moderator: str,
    person: str,
    group: str,
    reason: str,
    *,
    until: int = 0,
    takes_posts: bool = False,
) -> Document:
    """A ban: `endTime` is read by Lemmy, `expires` by Mbin; neither for one that does not end."""
    ends = {"endTime": clock.rfc3339(until), "expires": clock.rfc3339(until)} if until else {}
    return _in_group(
        uri,
        "Block",
        moderator,
        group,
        object=person,
        target=group,
        removeData=takes_posts,
        summary=reason or " ",
        **ends,
    )


def lock(uri: str, moderator: str, object_uri: str, group: str, reason: str) -> Document:
    """Lock of a thread, named by the post that starts it (Lemmy, PieFed, Mbin)."""
    return _in_group(uri, "Lock", moderator, group, object=object_uri, summary=reason or " ")


def listing(
    uri: str, kind: str, moderator: str, object_uri: str, target: str, group: str
) -> Document:
    """Add or Remove: `target` is the very URL of the group's collection (Lemmy compares it)."""
    return _in_group(uri, kind, moderator, group, object=object_uri, target=target)


def like(uri: str, actor: str, object_uri: str, group: str, author: str) -> Document:
    """Like of a post in a group."""
    return _activity(uri, "Like", actor, [author], cc=[group], audience=group, object=object_uri)


def update_group(uri: str, actor: str, document: Mapping[str, Any], followers: str) -> Document:
    """Update of a group's profile, by the group itself or (wrapped) by the moderation actor."""
    inner = _without_context(document)
    activity = _activity(uri, "Update", actor, [PUBLIC])
    activity["@context"] = document["@context"]
    activity["cc"] = [followers] if actor == inner["id"] else [inner["id"]]
    activity["audience"] = inner["id"]
    activity["object"] = inner
    return activity


def update_person(uri: str, document: Mapping[str, Any]) -> Document:
    """Update of a person of ours by themselves, with their document as it is served now."""
    inner = _without_context(document)
    activity = _activity(uri, "Update", inner["id"], [PUBLIC], cc=[inner["followers"]])
    return activity | {"@context": document["@context"], "object": inner}


def move(uri: str, old: str, new: str, followers: str) -> Document:
    """Move of a person of ours to another account of theirs (FEP-7628)."""
    return _activity(uri, "Move", old, [followers], object=old, target=new)


def delete_actor(uri: str, actor: str, followers: str) -> Document:
    """Delete of an actor of ours by itself."""
    return _activity(uri, "Delete", actor, [PUBLIC], cc=[followers], object=actor)
