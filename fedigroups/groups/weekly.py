"""This module opens, each week, the thread in which a group takes promotion, as its own post.

Its post has its id from the first try on, so that a process that dies meanwhile opens no second.
"""

from __future__ import annotations

from federation import clock, ids, storage
from federation.wire import Wire
from fedigroups.content import catalogues
from fedigroups.groups import speaking
from fedigroups.groups.models import Post
from fedigroups.groups.speaking import Text
from fedigroups.moderation.automatic import PROMOTION
from fedigroups.moderation.models import AutomaticRule

HOUR = 9
"""Of the day, by UTC."""
LEASE_MS = 10 * clock.MINUTE
"""How long no other worker tries what one has tried."""


async def open_due(wire: Wire) -> int:
    """Open each thread of this week that is not there yet; how many were."""
    weekly = AutomaticRule.filter(kind="weekly", group__hosted=True, group__state="open")
    rules = await weekly.select_related("group__actor").order_by("id")
    return sum([await _open(wire, rule) for rule in rules])


async def _open(wire: Wire, rule: AutomaticRule) -> bool:
    now = clock.now_ms()
    due = latest(rule.amount, now)
    if due < rule.created_at:
        return False
    row = await storage.row(
        "INSERT INTO promotion_thread (id, group_id, due_at, tried_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (group_id, due_at) DO UPDATE SET tried_at = excluded.tried_at"
        " WHERE promotion_thread.tried_at <= ? RETURNING id",
        *(ids.new(), rule.group_id, due, now, now - LEASE_MS),
    )
    if row is None or await Post.exists(id=row["id"]):
        return False
    group = rule.group
    text = Text(
        catalogues.saying(group.language)(PROMOTION), rule.words.splitlines()[0], id=row["id"]
    )
    await speaking.write(wire, group.actor, group, text)
    return True


def latest(day: int, now: int) -> int:
    """When it last was that day of the week (1: Monday) and that hour."""
    at = clock.moment(now)
    midnight = now - now % clock.DAY
    due = midnight - (at.isoweekday() - day) % 7 * clock.DAY + HOUR * clock.HOUR
    return due if due <= now else due - 7 * clock.DAY
