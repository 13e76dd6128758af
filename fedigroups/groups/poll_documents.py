"""This module decides how a poll of ours reads on other servers: as a Question, or in words."""

from __future__ import annotations

import html
import json
from typing import Any

from federation import clock
from federation.documents import Document
from federation.strict_json import dumps, loads
from federation.vocabulary import AS2
from fedigroups.groups import polls
from fedigroups.groups.poll_models import Poll

CONTEXT: list[Any] = [
    AS2,
    {
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "toot": "http://joinmastodon.org/ns#",
        "votersCount": "toot:votersCount",
    },
]
_OWN = ("oneOf", "anyOf", "endTime", "closed", "votersCount")


def carrying(document: Document, poll: Poll) -> Document:
    """The post's document as a Question with how the poll stands, as Mastodon writes it.

    What is hidden until the end counts 0: readers expect a number there.
    """
    counts = json.loads(poll.counts)
    shown = counts if polls.shows_totals(poll) else [0] * len(counts)
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
        for name, votes in zip(json.loads(poll.options), shown, strict=True)
    ]
    question = document | {
        "@context": CONTEXT,
        "type": "Question",
        "anyOf" if poll.multiple else "oneOf": options,
        "endTime": clock.rfc3339(poll.ends_at),
        "votersCount": poll.voters_count,
    }
    return question | ({"closed": question["endTime"]} if polls.is_over(poll) else {})


def readable(body: bytes) -> bytes:
    """An activity of ours as the thread family reads it: a Question in it becomes a post in words.

    Lemmy takes no Question, and drops the whole Announce; anything else stays as it is.
    """
    activity = loads(body)
    document = activity.get("object")
    if not isinstance(document, dict) or document.get("type") != "Question":
        return body
    return dumps(activity | {"object": _in_words(document)})


def _in_words(document: Document) -> Document:
    words = {key: value for key, value in document.items() if key not in _OWN}
    is_over = "closed" in document
    listed = [
        f"{one['name']} ({one['replies']['totalItems']})" if is_over else one["name"]
        for one in document.get("oneOf") or document.get("anyOf") or ()
    ]
    url = document.get("url") or document["id"]
    items = "".join(f"<li>{html.escape(one)}</li>" for one in listed)
    end = f'<p><a href="{html.escape(url)}">{html.escape(url)}</a></p>'
    content = f"{document['content']}<ul>{items}</ul>{end}"
    source = "\n".join([document["source"]["content"], "", *(f"- {one}" for one in listed)])
    return words | {
        "type": "Page" if document.get("name") and not document.get("inReplyTo") else "Note",
        "content": content,
        "source": document["source"] | {"content": f"{source}\n\n{url}"},
        **(
            {"contentMap": dict.fromkeys(document["contentMap"], content)}
            if "contentMap" in document
            else {}
        ),
    }
