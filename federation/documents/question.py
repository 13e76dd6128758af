"""This module decides what a Question says: what can be chosen, until when, and how it stands.

https://www.w3.org/TR/activitystreams-vocabulary/#dfn-question
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation import clock, limits
from federation.documents.readers import Document, kind_of, many, name_of, time_of

_MOST_VOTES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class QuestionDoc:
    """A poll as its own server tells of it: `votes` are by option, `ends_at` is 0 for no end."""

    options: tuple[str, ...]
    votes: tuple[int, ...]
    multiple: bool
    ends_at: int
    voters: int


def read_question(document: Document) -> QuestionDoc | None:
    """The poll in a Question, None where nothing can be chosen; of equal options, the first."""
    if kind_of(document) != "Question":
        return None
    listed = many(document.get("oneOf")) or many(document.get("anyOf"))
    found: dict[str, int] = {}
    for one in listed[: limits.POLL_OPTIONS_ELSEWHERE]:
        name = name_of(one).strip() if isinstance(one, dict) else ""
        if name:
            found.setdefault(name, _votes(one.get("replies")))
    if not found:
        return None
    voters = _count(document.get("votersCount"))
    return QuestionDoc(
        options=tuple(found),
        votes=tuple(found.values()),
        multiple=not many(document.get("oneOf")),
        ends_at=_end(document),
        voters=voters,
    )


def _votes(replies: Any) -> int:
    return _count(replies.get("totalItems")) if isinstance(replies, dict) else 0


def _count(value: Any) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return min(max(value, 0), _MOST_VOTES) if is_count else 0


def _end(document: Document) -> int:
    """`closed` is when it was ended, or just `true`; both may say more than `endTime`."""
    ends_at, closed = time_of(document.get("endTime")) or 0, document.get("closed")
    if closed is True:
        return min(ends_at or clock.now_ms(), clock.now_ms())
    closed_at = time_of(closed) or 0
    return min(ends_at, closed_at) if ends_at and closed_at else ends_at or closed_at
