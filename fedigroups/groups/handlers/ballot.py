"""A vote in a poll: a Note with the name of what is chosen, in reply to the Question (Mastodon)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from federation.documents import ObjectDoc
from federation.errors import Malformed
from fedigroups.groups import membership, policies, polls, threads
from fedigroups.groups.visibility import can_see
from inbox.registry import Outcome, Received, done, ignored


@dataclass(frozen=True, slots=True)
class Paper:
    """What somebody chose in a poll of ours, by their own word."""

    vote: ObjectDoc


def read(received: Received, vote: ObjectDoc) -> Paper | None:
    """The vote; None for one in a poll that is not ours, or told by somebody else."""
    is_own = received.announcer is None and vote.attributed_to == received.actor.uri
    return Paper(vote) if is_own and received.wire.uris.is_local(vote.in_reply_to) else None


async def on_ballot(received: Received, paper: Paper) -> Outcome:
    """Count it, once; nobody is told of it but in the totals."""
    post = await threads.placed(paper.vote.in_reply_to)
    poll = await polls.of(post.id) if post is not None else None
    if post is None or poll is None or not poll.counted_here:
        return ignored("there is no such poll here")
    member = await membership.standing(post.thread.group, received.actor)
    if not can_see(policies.viewer(received.actor, member), post):
        return ignored("there is no such poll here")
    if refusal := policies.refusal_to_vote(post.thread.group, member):
        return ignored(refusal)
    options = json.loads(poll.options)
    name = paper.vote.name.strip()
    try:
        choice = options.index(name) if name in options else -1
        await polls.cast(post, received.actor, [choice])
    except Malformed as refused:
        return ignored(str(refused))
    return done("voted in a poll")
