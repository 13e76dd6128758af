"""This module decides which posts a moderator of the group looks at before others do."""

from __future__ import annotations

import re

from federation import storage
from federation.documents import Document, ObjectDoc, read_question
from federation.origin import host_of, host_or_empty
from fedigroups.content.catalogues import noted
from fedigroups.content.sanitise import clean, plain
from fedigroups.groups import attachments, policies
from fedigroups.groups.models import Group, Member

EVERYONE = noted("moderators of this group look at each post first")
LINKS = noted("moderators of this group look at posts with links first")
NEWCOMERS = noted("moderators of this group look at the first posts of everybody who is new")

_ANCHOR = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.S)
"""As `clean` writes it: of what strangers write this would cost the square of its length."""
_NAMES = frozenset({"@", "!", "#"})
_BARE = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.I)


async def reason_to_hold(group: Group, member: Member | None, document: ObjectDoc) -> str:
    """Why the post waits for a moderator, as its author is told; empty when it does not."""
    if group.approve == "nobody" or policies.is_staff(member):
        return ""
    if group.approve == "everyone":
        return EVERYONE
    if group.approve == "links":
        return LINKS if links(document) else ""
    if await _shown(group, document.attributed_to, group.newcomer_posts) < group.newcomer_posts:
        return NEWCOMERS
    return ""


async def _shown(group: Group, author_uri: str, most: int) -> int:
    """How many posts of the author are shown in the group; no more than `most` are counted."""
    found = await storage.rows(
        "SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM post p JOIN actor a"
        " ON a.id = p.author_id JOIN thread t ON t.id = p.thread_id WHERE a.uri = ?"
        " AND t.group_id = ? AND p.state = 'live' LIMIT ?) AS shown",
        *(author_uri, group.id, most),
    )
    return int(found[0]["count"])


def links(document: ObjectDoc) -> set[str]:
    """Where the post leads to, but for people and hashtags that it names."""
    named = {host_of(tag.href) for tag in document.tags if tag.href} | {host_of(document.id)}
    content = clean(document.content)
    found = {
        href
        for href, words in _ANCHOR.findall(content)
        if not (plain(words).strip()[:1] in _NAMES and host_or_empty(href) in named)
    }
    text = plain(_ANCHOR.sub(" ", content))
    found |= set(_BARE.findall(f"{document.name} {document.summary} {text} {beside(document)}"))
    return found | {part.url for part in document.attachments if part.kind == "Link"}


def beside(document: ObjectDoc) -> str:
    """What the post says beside its words: the options of its poll, the texts of its pictures."""
    pictures = [part.text for part in attachments.shown(attachments.kept(document))]
    return " ".join((*options(document.document), *pictures))


def options(document: Document) -> tuple[str, ...]:
    """What can be chosen in the poll of a document."""
    poll = read_question(document)
    return poll.options if poll else ()


def leads_elsewhere(before: ObjectDoc, after: ObjectDoc) -> bool:
    """Whether the newer version leads to where the older one did not."""
    return not links(after) <= links(before)


def links_in(content: str) -> frozenset[str]:
    """Where the content of a stored post leads to, which is clean; people and hashtags left out."""
    if "<a " not in content and "://" not in content and "www." not in content:
        return frozenset()
    found = {
        href for href, words in _ANCHOR.findall(content) if plain(words).strip()[:1] not in _NAMES
    }
    rest = _ANCHOR.sub(" ", content)
    if "://" in rest or "www." in rest:
        found |= set(_BARE.findall(plain(rest)))
    return frozenset(found)
