"""This module says what happened to whoever has a stream open, once it is committed.

A word is said in the transaction of the act. It goes on the bus after the commit, and nowhere if
there is none; it only names rows, which whoever hears it reads with the rights of its listeners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from federation import storage
from fedigroups.changes import Watched

Kind = Literal["post", "edit", "gone", "notice", "read", "filters", "push"]
"""A post came, reads otherwise, or is gone; somebody is notified, or read what they were notified
of; their filters are others; there is something to push."""
_KINDS = frozenset(get_args(Kind))
_MOST = 100
"""Ids in one word: a payload of the bus has 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class Word:
    """What happened, and the ids of the rows that it is about."""

    kind: Kind
    ids: tuple[int, ...]


def say(kind: Kind, *ids: int) -> None:
    """Have it said when the running transaction is committed; outside of one, at once."""
    cast(Watched, storage.connection()).say(" ".join((kind, *map(str, ids[:_MOST]))).encode())


def ended(post_id: int, known_as: Sequence[int]) -> None:
    """A post is gone from where `known_as` are the ids that clients know."""
    say("gone", post_id, *known_as)


def read(payload: bytes) -> Word | None:
    """The word in a payload of the bus; None for what this version does not know."""
    kind, *ids = payload.decode("ascii", "replace").split(" ")
    if kind not in _KINDS or not all(id.isdigit() for id in ids):
        return None
    return Word(cast(Kind, kind), tuple(map(int, ids)))
