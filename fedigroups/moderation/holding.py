"""This module lets new posts wait until a moderator has looked at them."""

from __future__ import annotations

from federation.documents import ObjectDoc
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import membership, policies, threads
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import approval, watching
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide


async def reason(group: Group, author: Actor, document: ObjectDoc) -> str:
    """Why a moderator of the group looks at the author's new post first; empty for no reason."""
    if not group.hosted or author.id == group.actor_id:
        return ""
    if group.approve != "nobody":
        member = await membership.standing(group, author)
        if why := await approval.reason_to_hold(group, member, document):
            return why
    return await _unless_staff(group, author, await watching.reason(group, author, document))


async def reason_of_edit(group: Group, post: Post, document: ObjectDoc) -> str:
    """Why a moderator looks at the newer version of a post that was shown; empty for no reason.

    What the older version had already, nobody looks at again.
    """
    if not group.hosted or post.state != "live":
        return ""
    why = await watching.reason_of_edit(group, post, document)
    if group.approve == "links" and not approval.links_in(post.content):
        why = why or (approval.LINKS if approval.links(document) else "")
    return await _unless_staff(group, post.author, why)


async def _unless_staff(group: Group, author: Actor, why: str) -> str:
    if why and policies.is_staff(await membership.standing(group, author)):
        return ""
    return why


async def hold_edit(wire: Wire, group: Group, post: Post, inner: Inner, why: str) -> None:
    """Let a post wait that was shown before this edit, and tell its author."""
    await threads.hold_back(post)
    await hold(wire, group, post, inner, why)


async def hold(wire: Wire, group: Group, post: Post, inner: Inner | None, why: str) -> None:
    """Let a post wait that was stored as held, and tell its author."""
    await post.fetch_related("author")
    hosted = Hosted(group, await group.actor)
    await decide(wire, Act(kind="hold", hosted=hosted, post=post, inner=inner, text=why))
