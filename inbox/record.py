"""This module makes receipts durable: nothing is answered 202 before its row is committed.

Whoever arrives while a commit is under way shares the next one, so that safety costs one fsync for
all of them. A second arrival of an activity finds its digest taken, and is accepted as well.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from federation import clock, ids, storage
from federation.crashpoints import crashpoint
from federation.documents import ActivityDoc
from federation.errors import Unreachable
from federation.faults import why_away

log = structlog.get_logger("fedigroups.inbox")

ROWS = 64
"""Receipts in one commit."""
RECORD_SECONDS = 8.0
"""Lemmy waits 9 seconds for an answer; what comes later than that is not heard."""
BODY_MS = 7 * clock.DAY
ROW_MS = 90 * clock.DAY
"""How long a settled receipt keeps its body, and its id, which makes a replay a duplicate."""

_COLUMNS = (
    "id, digest, activity_uri, actor_uri, kind, host, teller, door, body, synchronization,"
    " state, reason, attempts, next_try_at, received_at, settled_at"
)
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', '', 0, 0, ?, 0)"
_INSERTS = [
    f"INSERT INTO receipt ({_COLUMNS}) VALUES {', '.join([_ROW] * count)}"  # noqa: S608 - constants
    " ON CONFLICT (digest) DO NOTHING RETURNING digest"
    for count in range(ROWS + 1)
]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified activity, the host it is of, the local inbox that it came through, its bytes.

    When it is hearsay, `teller` is the actor who sent it, and the host is the teller's.
    `synchronization` is the signed header in which its actor says who here follows it (FEP-8fcf).
    """

    activity: ActivityDoc
    host: str
    door: str
    body: bytes
    teller: str = ""
    synchronization: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    digest: str
    values: tuple[object, ...]
    answer: asyncio.Future[bool]


class Recorder:
    """Writes receipts, many in one commit; `after` is called when there is something to process."""

    def __init__(self, after: Callable[[], None]) -> None:
        self._after = after
        self._waiting: list[_Waiting] = []
        self._committing: asyncio.Task[None] | None = None

    async def record(self, arrival: Arrival) -> bool:
        """Whether the activity is new, once it is committed; a duplicate is not stored again.

        Raises Unreachable when the database did not take it, or not within `RECORD_SECONDS`: the
        sender has to send it again.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_waiting(arrival, answer))
        if self._committing is None or self._committing.done():
            # A task of its own: a sender that hangs up must not undo what others wait for.
            self._committing = asyncio.create_task(self._commit_all())
        try:
            async with asyncio.timeout(RECORD_SECONDS):
                return await answer
        except TimeoutError as error:
            # its sender was told to come again: while the database hangs, nothing piles up here
            self._waiting = [one for one in self._waiting if one.answer is not answer]
            raise _not_stored() from error

    async def _commit_all(self) -> None:
        batch: Sequence[_Waiting] = ()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:ROWS], self._waiting[ROWS:]
                await self._commit(batch)
        finally:
            abandoned, self._waiting = [*batch, *self._waiting], []
            for waiting in abandoned:
                waiting.answer.cancel()  # only after a shutdown in the middle: no 202 for these

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            crashpoint("receipt_before_commit")
            fresh = await _insert(batch)
        except Exception as error:  # whatever it is, it is ours, and everybody who waits is told
            reason = why_away(error)
            log.error("inbox.not_recorded", receipts=len(batch), reason=reason, exc_info=not reason)
            _refuse(batch, error)
            return
        crashpoint("receipt_after_commit")
        _answer(batch, fresh)
        if fresh:
            self._after()


def digest_of(activity_uri: str, actor_uri: str, teller: str = "") -> str:
    """What makes two arrivals one: SHA-256 of the activity's id and its actor, in hex.

    Of hearsay also its teller: else a lie would make a duplicate of the true activity.
    """
    parts = (activity_uri, actor_uri, teller) if teller else (activity_uri, actor_uri)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


async def forget(activity_uri: str, actor_uri: str) -> None:
    """Take the next activity of this id and actor for a new one; inside the caller's transaction.

    For an Undo: Misskey and Pixelfed give every Follow from one actor to another the same id, so
    without this nobody there could come back after leaving.
    """
    digest = digest_of(activity_uri, actor_uri)
    await storage.execute(
        "UPDATE receipt SET digest = ? WHERE digest = ? AND state <> 'received'",
        hashlib.sha256(f"{digest}\n{ids.new()}".encode()).hexdigest(),
        digest,
    )


async def retire() -> None:
    """Empty the bodies of what was settled 7 days ago, delete the rows of 90 days ago.

    What has failed keeps its body as long as its row: an operator may try it again.
    """
    now = clock.now_ms()
    await storage.execute(
        "UPDATE receipt SET body = NULL, synchronization = ''"
        " WHERE state IN ('done', 'ignored') AND settled_at < ? AND body IS NOT NULL",
        now - BODY_MS,
    )
    await storage.execute(
        "DELETE FROM receipt WHERE state <> 'received' AND settled_at < ?", now - ROW_MS
    )


def _waiting(arrival: Arrival, answer: asyncio.Future[bool]) -> _Waiting:
    activity = arrival.activity
    digest = digest_of(activity.id, activity.actor, arrival.teller)
    values = (
        ids.new(),
        digest,
        activity.id,
        activity.actor,
        activity.kind,
        arrival.host,
        arrival.teller,
        arrival.door,
        arrival.body,
        arrival.synchronization,
        clock.now_ms(),
    )
    return _Waiting(digest, values, answer)


async def _insert(batch: Sequence[_Waiting]) -> set[str]:
    """The digests that were new; one statement, and so one transaction, for all."""
    # In one order everywhere: two processes that take the same activities must not deadlock.
    ordered = sorted(batch, key=lambda waiting: waiting.digest)
    values = [value for waiting in ordered for value in waiting.values]
    return {row["digest"] for row in await storage.rows(_INSERTS[len(batch)], *values)}


def _answer(batch: Sequence[_Waiting], fresh: set[str]) -> None:
    left = set(fresh)
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_result(waiting.digest in left)
        left.discard(waiting.digest)


def _refuse(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            refusal = _not_stored()
            refusal.__cause__ = error
            waiting.answer.set_exception(refusal)


def _not_stored() -> Unreachable:
    return Unreachable("this server cannot store the activity now; send it again")
