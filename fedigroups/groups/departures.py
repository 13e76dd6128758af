"""This module decides what follows when an inbox answers 410: an actor has left, or only an inbox.

The actor's own document decides, read anew at its origin. Where that says nothing of the kind, a
personal inbox is believed once it said so on `DAYS` days. A shared inbox speaks for nobody: its
host rests, and is tried again for ever (Misskey gives such a host up for good).
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from federation import clock, storage
from federation.errors import FederationError, Gone
from federation.models import Actor
from federation.origin import host_of
from federation.wire import Wire
from fedigroups.groups import membership
from fedigroups.groups.models import Group
from outbox import lanes, rest

DAYS = 3
"""On how many days a personal inbox must have said 410 before its owner is no longer a member."""
READ_ANEW = 10
"""Members behind a shared inbox who are read anew at a time, the stalest first."""
PAUSE = 10 * clock.MINUTE
"""Between two such looks at one inbox."""
KEPT = 14 * clock.DAY
"""After this time without another 410 the days are counted from one again."""
RESTS = (clock.DAY, 7 * clock.DAY)
"""How long a host rests when its shared inbox says 410: at first, and from the third day on."""

log = structlog.get_logger("fedigroups.groups")


async def inbox_gone(wire: Wire, inbox: str) -> None:
    """An inbox answered 410. Fetches, so never inside a transaction."""
    days = await _count(inbox)
    if days == 0:
        return
    some = await _owners(inbox)
    if len(some) == 1:
        await _lost(wire, some[0], inbox, days)
    elif some := some or await _behind(inbox):
        await _shared_lost(wire, inbox, some, days)


async def end(actor: Actor) -> None:
    """An actor elsewhere is no more, as its origin or itself says: inside a transaction."""
    await Actor.filter(id=actor.id, local=False).update(state="gone")
    await membership.depart(actor)
    await Group.filter(actor_id=actor.id, hosted=False).update(state="closed")


async def forget() -> None:
    """Forget the inboxes that have not said it again for `KEPT`."""
    await storage.execute("DELETE FROM lost_inbox WHERE seen_at < ?", clock.now_ms() - KEPT)


async def _lost(wire: Wire, owner: Actor, inbox: str, days: int) -> None:
    now = await _read_anew(wire, owner)
    if now is not None and now.inbox == inbox and days >= DAYS:
        log.info("group.unreachable_member", actor=owner.uri, inbox=inbox, days=days)
        async with storage.transaction():
            await membership.depart(owner)


async def _shared_lost(wire: Wire, inbox: str, some: Sequence[Actor], days: int) -> None:
    host = host_of(inbox)
    await rest.pause(host, RESTS[days >= DAYS])
    log.warning("group.shared_inbox_gone", peer=host, inbox=inbox, days=days)
    await wire.peers.ask_again(host)
    found = [await _read_anew(wire, actor) for actor in some]
    if any(actor is not None and actor.delivery_inbox != inbox for actor in found):
        await lanes.wake(host)


async def _read_anew(wire: Wire, actor: Actor) -> Actor | None:
    """The actor as its origin has it now, as we had it when that cannot be had, None when gone."""
    try:
        return await wire.directory.refresh(actor.uri)
    except Gone as gone:
        log.info("group.member_gone", actor=actor.uri, status=gone.status)
        async with storage.transaction():
            await (end(actor) if gone.status == 410 else membership.depart(actor))
        return None
    except FederationError as error:
        log.info("group.member_not_read", actor=actor.uri, reason=str(error))
        return actor


async def _count(inbox: str) -> int:
    """On how many days the inbox said it, today included; 0 when it was looked at just now."""
    now = clock.now_ms()
    row = await storage.row(
        "INSERT INTO lost_inbox (inbox, days, seen_at) VALUES (?, 1, ?) ON CONFLICT (inbox) DO"
        " UPDATE SET seen_at = excluded.seen_at, days = CASE"
        " WHEN lost_inbox.seen_at < ? THEN 1"
        " WHEN lost_inbox.seen_at / 86400000 < excluded.seen_at / 86400000"
        " THEN lost_inbox.days + 1 ELSE lost_inbox.days END"
        " WHERE lost_inbox.seen_at <= ? RETURNING days",
        inbox,
        now,
        now - KEPT,
        now - PAUSE,
    )
    return int(row["days"]) if row is not None else 0


async def _owners(inbox: str) -> list[Actor]:
    """Whose own inbox it is: one, if it is a personal one."""
    return await Actor.filter(host=host_of(inbox), inbox=inbox, local=False, state="live").limit(
        READ_ANEW
    )


async def _behind(inbox: str) -> list[Actor]:
    """Some of the members who read through a shared inbox."""
    behind = Actor.filter(host=host_of(inbox), local=False, state="live", memberships__inbox=inbox)
    return await behind.distinct().order_by("fetched_at").limit(READ_ANEW)
