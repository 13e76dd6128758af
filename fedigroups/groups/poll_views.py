"""This module knows what pages show of polls: plain values, read from rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from fedigroups.content import sanitise
from fedigroups.content.emoji import Emoji
from fedigroups.groups import polls
from fedigroups.groups.poll_models import Poll
from fedigroups.groups.views import PostView


@dataclass(frozen=True, slots=True)
class OptionView:
    """What can be chosen: `share` is of a hundred, `is_chosen` by who looks."""

    name: str
    votes: int
    share: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll, as somebody is shown it; `can_vote` is False for strangers too.

    `refusal` is why somebody may not vote who could choose something else; "" where they may.
    """

    post_id: int
    options: tuple[OptionView, ...]
    multiple: bool
    voters: int
    ends_at: int
    is_over: bool
    shows_totals: bool
    can_vote: bool
    refusal: str
    emoji: Emoji
    """That the options may have."""


async def of(
    posts: Iterable[PostView], actor_id: int = 0, refusal: str = ""
) -> dict[int, PollView]:
    """The polls in these posts, by post: no query where none is live, else two at most.

    `refusal` is why who looks may not vote in the group (`policies.refusal_to_vote`).
    """
    asking = {post.id: post for post in posts if post.kind == "Question" and post.state == "live"}
    found = await polls.by_post(asking)
    chosen = await polls.chosen([*found], actor_id) if found and actor_id else {}
    return {
        id: _view(poll, asking[id], chosen.get(id, ()), actor_id, refusal)
        for id, poll in found.items()
    }


def _view(
    poll: Poll, post: PostView, choices: tuple[int, ...], actor_id: int, refusal: str
) -> PollView:
    is_asked = actor_id not in {0, post.author_id}
    is_open_to_them = is_asked and not choices and not polls.is_over(poll)
    counts = json.loads(poll.counts)
    whole = max(poll.voters_count if poll.multiple else sum(counts), *counts, 1)
    return PollView(
        post_id=poll.post_id,
        options=tuple(
            OptionView(sanitise.label(name), votes, round(100 * votes / whole), place in choices)
            for place, (name, votes) in enumerate(
                zip(json.loads(poll.options), counts, strict=True)
            )
        ),
        multiple=poll.multiple,
        voters=poll.voters_count,
        ends_at=poll.ends_at,
        is_over=polls.is_over(poll),
        shows_totals=polls.shows_totals(poll),
        can_vote=is_open_to_them and not refusal,
        refusal=refusal if is_open_to_them else "",
        emoji=post.emoji,
    )
