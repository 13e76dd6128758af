"""This module makes one delivery: a POST, signed anew, with at most one second knock."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import structlog

from federation import limits, signatures, tracing
from federation.crashpoints import crashpoint
from federation.errors import FederationError, Misconfigured
from federation.http import Answer, on_wire
from federation.keys import Signer
from federation.signatures import Form
from federation.vocabulary import ACTIVITY_JSON
from federation.wire import Wire
from outbox import synchronization
from outbox.outcome import Fate, Verdict, judge, poison, unreachable
from outbox.owed import Parcel
from outbox.synchronization import Headers

log = structlog.get_logger("fedigroups.outbox")

FIRST: Form = "cavage"
"""Most peers read nothing else."""

# Signing releases the interpreter lock; not the default pool, which slow name lookups can fill.
_pens = ThreadPoolExecutor(max_workers=2, thread_name_prefix="outbox-sign")


@dataclass(frozen=True, slots=True)
class _Letter:
    """What is posted, whichever form signs it."""

    wire: Wire
    signer: Signer
    inbox: str
    body: bytes
    more: Headers

    async def post(self, form: Form) -> Answer:
        """One exchange; no redirect is followed."""
        loop = asyncio.get_running_loop()
        signed = await loop.run_in_executor(
            _pens, signatures.sign, self.signer, "POST", self.inbox, self.body, form, self.more
        )
        return await self.wire.http.send(
            "POST",
            self.inbox,
            {"Content-Type": ACTIVITY_JSON, **signed},
            self.body,
            seconds=limits.DELIVERY_SECONDS,
            max_bytes=limits.DELIVERY_ANSWER_BYTES,
            cut=True,
        )


class Courier:
    """Delivers to one host, which took the form of signature `known` last, if that is known.

    `news` is the form that it takes, where that is another one.
    """

    def __init__(self, wire: Wire, known: Form | Literal[""]) -> None:
        self.news: Form | None = None
        self._wire = wire
        self._known = known
        self._told: dict[str, Headers] = {}

    async def deliver(self, parcel: Parcel) -> Verdict:
        """The verdict on one attempt to send the parcel, signed by its activity's actor.

        The form that the host took last goes first; at 400 and 401 the other form is tried, once,
        and is news when it is taken. A database error is raised, never taken for an answer.
        """
        facts = {"activity": parcel.entry.activity_uri, "peer": parcel.lag.host}
        with tracing.span("outbox.deliver", "client", facts) as span:
            verdict = await self._delivered(parcel)
            span.note({"outcome": verdict.fate.value, "reason": verdict.reason})
            span.note({"http.response.status_code": verdict.status})
        return verdict

    async def _delivered(self, parcel: Parcel) -> Verdict:
        try:
            signer = await self._wire.keyring.signer(parcel.entry.actor_uri)
        except Misconfigured as error:
            return _poisoned(parcel, error)
        more = await self._more(parcel)
        try:
            inbox = on_wire(parcel.lag.inbox)
            letter = _Letter(self._wire, signer, inbox, parcel.entry.body, more)
            crashpoint("before_send")
            form, answer = await _knock(letter, self._known or FIRST)
            crashpoint("after_send")
        except FederationError as error:
            return unreachable(error)
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            return _poisoned(parcel, error)
        verdict = judge(answer.status, answer.headers)
        if verdict.fate is Fate.DONE and form != self._known:
            self.news = self._known = form
        return verdict

    async def _more(self, parcel: Parcel) -> Headers:
        if not synchronization.told(parcel):
            return {}
        actor = parcel.entry.actor_uri
        if actor not in self._told:
            self._told[actor] = await synchronization.headers(self._wire, actor, parcel.lag.host)
        return self._told[actor]


async def _knock(letter: _Letter, form: Form) -> tuple[Form, Answer]:
    first = await letter.post(form)
    if not signatures.knock_again(first.status):
        return form, first
    other = signatures.other(form)
    second = await letter.post(other)
    # When both are refused alike, the form was not the fault: the first answer stands.
    return (form, first) if signatures.knock_again(second.status) else (other, second)


def _poisoned(parcel: Parcel, error: Exception) -> Verdict:
    log.error("outbox.unsendable", activity=parcel.entry.activity_uri, error=repr(error))
    return poison(error)
