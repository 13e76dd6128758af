"""This module decides what the answer to a delivery means for it and for its host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from federation import clock
from federation.errors import FederationError, Unreachable
from federation.http import retry_after


class Fate(Enum):
    """What becomes of a delivery."""

    DONE = "done"
    ENDED = "ended"
    """Over without success: this activity alone, the host is well."""
    AGAIN = "again"
    """This activity is tried again later, others are not held up."""
    BACKOFF = "backoff"
    """The host cannot take anything now: it is owed this and all that follows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fate of one delivery; `status` is the HTTP answer or 0, `wait` what it asks for in ms."""

    fate: Fate
    status: int = 0
    reason: str = ""
    wait: int = 0

    @property
    def answered(self) -> bool:
        """Whether the host is up and looked at what it was sent."""
        return self.status > 0 and self.fate is not Fate.BACKOFF

    @property
    def gone(self) -> bool:
        """Whether the inbox says that its actor is no more; its actor's document decides."""
        return self.status == 410


_AGAIN = frozenset({401, 424})
_BACKOFF = frozenset({408, 425, 429})
_ENDED = frozenset({501})


def judge(status: int, headers: Mapping[str, str]) -> Verdict:
    """What an answer means; header names in lower case.

    2xx is done. 401 (key caches) and 424 (NodeBB could not fetch the inner object) are tried
    again. 408, 425, 429, 5xx and redirects are the host's trouble. Every other 4xx, and 501, end
    this activity.
    """
    if 200 <= status < 300:
        return Verdict(Fate.DONE, status)
    reason = f"answered {status}"
    if status in _AGAIN:
        return Verdict(Fate.AGAIN, status, reason)
    if status in _ENDED or (400 <= status < 500 and status not in _BACKOFF):
        return Verdict(Fate.ENDED, status, reason)
    return Verdict(Fate.BACKOFF, status, reason, _ms(retry_after(headers)))


def unreachable(error: FederationError) -> Verdict:
    """The verdict when there was no answer: the network, DNS, TLS, an address that is not public.

    A name that leads to a private address for an hour is like one that does not resolve.
    """
    wish = error.retry_after if isinstance(error, Unreachable) else None
    return Verdict(Fate.BACKOFF, 0, str(error), _ms(wish))


def poison(error: Exception) -> Verdict:
    """The verdict when this program itself cannot send an activity: tried again, then ended."""
    return Verdict(Fate.AGAIN, 0, f"could not be sent: {error!r}")


def _ms(seconds: float | None) -> int:
    return int((seconds or 0) * clock.SECOND)
