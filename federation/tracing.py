"""This module decides where spans go: nowhere, until the operator wants them somewhere.

A span says how long one piece of work took, within which other, and what became of it. It never
holds a body, a token or an address of a visitor. `fedigroups/telemetry.py` sends spans out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

Fact = str | int
Kind = Literal["server", "client", "consumer"]
"""The work answers somebody, asks somebody, or takes from a queue."""


class Span(Protocol):
    """Work that is under way."""

    def rename(self, name: str) -> None:
        """Call it by what is known of it now."""

    def note(self, facts: Mapping[str, Fact]) -> None:
        """Say more of it."""


class _Nothing:
    def rename(self, name: str) -> None:
        pass

    def note(self, facts: Mapping[str, Fact]) -> None:
        pass


Tracer = Callable[[str, Kind, Mapping[str, Fact]], AbstractContextManager[Span]]

_NOWHERE: AbstractContextManager[Span] = nullcontext(_Nothing())


def nowhere(_name: str, _kind: Kind, _facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
    """The tracer of an instance that sends no spans."""
    return _NOWHERE


_tracer: Tracer = nowhere


def send_to(tracer: Tracer) -> None:
    """Give the spans of this process to that tracer from now on."""
    global _tracer  # noqa: PLW0603 - like metrics, of which a process has one register
    _tracer = tracer


def span(name: str, kind: Kind, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
    """A span for as long as the block lasts; an error that leaves the block is noted."""
    return _tracer(name, kind, facts)
