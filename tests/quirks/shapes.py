"""Posts in the manner of each software: documents of our own, shaped after what they send.

Each function is given the author and the group, and returns the object; `ACTIVITIES` says how the
Create around it differs from the plain one.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from federation import clock
from federation.vocabulary import AS2, PUBLIC
from servers import GROUP, Member

Document = dict[str, Any]


def _serve(author: Member, document: Document) -> Document:
    parts = urlsplit(document["id"])
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    author.home.serve(path, {"@context": AS2} | document)
    return document


def _now() -> str:
    return clock.rfc3339(clock.now_ms() - 2_000)


def lemmy(author: Member) -> Document:
    """A Page with a link, a language and its own context."""
    page = author.page("Rod ovens", "Are they worth it?")
    return _serve(
        author,
        page
        | {
            "source": {"content": "Are they *worth* it?", "mediaType": "text/markdown"},
            "attachment": [{"type": "Link", "href": "https://shop.example/oven"}],
            "sensitive": False,
            "language": {"identifier": "en", "name": "English"},
            "context": f"{page['id']}/context",
            "tag": [{"type": "Hashtag", "href": page["id"], "name": "#welders"}],
        },
    )


def piefed(author: Member) -> Document:
    """As Lemmy, with words of its own and lists for single things."""
    page = author.page("Rod ovens", "Are they worth it?")
    extra = {"commentsEnabled": True, "nsfl": False, "stickied": False, "genAI": False}
    return _serve(author, page | extra | {"language": {"identifier": "en", "name": "English"}})


def mbin(author: Member) -> Document:
    """The author's followers in cc, the group in to."""
    page = author.page("Rod ovens", "Are they worth it?", cc=[f"{author.uri}/followers"])
    extra = {
        "commentsEnabled": True,
        "summary": "Rod ovens #welders",
        "contentMap": {"en": "<p>x</p>"},
    }
    return _serve(author, page | extra)


def nodebb(author: Member) -> Document:
    """Public in to, the group in audience and cc, ids of numbers."""
    return _serve(
        author,
        {
            "id": author.home.url("/post/4711"),
            "type": "Article",
            "to": [PUBLIC],
            "cc": [f"{author.uri}/followers", GROUP],
            "audience": GROUP,
            "inReplyTo": None,
            "published": _now().replace("Z", ".250Z"),
            "url": author.home.url("/post/4711"),
            "attributedTo": author.uri,
            "context": author.home.url("/topic/99"),
            "summary": "<p>Are they…</p>",
            "name": "Rod ovens",
            "preview": {"type": "Note", "attributedTo": author.uri, "content": "<p>Are they…</p>"},
            "content": "<p>Are they worth it?</p>",
            "source": {"content": "Are they worth it?", "mediaType": "text/markdown"},
            "tag": [],
            "attachment": [],
        },
    )


def mobilizon(author: Member) -> Document:
    """An event with a place and a time."""
    return _serve(
        author,
        {
            "id": author.home.url("/events/5e1f"),
            "type": "Event",
            "attributedTo": author.uri,
            "actor": author.uri,
            "to": [GROUP, PUBLIC],
            "cc": [f"{author.uri}/followers"],
            "name": "Open forge",
            "content": "<p>Bring gloves.</p>",
            "mediaType": "text/html",
            "startTime": "2026-03-01T18:00:00+01:00",
            "endTime": None,
            "location": {"type": "Place", "name": "Old smithy", "latitude": 47.1, "longitude": 8.5},
            "joinMode": "free",
            "draft": False,
            "uuid": "5e1f",
            "published": _now(),
        },
    )


def peertube(author: Member) -> Document:
    """A comment in Markdown that mentions the group."""
    return _serve(
        author,
        {
            "type": "Note",
            "id": author.home.url("/videos/watch/77/comments/9"),
            "content": "@welders Are rod ovens *worth* it?",
            "mediaType": "text/markdown",
            "inReplyTo": None,
            "published": _now().replace("Z", ".548Z"),
            "url": author.home.url("/videos/watch/77/comments/9"),
            "attributedTo": author.uri,
            "tag": [{"type": "Mention", "href": GROUP, "name": "@welders@groups.example"}],
            "to": [PUBLIC],
            "cc": [f"{author.uri}/followers"],
        },
    )


def smithereen(author: Member) -> Document:
    """On the wall of the group (FEP-400e): nobody in `to`, the public in `cc`."""
    wall = {"type": "Collection", "id": f"{GROUP}/wall", "attributedTo": GROUP}
    return _serve(
        author,
        {
            "type": "Note",
            "id": author.home.url("/posts/123"),
            "attributedTo": author.uri,
            "content": "<p>Are rod ovens worth it?</p>",
            "published": _now(),
            "url": author.home.url("/posts/123"),
            "to": [],
            "cc": [PUBLIC, GROUP],
            "target": wall,
            "replies": {"type": "Collection", "id": author.home.url("/posts/123/replies")},
            "sensitive": False,
            "likes": author.home.url("/posts/123/likes"),
        },
    )


def misskey(author: Member) -> Document:
    """MFM beside the HTML, and words with an underscore."""
    note = author.note("Are rod ovens worth it?")
    return _serve(
        author,
        note
        | {
            "summary": None,
            "_misskey_summary": None,
            "_misskey_content": "@welders@groups.example Are rod ovens **worth** it?",
            "source": {
                "content": "Are rod ovens **worth** it?",
                "mediaType": "text/x.misskeymarkdown",
            },
            "attachment": [],
            "sensitive": False,
        },
    )


def pleroma(author: Member) -> Document:
    """`actor` on the object, a conversation, and an empty source."""
    note = author.note("Are rod ovens worth it?")
    chat = author.home.url("/contexts/9d2f")
    extra = {"actor": author.uri, "context": chat, "conversation": chat, "source": "", "bcc": []}
    return _serve(author, note | extra | {"summary": "", "sensitive": None, "attachment": []})


def gotosocial(author: Member) -> Document:
    """Single values where others have lists; a policy that allows everybody."""
    note = author.note("Are rod ovens worth it?")
    everybody = {"automaticApproval": PUBLIC, "manualApproval": [], "always": PUBLIC}
    return _serve(
        author,
        note
        | {
            "to": PUBLIC,
            "tag": {"type": "Mention", "href": GROUP, "name": "@welders@groups.example"},
            "attachment": {
                "type": "Video",
                "mediaType": "video/mp4",
                "url": author.home.url("/fileserver/7.mp4"),
                "name": "A rod oven",
            },
            "interactionPolicy": {
                "canAnnounce": everybody,
                "canLike": everybody,
                "canReply": everybody,
            },
            "contentMap": {"en": note["content"]},
            "summary": "",
        },
    )


def friendica(author: Member) -> Document:
    """A thread starter with a title, in the manner of a forum post."""
    note = author.note("Are rod ovens worth it?")
    return _serve(
        author,
        note
        | {
            "id": author.home.url("/objects/a1b2-c3"),
            "name": "Rod ovens",
            "context": author.home.url("/objects/a1b2-c3#context"),
            "conversation": author.home.url("/objects/a1b2-c3#context"),
            "diaspora:guid": "a1b2-c3",
            "directMessage": False,
            "contentMap": {"en": note["content"]},
            "source": {"content": "Are rod ovens worth it?", "mediaType": "text/bbcode"},
            "attachment": [],
            "generator": {"type": "Application", "name": "Friendica", "url": author.home.url("/")},
        },
    )


def wordpress(author: Member) -> Document:
    """An Article whose id is a query, in two languages."""
    content = "<p>Are rod ovens worth it?</p>"
    return _serve(
        author,
        {
            "id": author.home.url("/?p=17"),
            "type": "Article",
            "attributedTo": author.uri,
            "name": "Rod ovens",
            "nameMap": {"en": "Rod ovens"},
            "summary": "A question",
            "summaryMap": {"en": "A question"},
            "content": content,
            "contentMap": {"en": content},
            "url": author.home.url("/2026/01/rod-ovens/"),
            "published": _now(),
            "updated": _now(),
            "to": [PUBLIC, GROUP],
            "cc": [f"{author.uri}/followers"],
            "tag": [{"type": "Mention", "href": GROUP, "name": "@welders@groups.example"}],
            "attachment": [
                {"type": "Image", "url": author.home.url("/oven.jpg"), "mediaType": "image/jpeg"}
            ],
            "replies": {
                "id": author.home.url("/wp-json/activitypub/1.0/replies"),
                "type": "Collection",
            },
            "interactionPolicy": {"canQuote": {"automaticApproval": PUBLIC}},
            "mediaType": "text/html",
        },
    )


def discourse(author: Member) -> Document:
    """A Note with a name and an audience."""
    note = author.note("Are rod ovens worth it?", audience=GROUP)
    return _serve(
        author, note | {"name": "Rod ovens", "context": author.home.url("/ap/collection/1")}
    )


def mastodon(author: Member) -> Document:
    """A plain toot."""
    note = author.note("Are rod ovens worth it?")
    replies = {"id": f"{note['id']}/replies", "type": "Collection", "first": {"items": []}}
    extra = {"atomUri": note["id"], "inReplyToAtomUri": None, "conversation": "tag:m,2026:c=1"}
    return _serve(author, note | extra | {"summary": None, "sensitive": False, "replies": replies})


ALL = {
    make.__name__: make
    for make in (
        discourse,
        friendica,
        gotosocial,
        lemmy,
        mastodon,
        mbin,
        misskey,
        mobilizon,
        nodebb,
        peertube,
        piefed,
        pleroma,
        smithereen,
        wordpress,
    )
}

ACTIVITIES: dict[str, Document] = {
    "discourse": {"audience": GROUP, "cc": [GROUP]},
    "gotosocial": {"to": PUBLIC},
    "misskey": {"published": "2026-01-02T10:00:05.000Z"},
    "pleroma": {"context": "https://p.example/contexts/9d2f", "directMessage": False},
    "smithereen": {"to": [], "cc": [PUBLIC, GROUP]},
}
