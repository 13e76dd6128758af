"""This module makes Statuses: posts as their authors', and threads as what a group boosts."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from federation.storage import Row
from fedigroups.content import emoji
from fedigroups.content.hashtags import name_of
from fedigroups.content.sanitise import REL, label, plain, safe_url
from fedigroups.groups.poll_models import Poll
from fedigroups.mastodon.present import accounts, polls
from fedigroups.mastodon.present.shapes import Entity, address, date_time
from fedigroups.media.pictures import Pictures

TEXT_CHARS = 500
VISIBILITY = {"public": "public", "unlisted": "unlisted", "members": "private"}
"""Of what only members read, `private`: a fifth value breaks whole timelines (IceCubes)."""
_KINDS = {"image": "image", "video": "video", "audio": "audio"}
_ENDINGS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif"), "image"),
    **dict.fromkeys(("mp4", "webm", "mov", "m4v"), "video"),
    **dict.fromkeys(("mp3", "ogg", "oga", "opus", "flac", "m4a", "wav"), "audio"),
}


@dataclass(frozen=True, slots=True)
class Marks:
    """What the reader did with a post."""

    favourited: bool = False
    reblogged: bool = False
    bookmarked: bool = False
    muted: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """What the statuses of one answer share: accounts by id, mentions by URI, the reader's marks.

    `signed_in` is False for a stranger, who has no marks. `filtered` is by post.
    """

    pictures: Pictures
    accounts: Mapping[int, Entity]
    mentions: Mapping[str, Entity]
    signed_in: bool = False
    reader_id: int = 0
    marks: Mapping[int, Marks] = field(default_factory=dict)
    filtered: Mapping[int, list[Entity]] = field(default_factory=dict)
    polls: Mapping[int, Poll] = field(default_factory=dict)
    choices: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """What the reader chose in the polls, by post as they are."""

    @property
    def origin(self) -> str:
        """Of all our addresses."""
        return self.pictures.origin


def status(row: Row, company: Company) -> Entity:
    """The Status in a row of `reading.posts`."""
    document = row["said"]
    shown: Entity = {
        "id": str(row["id"]),
        "created_at": date_time(row["published_at"]),
        "in_reply_to_id": str(row["parent_id"]) if row["sees_parent"] else None,
        "in_reply_to_account_id": str(row["parent_author_id"]) if row["sees_parent"] else None,
        "sensitive": bool(row["sensitive"] or row["warning"]),
        "spoiler_text": label(row["warning"]),
        "visibility": VISIBILITY[row["visibility"]],
        "language": row["language"] or None,
        "uri": row["uri"],
        "url": address(row["page_url"], row["uri"]),
        "replies_count": row["replies"],
        "reblogs_count": max(row["boosts_count"], 0),
        "favourites_count": max(row["likes_count"], 0),
        "quotes_count": 0,
        "edited_at": date_time(row["updated_at"]) if row["updated_at"] else None,
        "content": _content(row),
        "reblog": None,
        "account": company.accounts[row["author_id"]],
        "media_attachments": _media(row["id"], row["attachments"], document, company.pictures),
        "mentions": _mentions(document, company),
        "tags": [tag(name, company.origin) for name in hashtags(document)],
        "emojis": accounts.emojis(document, company.pictures),
        "card": None,
        "poll": _poll(row, company),
        "application": None,
    }
    return shown | _marks(row["id"], row["author_id"], company)


def boost(id: int, by: int, at: int, status: Entity, uri: str, company: Company) -> Entity:
    """A Status in which an account boosts another status."""
    return status | {
        "id": str(id),
        "created_at": date_time(at),
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "uri": uri,
        "edited_at": None,
        "content": "",
        "spoiler_text": "",
        "reblog": status,
        "account": company.accounts[by],
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "poll": None,
    }


def tag(
    name: str, origin: str, *, following: bool | None = None, featuring: bool = False
) -> Entity:
    """A Tag; nobody counts how often each is used, so its history is empty."""
    shown: Entity = {
        "id": name,
        "name": name,
        "url": f"{origin}/groups?q={quote(name)}",
        "history": [],
    }
    return shown if following is None else shown | {"following": following, "featuring": featuring}


def hashtags(document: Mapping[str, Any]) -> list[str]:
    """The hashtags of a post's document, lower case, each once."""
    names = [
        name_of(str(one.get("name") or ""))
        for one in emoji.tags(document)
        if one.get("type") == "Hashtag"
    ]
    return [name for name in dict.fromkeys(names) if name]


def named(document: Mapping[str, Any]) -> list[str]:
    """The URIs that a post's document mentions, each once."""
    hrefs = [one.get("href") for one in emoji.tags(document) if one.get("type") == "Mention"]
    return list(dict.fromkeys(href for href in hrefs if isinstance(href, str)))


def edit(row: Row, author: Entity, pictures: Pictures) -> Entity:
    """A StatusEdit: how a post reads, or read, from some moment on."""
    return {
        "content": _content(row),
        "spoiler_text": label(row["warning"]),
        "sensitive": bool(row["sensitive"]),
        "created_at": date_time(row["written_at"]),
        "account": author,
        "media_attachments": _media(row["id"], row["attachments"], {}, pictures),
        "emojis": [],
        "poll": None,
    }


def source(row: Row) -> Entity:
    """A StatusSource: what the author wrote, before it became HTML."""
    said = row["said"].get("source")
    text = said.get("content") if isinstance(said, dict) else None
    return {
        "id": str(row["id"]),
        "text": text if isinstance(text, str) else plain(row["content"]),
        "spoiler_text": label(row["warning"]),
    }


def _content(row: Row) -> str:
    """The words, after the title that peers of the thread family give a post."""
    title = label(row["title"])
    head = f"<p><strong>{html.escape(title)}</strong></p>" if title else ""
    return f"{head}{row['content']}{_links(row['attachments'])}"


def _links(attachments: str) -> str:
    """What a post leads to and no client would show (Lemmy's link posts)."""
    if '"Link"' not in attachments:
        return ""
    urls = [safe_url(one["url"]) for one in orjson.loads(attachments) if one["kind"] == "Link"]
    links = (
        f'<a href="{html.escape(url)}" rel="{REL}">{html.escape(url)}</a>' for url in urls if url
    )
    return "".join(f"<p>{link}</p>" for link in links)


def _media(
    post_id: int, attachments: str, document: Mapping[str, Any], pictures: Pictures
) -> list[Entity]:
    if attachments == "[]":
        return []
    kinds = _media_types(document)
    return [
        _attachment(post_id + place, one, kinds.get(one["url"], ""), pictures)
        for place, one in enumerate(orjson.loads(attachments))
        if one["kind"] != "Link" and safe_url(one["url"])
    ]


def _attachment(id: int, one: Mapping[str, Any], media_type: str, pictures: Pictures) -> Entity:
    """A MediaAttachment; what is no picture is shown from where it is."""
    kind = _KINDS.get(media_type.partition("/")[0].lower()) or _KINDS.get(one["kind"].lower())
    ending = one["url"].partition("?")[0].rpartition(".")[2].lower()
    kind = kind or _ENDINGS.get(ending, "unknown")
    is_picture = kind == "image"
    return {
        "id": str(id),
        "type": kind,
        "url": pictures.shown(one["url"]) if is_picture else one["url"],
        "preview_url": pictures.shown(one["url"], "preview") if is_picture else None,
        "remote_url": None if pictures.is_ours(one["url"]) else one["url"],
        "preview_remote_url": None,
        "text_url": None,
        "meta": _meta(one),
        "description": one["text"] or None,
        "blurhash": one.get("blurhash"),
    }


def _meta(one: Mapping[str, Any]) -> Entity:
    """How large a picture is and what matters in it, as far as that was said."""
    meta: Entity = {}
    if (width := one.get("width")) and (height := one.get("height")):
        size = {"width": width, "height": height}
        meta["original"] = size | {"size": f"{width}x{height}", "aspect": width / height}
    if focus := one.get("focus"):
        meta["focus"] = {"x": focus[0], "y": focus[1]}
    return meta


def _media_types(document: Mapping[str, Any]) -> dict[str, str]:
    listed = document.get("attachment")
    several: Sequence[Any] = listed if isinstance(listed, list) else [listed]
    return {
        one["url"]: one["mediaType"]
        for one in several
        if isinstance(one, dict)
        and isinstance(one.get("url"), str)
        and isinstance(one.get("mediaType"), str)
    }


def _mentions(document: Mapping[str, Any], company: Company) -> list[Entity]:
    """Whom it speaks to, and after them the group that it is for."""
    uris = sorted(named(document), key=lambda uri: uri == document.get("audience"))
    return [company.mentions[uri] for uri in uris if uri in company.mentions]


def _poll(row: Row, company: Company) -> Entity | None:
    found = company.polls.get(row["id"])
    if found is None:
        return None
    return polls.poll(
        found,
        signed_in=company.signed_in,
        is_author=row["author_id"] == company.reader_id,
        choices=company.choices.get(row["id"], ()),
    )


def _marks(post_id: int, author_id: int, company: Company) -> Entity:
    if not company.signed_in:
        return {}
    marks = company.marks.get(post_id, Marks())
    shown: Entity = {
        "favourited": marks.favourited,
        "reblogged": marks.reblogged,
        "bookmarked": marks.bookmarked,
        "muted": marks.muted,
        "filtered": company.filtered.get(post_id, []),
    }
    return shown | ({"pinned": marks.pinned} if author_id == company.reader_id else {})
