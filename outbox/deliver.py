"""This module makes one delivery: a POST, signed anew, with at most one second knock."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import structlog

from federation import limits, signatures
from federation.errors import FederationError, Misconfigured
from federation.http import Answer, on_wire
from federation.signatures import Form
from federation.vocabulary import ACTIVITY_JSON
from federation.wire import Wire
from outbox.outcome import Fate, Verdict, judge, poison, unreachable
from outbox.owed import Parcel
from outbox.pens import Letter, Pens

log = structlog.get_logger("fedigroups.outbox")

FIRST: Form = "cavage"
"""Most peers read nothing else."""


class Courier:
    """Delivers to one host; learns which form of signature it takes."""

    def __init__(self, wire: Wire, pens: Pens) -> None:
        self.learned: Form | Literal[""] = ""
        """The form that the host took, when that is news."""
        self._wire = wire
        self._pens = pens
        self._known: Form | Literal[""] = ""

    def knows(self, form: Form | Literal[""]) -> None:
        """The host took this form last, as it is written down; `""` when that is not known."""
        self._known = form or self._known
        if self.learned == form:
            self.learned = ""

    async def deliver(self, parcel: Parcel) -> Verdict:
        """The verdict on one attempt to send the parcel, signed by its activity's actor.

        The form that the host took last goes first; at 400 and 401 the other form is tried, once,
        and `learned` when it is taken. A database error is raised, never taken for an answer.
        """
        try:
            signer = await self._wire.keyring.signer(parcel.entry.actor_uri)
        except Misconfigured as error:
            return _poisoned(parcel, error)
        form = self.learned or self._known or FIRST
        try:
            letter = Letter(signer, on_wire(parcel.lag.inbox), parcel.entry.body, form)
            form, answer = await self._knock(letter)
        except FederationError as error:
            return unreachable(error)
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            return _poisoned(parcel, error)
        verdict = judge(answer.status, answer.headers)
        if verdict.fate is Fate.DONE:
            self.learned = form if form != self._known else ""
        return verdict

    async def _knock(self, letter: Letter) -> tuple[Form, Answer]:
        first = await self._post(letter)
        if not signatures.knock_again(first.status):
            return letter.form, first
        other = signatures.other(letter.form)
        second = await self._post(replace(letter, form=other))
        # When both are refused alike, the form was not the fault: the first answer stands.
        alike = signatures.knock_again(second.status)
        return (letter.form, first) if alike else (other, second)

    async def _post(self, letter: Letter) -> Answer:
        """One exchange; no redirect is followed."""
        signed = await self._pens.sign(letter)
        return await self._wire.http.send(
            "POST",
            letter.inbox,
            {"Content-Type": ACTIVITY_JSON, **signed},
            letter.body,
            seconds=limits.DELIVERY_SECONDS,
            max_bytes=limits.DELIVERY_ANSWER_BYTES,
            cut=True,
        )


def _poisoned(parcel: Parcel, error: Exception) -> Verdict:
    log.error("outbox.unsendable", activity=parcel.entry.activity_uri, error=repr(error))
    return poison(error)
