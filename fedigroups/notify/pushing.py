"""This module decides which devices are woken for a notification, in the transaction of the act."""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from federation import clock, ids, storage
from federation.storage import Row
from fedigroups import news

_JOINED = (
    "EXISTS (SELECT 1 FROM member m JOIN groups g ON g.id = m.group_id"
    " WHERE m.actor_id = {follower} AND g.actor_id = {group} AND m.state = 'member')"
)
_WANTED = (
    "SELECT s.id FROM push_subscription s WHERE s.actor_id = ?"
    " AND ' ' || s.alerts || ' ' LIKE ? AND (s.policy = 'all'"
    f" OR (s.policy = 'followed' AND {_JOINED.format(follower='s.actor_id', group='?')})"
    f" OR (s.policy = 'follower' AND {_JOINED.format(follower='?', group='s.actor_id')}))"
)


async def queue(notice: Row) -> None:
    """Have it pushed wherever its kind and sender are wanted. One query where nowhere."""
    sender_id = notice["sender_id"]
    wanted = await storage.rows(
        _WANTED, *(notice["actor_id"], f"% {notice['kind']} %", sender_id, sender_id)
    )
    if not wanted:
        return
    await storage.execute_many(
        "INSERT INTO push_message (id, subscription_id, notification_id, tries, next_try_at,"
        " created_at) VALUES (?, ?, ?, 0, 0, ?)",
        [(ids.new(), row["id"], notice["id"], clock.now_ms()) for row in wanted],
    )
    news.say("push")
