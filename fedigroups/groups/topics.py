"""This module knows what groups are about: a few words each, compared as hashtags are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from federation import limits, storage
from federation.documents import Document, many
from federation.errors import Malformed
from fedigroups.content import hashtags

MOST_SHOWN = 50


def typed(text: str) -> str:
    """The topics that a host typed, `#` and commas or not, as they are kept.

    Raises `Malformed` for one that is no hashtag, and for more than `limits.GROUP_TOPICS`.
    """
    words = text.replace(",", " ").split()
    names = dict.fromkeys(map(hashtags.name_of, words))
    if "" in names:
        raise Malformed("a topic is one word of letters and digits, such as welding")
    if len(names) > limits.GROUP_TOPICS:
        raise Malformed("a group has at most {most} topics", most=limits.GROUP_TOPICS)
    return " ".join(names)


def told(document: Document) -> str:
    """The topics of a group elsewhere: the first hashtags of its actor."""
    tags = [tag for tag in many(document.get("tag"))[: limits.TAGS] if isinstance(tag, dict)]
    said = [tag.get("name") for tag in tags if tag.get("type") == "Hashtag"]
    names = dict.fromkeys(hashtags.name_of(name) for name in said if isinstance(name, str))
    return " ".join([name for name in names if name][: limits.GROUP_TOPICS])


def of(kept: str) -> tuple[str, ...]:
    """What was kept, word by word."""
    return tuple(kept.split())


async def liveliest() -> list[str]:
    """The topics of most of the groups that are known here. One query."""
    rows = await storage.rows(
        "SELECT g.topics FROM groups g JOIN actor ga ON ga.id = g.actor_id"
        " WHERE g.topics <> '' AND g.state = 'open' AND ga.discoverable = ?",
        True,
    )
    return _by_number(topic for row in rows for topic in of(row["topics"]))


def _by_number(found: Iterable[str]) -> list[str]:
    counts = Counter(found)
    return sorted(counts, key=lambda topic: (-counts[topic], topic))[:MOST_SHOWN]
