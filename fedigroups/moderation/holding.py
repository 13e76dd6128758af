"""This module lets posts wait until a moderator has looked at them."""

from __future__ import annotations

from federation.wire import Wire
from fedigroups.groups import threads
from fedigroups.groups.distribute import Hosted, Inner
from fedigroups.groups.models import Group, Post
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide


async def hold_edit(wire: Wire, group: Group, post: Post, inner: Inner, why: str) -> None:
    """Let a post wait that was shown before this edit, and tell its author."""
    await threads.hold_back(post)
    await hold(wire, group, post, inner, why)


async def hold(wire: Wire, group: Group, post: Post, inner: Inner | None, why: str) -> None:
    """Let a post wait that was stored as held, and tell its author."""
    await post.fetch_related("author")
    hosted = Hosted(group, await group.actor)
    await decide(wire, Act(kind="hold", hosted=hosted, post=post, inner=inner, text=why))
