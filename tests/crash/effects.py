"""This module knows what an activity that arrived should have brought about, all or nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from federation import storage


@dataclass(repr=False)
class Effects:
    """What is there at one moment, counted."""

    posts: Counter[str]
    boosts: Counter[tuple[str, str]]
    """By stream and post."""
    votes: Counter[str]
    """By the activity that gave them."""
    accepts: Counter[str]
    rejects: Counter[str]
    """By the Follow that they answer."""

    def repeated(self) -> Iterator[str]:
        """What a group said twice."""
        for (stream, post), count in self.boosts.items():
            if count > 1:
                yield f"{post} was announced {count} times on {stream}"

    def wrong(self, said: dict[str, Any], state: str) -> Iterator[str]:
        """What is there of an activity whose receipt is in this state, and should not be.

        Or should be: the effects of what is `done` are all there, once, and of nothing else any.
        """
        uri, done = said["id"], int(state == "done")
        if said["type"] == "Create":
            post = said["object"]["id"]
            announced = int(any(about == post for _, about in self.boosts))
            if (self.posts[post], announced) != (done, done):
                yield f"{uri} is {state}: {self.posts[post]} posts, {announced} announcements"
        elif said["type"] == "Follow":
            accepts, answers = self.accepts[uri], self.accepts[uri] + self.rejects[uri]
            if accepts > 1 or bool(answers) != bool(done):
                yield f"{uri} is {state}: {accepts} Accepts, {answers} answers"
        elif said["type"] == "Like" and self.votes[uri] > int(state not in {"absent", "received"}):
            # a second Like of the same post by the same person is `ignored`, and names the vote
            yield f"{uri} is {state} and counted {self.votes[uri]} times"


async def read_effects() -> Effects:
    """What is there, by the ambient database."""
    return Effects(
        posts=Counter(row["uri"] for row in await storage.rows("SELECT uri FROM post")),
        boosts=Counter(
            (row["stream"], row["object_uri"])
            for row in await storage.rows(
                "SELECT stream, object_uri FROM log_entry WHERE kind IN ('post', 'reply')"
                " AND undoes = 0 AND stream LIKE 'group:%'"
            )
        ),
        votes=Counter(
            row["activity_uri"] for row in await storage.rows("SELECT activity_uri FROM reaction")
        ),
        accepts=await _answers("Accept"),
        rejects=await _answers("Reject"),
    )


async def _answers(kind: str) -> Counter[str]:
    rows = await storage.rows("SELECT body FROM activity WHERE kind = ?", kind)
    return Counter(json.loads(bytes(row["body"]))["object"]["id"] for row in rows)
