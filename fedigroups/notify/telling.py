"""This module writes down whom an act concerns, in the transaction of the act itself.

Only who lives here is notified, and nobody of what they did themselves, of anybody whom they
block, mute, or whose host they block, or of a thread that they mute.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage
from fedigroups import news
from fedigroups.notify import pushing

_NEW = "INSERT INTO notification (id, actor_id, kind, sender_id, post_id, created_at) "
_ONCE = (
    " ON CONFLICT (actor_id, kind, sender_id, post_id) DO NOTHING"
    " RETURNING id, actor_id, kind, sender_id"
)
_WELCOME = (
    "NOT EXISTS (SELECT 1 FROM actor o WHERE o.id = {sender} AND (EXISTS (SELECT 1 FROM stance s"
    " WHERE s.actor_id = told.id AND s.target_id = o.id AND (s.blocked = ? OR s.muted = ?))"
    " OR EXISTS (SELECT 1 FROM blocked_host h WHERE h.actor_id = told.id AND h.host = o.host)))"
)


async def mentioned(
    post_id: int, author_id: int, thread_id: int, uris: Sequence[str], answered_id: int
) -> None:
    """Those of the actors who live here are told that the post names or answers them.

    Of the people of one other host only so many in an hour: a crowd that is made up there floods
    nobody. Its posts are in their threads all the same.
    """
    now = clock.now_ms()
    here = await storage.at_once(
        "SELECT told.id FROM actor told WHERE told.local = ? AND told.kind = 'Person'"
        f" AND (told.id = ? OR told.uri IN ({storage.marks(len(uris)) or '?'})) AND told.id <> ?"
        f" AND {_WELCOME.format(sender='?')}"
        " AND NOT EXISTS (SELECT 1 FROM muted_thread q"
        "   WHERE q.actor_id = told.id AND q.thread_id = ?)"
        " AND (SELECT COUNT(*) FROM notification n JOIN actor s ON s.id = n.sender_id"
        "   WHERE n.actor_id = told.id AND n.kind = 'mention' AND n.created_at > ?"
        "   AND s.local = ? AND s.host = (SELECT host FROM actor WHERE id = ?)) < ?",
        *(True, answered_id, *(uris or [""]), author_id, author_id, True, True, thread_id),
        *(now - clock.HOUR, False, author_id, limits.MENTIONS_PER_HOST),
    )
    for row in here:
        await _note(
            "VALUES (?, ?, 'mention', ?, ?, ?)",
            *(ids.new(), row["id"], author_id, post_id, now),
        )


async def reacted(post_id: int, actor_uri: str, kind: str) -> None:
    """The post's author is told of a `favourite` or a `reblog`, if they live here."""
    await _note(
        "SELECT ?, told.id, ?, a.id, p.id, ? FROM post p"
        " JOIN actor told ON told.id = p.author_id JOIN actor a ON a.uri = ?"
        " WHERE p.id = ? AND told.local = ? AND a.id <> told.id"
        f" AND {_WELCOME.format(sender='a.id')}"
        " AND NOT EXISTS (SELECT 1 FROM muted_thread q"
        "   WHERE q.actor_id = told.id AND q.thread_id = p.thread_id)",
        *(ids.new(), kind, clock.now_ms(), actor_uri, post_id, True, True, True),
    )


async def _note(source: str, *values: object, aloud: bool = True) -> None:
    """Write down what `source` says (VALUES, or a SELECT), each once.

    Aloud: whoever has a stream open is told, and it is pushed to those who have none.
    """
    written = await storage.rows(f"{_NEW}{source}{_ONCE}", *values)
    for row in written if aloud else ():
        news.say("notice", row["id"])
        await pushing.queue(row)


async def unreacted(post_id: int, actor_uri: str, kind: str) -> None:
    """What was taken back concerns nobody any more."""
    await storage.execute(
        "DELETE FROM notification WHERE post_id = ? AND kind = ?"
        " AND sender_id = (SELECT id FROM actor WHERE uri = ?)",
        *(post_id, kind, actor_uri),
    )


async def edited(post_id: int, author_id: int) -> None:
    """Those here who boosted the post are told that it reads differently now."""
    boosters = await storage.rows(
        "SELECT told.id FROM reaction r JOIN actor told ON told.uri = r.actor_uri"
        " WHERE r.post_id = ? AND r.slot = 'boost' AND told.local = ? AND told.id <> ?",
        *(post_id, True, author_id),
    )
    now = clock.now_ms()
    for row in boosters:
        await _note(
            "VALUES (?, ?, 'update', ?, ?, ?)",
            *(ids.new(), row["id"], author_id, post_id, now),
        )


async def started(post_id: int, author_id: int, group_id: int) -> None:
    """Members here who asked to hear of each new thread of the group are told of this one."""
    listening = await storage.rows(
        "SELECT told.id FROM member m JOIN actor told ON told.id = m.actor_id"
        " WHERE m.group_id = ? AND m.state = 'member' AND m.bell = ? AND told.local = ?"
        f" AND told.id <> ? AND {_WELCOME.format(sender='?')}",
        *(group_id, True, True, author_id, author_id, True, True),
    )
    now = clock.now_ms()
    for row in listening:
        await _note(
            "VALUES (?, ?, 'status', ?, ?, ?)",
            *(ids.new(), row["id"], author_id, post_id, now),
        )


async def replied(post_id: int, author_id: int, thread_id: int) -> None:
    """Those who follow the thread hear of it, unless told that the post names or answers them."""
    listening = await storage.rows(
        "SELECT told.id FROM reading r JOIN actor told ON told.id = r.actor_id"
        " WHERE r.thread_id = ? AND r.follows = ? AND told.local = ? AND told.id <> ?"
        f" AND {_WELCOME.format(sender='?')}"
        " AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.actor_id = told.id"
        "   AND n.post_id = ? AND n.kind = 'mention')",
        *(thread_id, True, True, author_id, author_id, True, True, post_id),
    )
    now = clock.now_ms()
    for row in listening:
        await _note(
            "VALUES (?, ?, 'status', ?, ?, ?)",
            *(ids.new(), row["id"], author_id, post_id, now),
        )


async def knocked(group_id: int, actor_id: int, kind: str, *, before: int) -> None:
    """A group here is told that somebody joined (`follow`) or asks to (`follow_request`).

    They did so `before`, in ms, or never (0): whoever comes and goes all day wakes nobody again.
    """
    await forgotten(group_id, actor_id)
    now = clock.now_ms()
    await _note(
        "SELECT ?, g.actor_id, ?, ?, 0, ? FROM groups g WHERE g.id = ? AND g.hosted = ?",
        *(ids.new(), kind, actor_id, now, group_id, True),
        aloud=now - before >= clock.DAY,
    )
    if kind == "follow_request":
        await at_the_desk(group_id, "request", actor_id)


async def poll_ended(poll_id: int) -> None:
    """Its author, and whoever voted in it, is told that a poll ended, if they live here."""
    here = await storage.rows(
        "SELECT told.id, p.author_id, p.id AS post_id FROM poll q JOIN post p ON p.id = q.post_id"
        " JOIN actor told ON told.id = p.author_id OR told.id IN"
        "   (SELECT b.actor_id FROM ballot b WHERE b.poll_id = q.id)"
        " WHERE q.id = ? AND told.local = ? AND told.kind = 'Person'"
        f" AND {_WELCOME.format(sender='p.author_id')}",
        *(poll_id, True, True, True),
    )
    now = clock.now_ms()
    for row in here:
        await _note(
            "VALUES (?, ?, 'poll', ?, ?, ?)",
            *(ids.new(), row["id"], row["author_id"], row["post_id"], now),
        )


async def decided(actor_id: int, group_id: int, decision_id: int, *, against: bool) -> None:
    """Somebody here is told of a decision about them, by the group as such."""
    kind = "decision" if against else "favour"
    await _note(
        "SELECT ?, told.id, ?, g.actor_id, ?, ? FROM groups g"
        " JOIN actor told ON told.id = ? WHERE g.id = ? AND told.local = ?",
        *(ids.new(), kind, decision_id, clock.now_ms(), actor_id, group_id, True),
    )


async def written(actor_id: int, group_id: int, mail_id: int) -> None:
    """Somebody here is told that the moderators of a group wrote to them."""
    await _note(
        "SELECT ?, told.id, 'mail_answer', g.actor_id, ?, ? FROM groups g"
        " JOIN actor told ON told.id = ? WHERE g.id = ? AND told.local = ?",
        *(ids.new(), mail_id, clock.now_ms(), actor_id, group_id, True),
    )


ANSWERED_LATE_MS = 5 * clock.MINUTE
"""Whoever is answered sooner than that sees it on the page on which they asked."""


async def answered(group_id: int, actor_id: int, kind: str) -> None:
    """Somebody here who asked to join a group, and waited, is told: `accepted` or `refused`."""
    await storage.execute(
        "DELETE FROM notification WHERE actor_id = ? AND kind IN ('accepted', 'refused')"
        " AND sender_id = (SELECT actor_id FROM groups WHERE id = ?)",
        *(actor_id, group_id),
    )
    now = clock.now_ms()
    await _note(
        "SELECT ?, told.id, ?, g.actor_id, 0, ? FROM member m JOIN groups g ON g.id = m.group_id"
        " JOIN actor told ON told.id = m.actor_id"
        " WHERE m.group_id = ? AND m.actor_id = ? AND told.local = ? AND m.asked_at < ?",
        *(ids.new(), kind, now, group_id, actor_id, True, now - ANSWERED_LATE_MS),
    )


DESK = ("to_review", "appeal", "report", "mail", "mail_answer")
"""What moderators are told of: it waits at the desk of their group."""


async def at_the_desk(group_id: int, kind: str, about_id: int, *, but: int = 0) -> None:
    """The moderators of the group who live here are told that something waits; `but` is not."""
    moderators = await storage.rows(
        "SELECT m.actor_id, g.actor_id AS sender_id FROM member m"
        " JOIN groups g ON g.id = m.group_id JOIN actor a ON a.id = m.actor_id"
        " WHERE m.group_id = ? AND m.state = 'member' AND m.role IN ('owner', 'moderator')"
        " AND a.local = ? AND a.id <> ?",
        *(group_id, True, but),
    )
    for row in moderators:
        values = (row["actor_id"], kind, row["sender_id"], about_id, clock.now_ms())
        await _note("VALUES (?, ?, ?, ?, ?, ?)", ids.new(), *values)


async def done_with(kind: str, about_id: int) -> None:
    """It no longer waits: moderators who have not looked yet need not."""
    if kind not in DESK:
        raise ValueError(kind)
    await storage.execute(
        "DELETE FROM notification WHERE post_id = ? AND kind = ?", *(about_id, kind)
    )


async def forgotten(group_id: int, actor_id: int) -> None:
    """Whoever left, or was answered, no longer stands at the door."""
    await storage.execute(
        "DELETE FROM notification WHERE post_id = 0 AND sender_id = ?"
        " AND actor_id = (SELECT actor_id FROM groups WHERE id = ?)",
        *(actor_id, group_id),
    )
    await storage.execute(
        "DELETE FROM notification WHERE post_id = ? AND kind = 'request'"
        " AND sender_id = (SELECT actor_id FROM groups WHERE id = ?)",
        *(actor_id, group_id),
    )


async def retire() -> None:
    """Forget what is older than `limits.NOTIFICATION_DAYS`."""
    oldest = clock.now_ms() - limits.NOTIFICATION_DAYS * clock.DAY
    await storage.execute("DELETE FROM notification WHERE created_at < ?", oldest)
