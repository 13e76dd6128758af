"""This module knows what is counted, measured and shown at `/metrics`, and what each number means.

All floors count here. Labels have few values: none is a stranger's text (`told` sees to it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

REGISTRY = CollectorRegistry()
"""What `/metrics` shows: this process alone counts here. Gauges are of the whole instance."""
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
Metric = Counter | Gauge | Histogram

_FAST = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
_SLOW = (0.05, 0.2, 1.0, 3.0, 10.0, 30.0)
_SAID = 100
_WORDS = 4
_NAMES = re.compile(r"\S*[@:/]\S*|\d+")
_said: set[str] = set()


def _counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(f"fedigroups_{name}", what, labels, registry=REGISTRY)


def _gauge(name: str, what: str, *labels: str) -> Gauge:
    return Gauge(f"fedigroups_{name}", what, labels, registry=REGISTRY)


def _histogram(name: str, what: str, *labels: str, buckets: tuple[float, ...] = _FAST) -> Histogram:
    return Histogram(f"fedigroups_{name}", what, labels, registry=REGISTRY, buckets=buckets)


HTTP_SECONDS = _histogram(
    "http_request_seconds", "Seconds until the head of an answer was sent.", "route", "method"
)
HTTP_RESPONSES = _counter("http_responses", "Answers, by route and status.", "route", "status")
INBOX_REQUESTS = _counter(
    "inbox_requests", "What was sent to an inbox, by what it was answered for.", "outcome"
)
SIGNATURE_FAILURES = _counter(
    "signature_failures",
    "Requests whose signature was refused: unsigned, time, digest, wrong (not that key's), form.",
    "kind",
)
RECEIPTS = _counter(
    "inbox_receipts",
    "Activities that were processed: done, ignored, failed, or received (they come again).",
    "state",
    "reason",
)
DELIVERIES = _counter(
    "deliveries",
    "Attempts to deliver: done, ended (refused for good), again, backoff (the host is in trouble).",
    "outcome",
)
DELIVERY_SECONDS = _histogram("delivery_seconds", "Seconds of an attempt.", buckets=_SLOW)
DATABASE_WAIT = _histogram(
    "database_wait_seconds", "Seconds of waiting for a connection, or for SQLite's one writer."
)
LOOP_DELAY = _histogram(
    "event_loop_delay_seconds", "By how much the event loop was late, looked at each second."
)
DATABASE_UP = _gauge("database_up", "1 while the database answers; else what is below is old.")
ARRIVALS_WAITING = _gauge("arrivals_waiting", "Activities that came and are not processed.")
ARRIVALS_OLDEST = _gauge("arrivals_oldest_seconds", "For how long the oldest of them is due.")
ARRIVALS_FAILED = _gauge("arrivals_failed", "Activities that were given up here.")
DELIVERIES_OWED = _gauge("deliveries_owed", "Deliveries that are owed to other servers, at most.")
DELIVERIES_OLDEST = _gauge(
    "deliveries_oldest_seconds", "For how long the oldest is owed to a server that answers."
)
PEERS = _gauge("peers", "Other servers: open, failing, dormant, blocked.", "state")
LETTERS_WAITING = _gauge("letters_waiting", "Letters that are not sent yet.")
LETTERS = _counter(
    "letters",
    "Letters that were tried: sent, again (tried later), refused (for good), given_up, or dropped"
    " (nobody may read any more what it was about).",
    "outcome",
)
READ_ONLY = _gauge("read_only", "1 while nothing may be changed (`fedigroups maintenance`).")
VERSION = _gauge("version_info", "1, with the version that runs.", "version")


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Measure the block, however it ends."""
    begun = perf_counter()
    try:
        yield
    finally:
        histogram.observe(perf_counter() - begun)


def told(reason: str) -> str:
    """A reason as a label: its first words, without names, and `other` once there are too many.

    Later words may be the name of a group, of which a number must not tell.
    """
    plain = " ".join(_NAMES.sub("…", reason).split()[:_WORDS])[:60]
    if plain not in _said:
        if len(_said) >= _SAID:
            return "other"
        _said.add(plain)
    return plain


def names_of(metric: Metric) -> list[str]:
    """The names under which Prometheus finds a metric; the first is the one that is told."""
    name, kind = metric._name, metric._type
    if kind == "counter":
        return [f"{name}_total"]
    ends = ("bucket", "count", "sum") if kind == "histogram" else ()
    return [name, *(f"{name}_{end}" for end in ends)]
