"""This module writes the documents of our actors and posts, so that every peer's reader takes them.

Each field here breaks somebody when it is missing or shaped otherwise: see FEDERATION.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from federation import clock
from federation.documents import Document
from federation.keys import FRAGMENTS, Keyring
from federation.models import Actor
from federation.uris import Uris
from federation.vocabulary import AS2, PUBLIC
from fedigroups.accounts import looks
from fedigroups.content import facts
from fedigroups.content.languages import name_of
from fedigroups.groups import topics
from fedigroups.groups.models import Group, Post
from fedigroups.media.models import Media

CONTEXT: list[Any] = [
    AS2,
    "https://w3id.org/security/v1",
    "https://w3id.org/security/multikey/v1",
    "https://purl.archive.org/socialweb/webfinger",
    {
        "lemmy": "https://join-lemmy.org/ns#",
        "toot": "http://joinmastodon.org/ns#",
        "sc": "http://schema.org/",
        "sensitive": "as:sensitive",
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "moderators": {"@id": "lemmy:moderators", "@type": "@id"},
        "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
        "language": "sc:inLanguage",
        "identifier": "sc:identifier",
    },
]
MOVING_TERMS = {
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
}
POST_CONTEXT: list[Any] = [
    AS2,
    {"sensitive": "as:sensitive", "Hashtag": "as:Hashtag"},
]
PICTURE_CONTEXT: list[Any] = [
    AS2,
    {
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "toot": "http://joinmastodon.org/ns#",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    },
]


_OF_THE_SUSPENDED = frozenset(
    {"id", "type", "preferredUsername", "inbox", "outbox", "publicKey", "assertionMethod"}
)


async def actor_document(actor: Actor, keyring: Keyring, uris: Uris) -> Document:
    """What every local actor's document holds: inboxes, keys, names, times."""
    keys = await keyring.public(actor.uri)
    pictures = {"icon": actor.icon_url, "image": actor.banner_url}
    beside = await looks.of(actor.id)
    stated, moving = facts.own(beside["pairs"]), _moving(actor, beside["aliases"].split())
    terms = [*([facts.TERMS] if stated else []), *([MOVING_TERMS] if moving else [])]
    return {
        "@context": [*CONTEXT, *terms],
        "id": actor.uri,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "webfinger": uris.handle(actor.username),
        "name": actor.name or actor.username,
        "summary": actor.summary,
        "url": actor.page_url or actor.uri,
        "inbox": actor.inbox,
        "outbox": uris.outbox(actor.uri),
        "followers": uris.followers(actor.uri),
        "following": uris.following(actor.uri),
        "endpoints": {"sharedInbox": uris.shared_inbox},
        "manuallyApprovesFollowers": False,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "publicKey": {
            "id": actor.uri + FRAGMENTS["rsa"],
            "owner": actor.uri,
            "publicKeyPem": keys["rsa"],
        },
        "assertionMethod": [
            {
                "id": actor.uri + FRAGMENTS["ed25519"],
                "type": "Multikey",
                "controller": actor.uri,
                "publicKeyMultibase": keys["ed25519"],
            }
        ],
        "published": clock.rfc3339(actor.published_at),
        "updated": clock.rfc3339(actor.updated_at or actor.published_at),
        **{field: {"type": "Image", "url": url} for field, url in pictures.items() if url},
        **({"attachment": facts.written(stated)} if stated else {}),
        **moving,
    }


def _moving(actor: Actor, aliases: list[str]) -> Document:
    """Other accounts of the same person, and the one where they live now (FEP-7628)."""
    moving: Document = {"alsoKnownAs": aliases} if aliases else {}
    return moving | ({"movedTo": actor.moved_to} if actor.moved_to else {})


async def suspended_document(actor: Actor, keyring: Keyring, uris: Uris) -> Document:
    """Of somebody who is suspended here: that they are, and how what they signed is verified."""
    document = await actor_document(actor, keyring, uris)
    kept = {key: value for key, value in document.items() if key in _OF_THE_SUSPENDED}
    context = [*CONTEXT, {"suspended": "toot:suspended"}]
    return kept | {"@context": context, "suspended": True, "name": "", "summary": ""}


async def group_document(group: Group, actor: Actor, keyring: Keyring, uris: Uris) -> Document:
    """A hosted group as Lemmy, Mastodon and the rest read it (wire order is of no matter).

    An approval group that posts publicly says `manuallyApprovesFollowers: false` and delays its
    Accept: Lemmy reads `true` as a private group.
    """
    document = await actor_document(actor, keyring, uris)
    document |= {
        "name": group.title,
        "summary": group.summary_html,
        "source": {"content": group.summary, "mediaType": "text/markdown"},
        "mediaType": "text/html",
        "attributedTo": uris.moderators(actor.uri),
        "moderators": uris.moderators(actor.uri),
        "featured": uris.featured(actor.uri),
        "postingRestrictedToMods": group.post_policy == "moderators",
        "sensitive": False,
        "language": [{"identifier": group.language, "name": name_of(group.language)}],
    }
    if group.description:
        document["description"] = group.description
    if group.topics:
        document["@context"] = [*document["@context"], {"Hashtag": "as:Hashtag"}]
        document["tag"] = [_hashtag(topic, uris) for topic in topics.of(group.topics)]
    for field, url in (("icon", group.icon_url), ("image", group.banner_url)):
        if url:
            document[field] = {"type": "Image", "url": url}
    return document


def post_document(
    post: Post,
    author: Actor,
    group: Actor,
    *,
    uris: Uris,
    parent: Post | None,
    source: str,
    mentions: list[Actor],
    context: str,
    hashtags: Sequence[str] = (),
    media: Sequence[Media] = (),
) -> Document:
    """A post of a person of ours: addressed to all, the group, and whom it answers and names.

    An unlisted one has the public and the group's followers changed over; one for members alone
    goes to no public. A titled thread starter is a Page, as the thread family writes it; anything
    else a Note.
    """
    told = list(dict.fromkeys(actor.uri for actor in mentions))
    to, cc = _audience(post, group.followers or uris.followers(group.uri))
    document: Document = {
        "@context": PICTURE_CONTEXT if media else POST_CONTEXT,
        "id": post.uri,
        "type": post.kind,
        "attributedTo": author.uri,
        "to": [group.uri, *to],
        "cc": [*cc, *told],
        "audience": group.uri,
        "content": post.content,
        "mediaType": "text/html",
        "source": {"content": source, "mediaType": "text/markdown"},
        "url": post.page_url,
        "sensitive": post.sensitive,
        "published": clock.rfc3339(post.published_at),
        "tag": [
            *(_mention(actor) for actor in [group, *mentions]),
            *(_hashtag(name, uris) for name in hashtags),
        ],
    }
    if media:
        document["attachment"] = [_picture(one) for one in media]
    if context:
        document["context"] = context
    return document | _optional(post, parent)


def _optional(post: Post, parent: Post | None) -> Document:
    """What some posts have and others have not."""
    document: Document = {}
    if post.title:
        document["name"] = post.title
    if post.warning:
        document["summary"] = post.warning
    if post.language:
        document["language"] = {"identifier": post.language, "name": name_of(post.language)}
        document["contentMap"] = {post.language: post.content}
    if parent is not None:
        document["inReplyTo"] = parent.uri
    if post.updated_at:
        document["updated"] = clock.rfc3339(post.updated_at)
    return document


def _audience(post: Post, followers: str) -> tuple[list[str], list[str]]:
    if post.visibility == "members":
        return [followers], []
    return ([followers], [PUBLIC]) if post.visibility == "unlisted" else ([PUBLIC], [followers])


def _picture(media: Media) -> Document:
    """A picture as Mastodon writes it; the thread family reads it by its media type."""
    document: Document = {
        "type": "Document",
        "mediaType": media.type,
        "url": media.url,
        "name": media.description or None,
        "width": media.width,
        "height": media.height,
        "blurhash": media.blurhash,
    }
    if (media.focus_x, media.focus_y) != (0.0, 0.0):
        document["focalPoint"] = [media.focus_x, media.focus_y]
    return document


def _mention(actor: Actor) -> Document:
    return {"type": "Mention", "href": actor.uri, "name": f"@{actor.handle}"}


def _hashtag(name: str, uris: Uris) -> Document:
    return {"type": "Hashtag", "href": uris.hashtag(name), "name": f"#{name}"}


def tombstone(uri: str, former: str, deleted_at: int) -> Document:
    """What is served, with 410, where something was."""
    return {
        "@context": AS2,
        "id": uri,
        "type": "Tombstone",
        "formerType": former,
        "deleted": clock.rfc3339(deleted_at),
    }
