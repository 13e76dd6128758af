"""This module lets people here vote: in our own polls, and by a message in those of others."""

from __future__ import annotations

import json
from collections.abc import Sequence

from federation import ids, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import membership, policies, polls, sending
from fedigroups.groups.models import Post
from fedigroups.groups.visibility import can_see
from outbox import build
from outbox.publish import Draft, Outgoing, publish


async def vote(wire: Wire, actor: Actor, post: Post, choices: Sequence[int]) -> None:
    """Choose in a post's poll, by the places of the options from 0; it stays chosen.

    Raises `Malformed` for one's own poll, for one that has ended or in which one has voted, for
    what cannot be chosen, and for whoever may not vote in the group (`policies.refusal_to_vote`).
    """
    await post.fetch_related("thread__group", "author")
    group = post.thread.group
    member = await membership.standing(group, actor)
    if post.state != "live" or not can_see(policies.viewer(actor, member), post):
        raise Malformed("the poll is gone")
    if post.author_id == actor.id:
        raise Malformed("you cannot vote in your own poll")
    if refusal := policies.refusal_to_vote(group, member):
        raise Malformed(
            "{who} cannot vote in {group}: {refusal}",
            who=actor.handle,
            group=group.name,
            refusal=refusal,
        )
    async with storage.transaction():
        await polls.cast(post, actor, choices)
        if not post.author.local:
            await _send(wire, actor, post, choices)


async def _send(wire: Wire, actor: Actor, post: Post, choices: Sequence[int]) -> None:
    """One message for each choice, to the poll's author alone."""
    poll = await polls.of(post.id)
    if poll is None:
        return
    options = json.loads(poll.options)
    drafts: list[Draft] = []
    for choice in choices:
        uri = wire.uris.activity(ids.new())
        document = build.ballot(
            uri, f"{actor.uri}#ballots/{ids.new()}", post.uri, post.author.uri, options[choice]
        )
        outgoing = Outgoing(uri, actor.uri, "Create", dumps(document), public=False)
        drafts.append(Draft(outgoing, (sending.direct(post.author, "vote", post.uri),)))
    await publish(drafts)
