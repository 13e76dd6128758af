"""This module is where lanes ask for work and hand in results, many of them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from federation import clock, storage
from federation.peers import Peers, Standing
from federation.signatures import Form
from outbox import due, lanes, owed, settle
from outbox.lanes import Claim
from outbox.ledger import Ledger
from outbox.settle import Plan, Settled

log = structlog.get_logger("fedigroups.outbox")

LINGER_SECONDS = 0.1
"""How long a result waits for others to share a transaction with, while deliveries go on."""


@dataclass(frozen=True, slots=True)
class Order:
    """A claimed lane, how its host stands, and what to send."""

    claim: Claim
    standing: Standing
    plan: Plan


@dataclass(frozen=True, slots=True)
class Report:
    """How far a lane came: how it stands now, what its cursors may pass.

    `learned` is the form of signature that the host took, where that is news. `last_words` say why
    all that the host is owed ends.
    """

    lane: lanes.Result
    passed: tuple[Settled, ...] = ()
    learned: Form | None = None
    last_words: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Whether the lane was still ours, and so the report written; `more` when it is owed more."""

    held: bool
    more: bool = False


class Desk:
    """One for each worker; `quiet` says that no delivery is under way."""

    def __init__(self, peers: Peers, owner: str, quiet: Callable[[], bool]) -> None:
        self._peers = peers
        self._owner = owner
        self._renewals: Ledger[Claim, Order | None] = Ledger(self._renew_all)
        self._reports: Ledger[Report, Written] = Ledger(
            self._write_all, linger=LINGER_SECONDS, hurry=quiet
        )

    async def claim(self, hosts: Sequence[str]) -> list[Order]:
        """The lanes among the hosts' that are free and due, now ours, with what to send."""
        async with storage.transaction():
            return await self._orders(await lanes.claim(hosts, self._owner))

    async def renew(self, claim: Claim) -> Order | None:
        """Our lane for another while, with what to send next; None when it is no longer ours."""
        return await self._renewals.ask(claim)

    async def report(self, report: Report) -> Written:
        """Write how far a lane came, if it is still ours; what is not written is sent again."""
        return await self._reports.ask(report)

    async def _orders(self, claims: Sequence[Claim]) -> list[Order]:
        hosts = [claim.host for claim in claims]
        if not hosts:
            return []
        standings = await self._peers.standings(hosts)
        plans = await settle.plan(await owed.load(hosts), standings)
        return [Order(claim, standings[claim.host], plans[claim.host]) for claim in claims]

    async def _renew_all(self, claims: Sequence[Claim]) -> list[Order | None]:
        until = clock.now_ms() + lanes.LEASE
        held = await lanes.write([lanes.held(claim) for claim in claims])
        renewed = [replace(claim, until=until) for claim in claims]
        orders = await self._orders([claim for claim in renewed if claim.host in held])
        found = {order.claim.host: order for order in orders}
        return [found.get(claim.host) for claim in claims]

    async def _write_all(self, reports: Sequence[Report]) -> list[Written]:
        held = await lanes.write([report.lane for report in reports])
        kept = [report for report in reports if report.lane.claim.host in held]
        await settle.advance([settled for report in kept for settled in report.passed])
        await self._peers.learn_forms(
            {report.lane.claim.host: report.learned for report in kept if report.learned}
        )
        for report in kept:
            if report.last_words:
                await _abandon(report)
        freed = [report.lane.claim.host for report in kept if not report.lane.held]
        more = await due.among(freed)
        return [Written(host in held, host in more) for host in map(_host, reports)]


def _host(report: Report) -> str:
    return report.lane.claim.host


async def _abandon(report: Report) -> None:
    host = _host(report)
    count = await settle.abandon(host, report.last_words)
    if report.last_words != settle.BLOCKED:
        log.warning("outbox.dormant", peer=host, subscriptions=count)
