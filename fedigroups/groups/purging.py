"""This module forgets what came from a host that is blocked: posts, members, pictures, receipts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from federation import storage
from federation.errors import Malformed
from federation.models import Actor
from federation.peers import plain
from federation.wire import Wire
from fedigroups.groups import membership, speaking, threads
from fedigroups.groups.models import Member, Post
from fedigroups.media.copies import Copies

REASON = "Its server is blocked here."
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Purged:
    """What was forgotten, or would be."""

    posts: int
    members: int
    pictures: int
    receipts: int

    @property
    def all(self) -> int:
        """Everything together."""
        return sum(asdict(self).values())


async def found(host: str) -> Purged:
    """What there is of a host."""
    row = await storage.row(
        "SELECT (SELECT COUNT(*) FROM post JOIN actor ON actor.id = post.author_id"
        "   WHERE actor.host = ? AND post.state IN ('live', 'held')) AS posts,"
        " (SELECT COUNT(*) FROM member JOIN actor ON actor.id = member.actor_id"
        "   WHERE actor.host = ? AND member.state IN ('member', 'asked', 'invited')) AS members,"
        " (SELECT COUNT(*) FROM remote_picture WHERE url LIKE ? ESCAPE '\\') AS pictures,"
        " (SELECT COUNT(*) FROM receipt WHERE host = ?"
        "   AND (state = 'received' OR body IS NOT NULL)) AS receipts",
        *(plain(host), plain(host), _of(host), plain(host)),
    )
    return Purged(**row) if row else Purged(0, 0, 0, 0)


async def purge(wire: Wire, copies: Copies, host: str, progress: Progress) -> Purged:
    """Take out its members, remove its posts (their readers are told), forget the rest.

    Refuses (Malformed) a host that is not blocked: it would only send everything again. What is
    done is done when this is stopped; the rest is for the next time.
    """
    if not await wire.peers.is_blocked(host):
        raise Malformed(f"{host} is not blocked: fedigroups peer block {host} comes first")
    there = await found(host)
    posts = Post.filter(author__host=plain(host), state__in=["live", "held"])
    for post in await posts.select_related("thread__group", "author").order_by("-id"):
        await _remove(wire, post)
        progress(1)
    for actor in await Actor.filter(host=plain(host), local=False):
        async with storage.transaction():
            await membership.depart(actor)
    for row in await storage.rows(
        "SELECT digest, key, type FROM remote_picture WHERE url LIKE ? ESCAPE '\\'", _of(host)
    ):
        await copies.drop(row)
        progress(1)
    async with storage.transaction():
        await storage.execute(
            "DELETE FROM receipt WHERE host = ? AND state = 'received'", plain(host)
        )
        await storage.execute("UPDATE receipt SET body = NULL WHERE host = ?", plain(host))
        await storage.execute("DELETE FROM ended WHERE host = ?", plain(host))
    progress(there.members + there.receipts)
    return there


def _of(host: str) -> str:
    """The URLs of a host, for LIKE."""
    name = plain(host).replace("\\", "").replace("%", "").replace("_", "\\_")
    return f"https://{name}/%"


async def _remove(wire: Wire, post: Post) -> None:
    group = post.thread.group
    owners = Member.filter(group_id=group.id, state="member", role="owner", actor__local=True)
    owner = await owners.select_related("actor").first() if group.hosted else None
    if owner is not None:
        await speaking.remove(wire, owner.actor, post, REASON)
        return
    async with storage.transaction():
        await threads.end(post, "deleted", REASON)  # of a group elsewhere nobody here decides
