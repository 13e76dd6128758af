"""This module decides what there is mail about, some minutes after it happened.

A notification waits as `new` from the transaction of its act on. A round here makes mails of what
is due for one person, and marks it, in one commit: whoever is killed before leaves it as it was,
and nothing is made into mail twice. What was read meanwhile needs none. Many replies in a thread
are one mail, and what waits at desks is another; of more than `limits.NOTICE_MAILS_A_DAY` the
digest tells.
"""

# ruff: noqa: S608 - each statement is put together from constants here; every value is bound
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from federation import clock, limits, storage
from federation.storage import Row
from fedigroups.accounts import mail, mailing
from fedigroups.accounts.mail_models import Mailing
from fedigroups.accounts.models import Account
from fedigroups.notify.telling import DESK

WAIT_MS = 10 * clock.MINUTE
"""So long somebody may take to read it without mail; replies that come by then are in the same."""
DESK_WAIT_MS = clock.HOUR
"""The same of what waits for moderators, which is gathered."""
PEOPLE = 100
BATCH = 500

UNREAD = (
    "n.id > COALESCE((SELECT k.last_read_id FROM marker k WHERE k.actor_id = n.actor_id"
    " AND k.timeline = 'notifications'), 0)"
    " AND NOT EXISTS (SELECT 1 FROM reading r JOIN post x ON x.thread_id = r.thread_id"
    "   WHERE r.actor_id = n.actor_id AND x.id = n.post_id AND r.seen_id >= x.id)"
)
"""Whether they read neither of the notification nor of the thread so far, as SQL."""
AT_DESKS = frozenset({"request", *DESK} - {"mail_answer"})
_ABOUT_POSTS = "('mention', 'status', 'poll')"
_DESK_SQL = ", ".join(f"'{kind}'" for kind in sorted(AT_DESKS))
_DUE = (
    f"n.mail = 'new' AND n.created_at <= ? AND (n.created_at <= ? OR n.kind NOT IN ({_DESK_SQL}))"
)
_DECIDED = {
    **dict.fromkeys(("appoint", "dismiss", "transfer"), "role"),
    **dict.fromkeys(("heed", "set_aside"), "report"),
    "refuse_join": "join",
}

log = structlog.get_logger("fedigroups.mails")


@dataclass(slots=True)
class Plan:
    """What becomes of somebody's notifications: the mails, and the ids by what is written down."""

    mails: list[list[int]] = field(default_factory=list)
    marks: dict[str, list[int]] = field(default_factory=dict)

    def mark(self, state: str, ids: Iterable[int]) -> None:
        """These are in that state from now on."""
        self.marks.setdefault(state, []).extend(ids)


async def gather() -> int:
    """Queue a mail about all that is due; how many. None is sent here."""
    made = 0
    while due := await _people():
        for actor_id in due:
            made += await _for(actor_id)
    return made


async def let_go() -> None:
    """There is no mail server: nothing that happens now is to be told of once there is one."""
    await storage.execute("UPDATE notification SET mail = 'done' WHERE mail = 'new'")


async def _people() -> list[int]:
    """Some of those for whom something is due; what is due for those without mail is done."""
    now = clock.now_ms()
    bounds = (now - WAIT_MS, now - DESK_WAIT_MS)
    await storage.execute(
        "UPDATE notification SET mail = 'done' WHERE id IN (SELECT n.id FROM notification n"
        f" WHERE {_DUE} AND NOT EXISTS (SELECT 1 FROM account c JOIN mailing g"
        f"   ON g.account_id = c.id WHERE c.actor_id = n.actor_id){storage.skip_locked()})",
        *bounds,
    )
    found = await storage.rows(
        f"SELECT DISTINCT n.actor_id FROM notification n WHERE {_DUE} LIMIT ?", *bounds, PEOPLE
    )
    return [row["actor_id"] for row in found]


async def _for(actor_id: int) -> int:
    async with storage.transaction():
        await storage.hold(f"mails {actor_id}")
        account = await Account.get_or_none(actor_id=actor_id)
        mine = await Mailing.get_or_none(account_id=account.id) if account else None
        if account is None or mine is None:
            return 0  # closed meanwhile, with all that was to be told
        found = _gathered(await _new(actor_id))
        today = clock.now_ms() // clock.DAY
        sent = mine.sent if mine.day == today else 0
        plan = planned(found, mine, limits.NOTICE_MAILS_A_DAY - sent)
        for notices in plan.mails:
            await mail.promise(account.id, {"notices": notices})
        for state, ids in plan.marks.items():
            await _mark(state, ids)
        await Mailing.filter(id=mine.id).update(day=today, sent=sent + len(plan.mails))
    if plan.mails:
        log.info("mail.gathered", account=account.id, mails=len(plan.mails))
    return len(plan.mails)


async def _new(actor_id: int) -> list[Row]:
    """The notifications about which nothing is decided yet, due or not, and what they are about."""
    return await storage.rows(
        "SELECT n.id, n.kind, n.actor_id, n.sender_id, n.created_at, p.thread_id,"
        " up.author_id AS answered_id,"
        f" d.kind AS decided, CASE WHEN {UNREAD} THEN 1 ELSE 0 END AS unread FROM notification n"
        f" LEFT JOIN post p ON p.id = n.post_id AND n.kind IN {_ABOUT_POSTS}"
        " LEFT JOIN post up ON up.id = p.parent_id"
        " LEFT JOIN decision d ON d.id = n.post_id AND n.kind IN ('decision', 'favour')"
        " WHERE n.actor_id = ? AND n.mail = 'new' ORDER BY n.id LIMIT ?",
        *(actor_id, BATCH),
    )


def _gathered(found: Sequence[Row]) -> list[Row]:
    """Without what waits at desks, while all of that is young."""
    oldest = clock.now_ms() - DESK_WAIT_MS
    is_due = any(row["kind"] in AT_DESKS and row["created_at"] <= oldest for row in found)
    return [row for row in found if is_due or row["kind"] not in AT_DESKS]


def planned(found: Sequence[Row], mine: Mailing, left: int) -> Plan:
    """What becomes of these notifications, of which at most `left` mails may be made."""
    plan = Plan()
    bundles: dict[tuple[str, int], list[int]] = {}
    for row in found:
        kind = kind_of(row)
        when = mailing.when(mine, kind) if row["unread"] else "never"
        if when == "soon":
            bundles.setdefault(_together(kind, row), []).append(row["id"])
        else:
            plan.mark("digest" if when == "digest" else "done", [row["id"]])
    for ids in bundles.values():
        if len(plan.mails) < left:
            plan.mails.append(ids)
            plan.mark("queued", ids)
        else:
            plan.mark("digest", ids)
    return plan


def kind_of(row: Row) -> str:
    """The kind of `mailing.KINDS` that a notification is of; "" when there is no mail about it."""
    kind = row["kind"]
    if kind == "mention":
        return "reply" if row["answered_id"] == row["actor_id"] else "mention"
    if kind in {"decision", "favour"}:
        return _DECIDED.get(row["decided"], "decision")
    if kind in AT_DESKS:
        return "desk"
    named = {"status": "thread", "poll": "thread", "mail_answer": "decision"}
    return named.get(kind, "join" if kind in {"accepted", "refused"} else "")


def _together(kind: str, row: Row) -> tuple[str, int]:
    """What is the same for notifications that one mail tells of."""
    if kind == "desk":
        return kind, 0
    return ("thread", row["thread_id"]) if row["thread_id"] else ("group", row["sender_id"])


async def _mark(state: str, ids: Sequence[int]) -> None:
    await storage.execute(
        f"UPDATE notification SET mail = ? WHERE id IN ({storage.marks(len(ids))})", state, *ids
    )


async def put_off(ids: Sequence[int]) -> None:
    """A mail about these came to nothing; the next digest tells of them."""
    await _mark("digest", ids)


async def finish(actor_id: int, ids: Sequence[int], until: int = 0) -> None:
    """These, and what waited for a digest until then, were told."""
    await storage.execute(
        "UPDATE notification SET mail = 'done' WHERE actor_id = ? AND"
        f" (id IN ({storage.marks(len(ids)) or '?'}) OR (mail = 'digest' AND created_at <= ?))",
        *(actor_id, *(ids or [0]), until),
    )
