"""This module judges what a fault left behind: what the database and the receivers say together.

The invariant holds at any moment: for every committed activity, what was delivered, what is owed
and what ended with a reason are together its audience; every activity that was answered 2xx is
there; and what it did was done once, wholly, or not yet.

The database is read first, in one snapshot, and the receivers' record afterwards: what moves on in
between has been delivered by then.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crash.crowd import Crowd
from crash.effects import Effects, read_effects
from crash.fleet import Fleet
from federation import clock, limits, storage

SHOWN = 5
CRASH_DUPLICATES = 20
"""What a host may be sent twice for each time that whoever served it died."""

Pair = tuple[str, str]
"""An inbox, and an activity's id."""


@dataclass(repr=False)
class Books:
    """What the database says of deliveries at one moment."""

    subscriptions: list[storage.Row]
    entries: dict[str, list[storage.Row]]
    ended: dict[Pair, str]
    """Activities that ended, each with its reason."""
    abandoned: list[storage.Row]
    """Whole stretches of a stream that ended for an inbox."""
    receipts: dict[str, storage.Row]

    @property
    def owed(self) -> set[Pair]:
        """What stands above the cursor of an inbox, on whichever stream."""
        return {
            (sub["inbox"], entry["uri"])
            for sub in self.subscriptions
            for entry in self.entries[sub["stream"]]
            if entry["seq"] > sub["cursor"]
        }

    def is_over(self, sub: storage.Row, entry: storage.Row) -> bool:
        """Whether this delivery ended, with a reason."""
        return (sub["inbox"], entry["uri"]) in self.ended or any(
            one["inbox"] == sub["inbox"]
            and one["stream"] == sub["stream"]
            and one["seq"] >= entry["seq"]
            for one in self.abandoned
        )


async def read() -> Books:
    """The books, from the ambient database."""
    subscriptions = await storage.rows("SELECT * FROM subscription")
    entries: dict[str, list[storage.Row]] = defaultdict(list)
    for row in await storage.rows(
        "SELECT e.stream, e.seq, e.kind, e.skip_host, e.created_at, a.uri FROM log_entry e"
        " JOIN activity a ON a.id = e.activity_id ORDER BY e.stream, e.seq"
    ):
        entries[row["stream"]].append(row)
    over = await storage.rows("SELECT inbox, stream, seq, activity_uri, reason FROM ended")
    receipts = await storage.rows("SELECT * FROM receipt")
    return Books(
        subscriptions,
        entries,
        {(row["inbox"], row["activity_uri"]): row["reason"] for row in over if row["activity_uri"]},
        [row for row in over if not row["activity_uri"]],
        {row["activity_uri"]: row for row in receipts},
    )


@dataclass(repr=False)
class Audit:
    """Holds an instance against its promises.

    `sent` is what it may have got, `accepted` what of that it answered 2xx.
    """

    fleet: Fleet
    crowd: Crowd
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    deaths: int = 0
    stops: int = 0
    """How many processes were killed, and how many were asked to stop."""
    _since: dict[int, int] = field(default_factory=dict)

    async def begin(self) -> None:
        """Note from where on each inbox reads: what came before it is not owed to it."""
        found = await self.fleet.rows("SELECT id, cursor FROM subscription")
        self._since = {row["id"]: row["cursor"] for row in found}

    def expect(self, *activities: dict[str, Any]) -> None:
        """These are sent: whether they arrive or not, what they do is done wholly."""
        self.sent |= {one["id"]: one for one in activities}

    def note(self, *activities: dict[str, Any]) -> None:
        """These were answered 2xx."""
        self.expect(*activities)
        self.accepted |= {one["id"] for one in activities}

    async def hold(self) -> Books:
        """Assert the invariant, now."""
        accepted, sent = set(self.accepted), dict(self.sent)
        async with self.fleet.looking(), storage.transaction():
            if storage.dialect() == "postgres":
                await storage.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            books = await read()
            effects = await read_effects()
        self._check_audience(books)
        self._check_receipts(books, accepted)
        _check_effects(effects, books, sent)
        self._check_meaning()
        return books

    async def settled(self) -> None:
        """Assert that all is done: nothing is owed, all that was accepted had its effect, once."""
        books = await self.hold()
        assert books.owed == set(), _some(books.owed)
        open_ = [one for one in books.receipts.values() if one["state"] == "received"]
        assert open_ == [], _some(open_)
        failed = [one for one in books.receipts.values() if one["state"] == "failed"]
        assert failed == [], _some(failed)
        self._check_duplicates()

    def _check_audience(self, books: Books) -> None:
        owed, delivered = books.owed, set(self.crowd.taken)
        lost = [
            (sub["inbox"], sub["stream"], entry["seq"], entry["uri"])
            for sub in books.subscriptions
            for entry in books.entries[sub["stream"]]
            if entry["seq"] <= sub["cursor"]
            and self._is_meant(sub, entry)
            and (sub["inbox"], entry["uri"]) not in delivered
            and (sub["inbox"], entry["uri"]) not in owed
            and not books.is_over(sub, entry)
            and not self._is_left_out(sub, entry)
        ]
        assert lost == [], f"neither delivered, nor owed, nor ended: {_some(lost)}"

    def _is_meant(self, sub: storage.Row, entry: storage.Row) -> bool:
        """Whether it was said when this inbox read already; what was said to it alone, always."""
        if sub["id"] in self._since:
            return bool(entry["seq"] > self._since[sub["id"]])
        if not sub["stream"].startswith("group:"):
            return True
        return bool(entry["created_at"] > sub["created_at"] + clock.SECOND)

    def _is_left_out(self, sub: storage.Row, entry: storage.Row) -> bool:
        """What a host said itself, and votes, which microblogs are not sent."""
        if entry["skip_host"] == sub["host"]:
            return True
        return bool(entry["kind"] == "vote" and self.crowd.software != "lemmy")

    def _check_receipts(self, books: Books, accepted: Iterable[str]) -> None:
        lost = [uri for uri in accepted if uri not in books.receipts]
        assert lost == [], f"answered 2xx, and not there: {_some(lost)}"

    def _check_meaning(self) -> None:
        """Whoever deduplicates by id is told each thing once: one thing has one id."""
        ids: dict[Pair, set[str]] = defaultdict(set)
        for knock in list(self.crowd.came):
            ids[knock.inbox, knock.about].add(knock.id)
        double = {about: found for about, found in ids.items() if len(found) > 1}
        assert not double, f"said under several ids: {_some(double.items())}"

    def _check_duplicates(self) -> None:
        """How often a delivery was repeated is bounded by how often its maker died or stopped.

        Of what a busy machine took and answered too late, its maker cannot know that it was taken.
        """
        bound = CRASH_DUPLICATES * self.deaths + limits.DELIVERIES_PER_HOST * self.stops
        late = self._answered_late()
        twice: Counter[str] = Counter()
        for (inbox, _), count in self.crowd.taken.items():
            twice[inbox] += count - 1
        each = limits.DELIVERIES_PER_HOST
        many = {k: n for k, n in twice.items() if n > bound + each * late[urlsplit(k).netloc]}
        assert not many, f"sent again too often: {_some(many.items())}"

    def _answered_late(self) -> Counter[str]:
        """How often each host was given up after its time, by processes that are no more, too."""
        folder = self.fleet.processes[0].log.parent
        failures = [
            json.loads(line)
            for log in folder.glob("*.log")
            for line in log.read_text().splitlines()
            if '"outbox.failed"' in line
        ]
        return Counter(one["peer"] for one in failures if " took longer than " in one["reason"])


def _check_effects(effects: Effects, books: Books, sent: dict[str, dict[str, Any]]) -> None:
    wrong = list(effects.repeated())
    for uri, said in sent.items():
        receipt = books.receipts.get(uri)
        wrong += effects.wrong(said, receipt["state"] if receipt else "absent")
    assert wrong == [], _some(wrong)


async def waiting() -> list[str]:
    """What is still to be done, by the ambient database: receipts, then hosts that are owed."""
    receipts = await storage.rows(
        "SELECT activity_uri, attempts, next_try_at, reason FROM receipt WHERE state = 'received'"
    )
    owed = await storage.rows(
        "SELECT s.host, s.stream, s.cursor, t.head, l.* FROM subscription s"
        " JOIN stream t ON t.name = s.stream AND t.head > s.cursor JOIN lane l ON l.host = s.host"
    )
    return [str(row) for row in (*receipts, *owed)]


def _some(found: Iterable[object]) -> str:
    listed = list(found)
    return f"{len(listed)}, such as {listed[:SHOWN]}"
