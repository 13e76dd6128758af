"""This module makes Polls; one has the id of its post."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fedigroups.content.sanitise import label
from fedigroups.groups import polls
from fedigroups.groups.poll_models import Poll
from fedigroups.mastodon.present.shapes import Entity, date_time


def poll(found: Poll, *, signed_in: bool, is_author: bool, choices: Sequence[int] = ()) -> Entity:
    """The Poll. Whoever made it cannot vote, which clients know by `voted`."""
    counts, shows = json.loads(found.counts), polls.shows_totals(found)
    shown: Entity = {
        "id": str(found.post_id),
        "expires_at": date_time(found.ends_at) if found.ends_at else None,
        "expired": polls.is_over(found),
        "multiple": found.multiple,
        "votes_count": sum(counts),
        "voters_count": found.voters_count,
        "options": [
            {"title": label(title), "votes_count": count if shows else None}
            for title, count in zip(json.loads(found.options), counts, strict=True)
        ],
        "emojis": [],
    }
    own = {"voted": is_author or bool(choices), "own_votes": list(choices)}
    return shown | own if signed_in else shown
