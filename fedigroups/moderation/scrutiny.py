"""This module decides which posts and edits a moderator looks at before others do, and why."""

from __future__ import annotations

from federation import storage
from federation.documents import ObjectDoc, read_object, read_question
from federation.models import Actor
from federation.peers import with_parents
from federation.strict_json import loads
from fedigroups.content.catalogues import noted
from fedigroups.groups import membership, policies, threads
from fedigroups.groups.models import Group, Post
from fedigroups.moderation import approval, watching

LIMITED = noted("what people of your server write is looked at by a moderator first")


async def reason(group: Group, author: Actor, document: ObjectDoc) -> str:
    """Why a moderator of the group looks at the author's new post first; empty for no reason."""
    if not group.hosted or author.id == group.actor_id:
        return ""
    if group.approve != "nobody":
        member = await membership.standing(group, author)
        if why := await approval.reason_to_hold(group, member, document):
            return why
    why = LIMITED if await _is_limited(author) else ""
    why = why or await watching.reason(group, author, document)
    return await _unless_staff(group, author, why)


async def reason_of_edit(group: Group, post: Post, document: ObjectDoc) -> str:
    """Why a moderator looks at the newer version of a post that was shown; empty for no reason.

    It waits where it would as a new post: else one shows something harmless first, and edits it.
    What the older version had already nobody looks at again, nor at one that reads the same.
    """
    if not group.hosted or post.state != "live" or post.author_id == group.actor_id:
        return ""
    before = read_object(loads(post.document.encode()))
    if _reads_the_same(post, before, document):
        return ""
    if group.approve != "nobody":
        member = await membership.standing(group, post.author)
        why = await approval.reason_to_hold(group, member, document)
        if why and not (why == approval.LINKS and not approval.leads_elsewhere(before, document)):
            return why
    why = LIMITED if await _is_limited(post.author) else ""
    why = why or await watching.reason_of_edit(group, post, document)
    return await _unless_staff(group, post.author, why)


def _reads_the_same(post: Post, before: ObjectDoc, document: ObjectDoc) -> bool:
    """Of a poll what is asked counts, not how it stands."""
    old, new = read_question(before.document), read_question(document.document)
    asks_the_same = (old and old.options) == (new and new.options)
    return asks_the_same and threads.reads_the_same(post, threads.written(document))


async def _is_limited(author: Actor) -> bool:
    if author.local:
        return False
    names = with_parents(author.host)
    sql = f"SELECT 1 AS one FROM peer WHERE limited = ? AND host IN ({storage.marks(len(names))})"  # noqa: S608 - our own marks
    return bool(await storage.at_once(sql, True, *names))


async def _unless_staff(group: Group, author: Actor, why: str) -> str:
    if why and policies.is_staff(await membership.standing(group, author)):
        return ""
    return why
