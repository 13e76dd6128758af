"""The tree of errors; each class says who must act, each message says how.

FederationError
├── Refused         the sender (or the document it sent) is wrong, for good; carries an HTTP status
│   ├── Malformed       400: not what the protocol asks for
│   ├── BadSignature    401: not proven to come from its actor
│   │   └── OutOfTime       401: signed too long ago, or in the future
│   ├── Blocked         403: an operator here does not want this host
│   ├── NotHere         404: no such inbox
│   └── TooLarge        413: over a limit of federation.limits
├── Unreachable     another host did not answer properly; come back later (503 to a sender)
│   └── Crowded         too many new hosts of one site came at once; nobody was asked
├── Slowed          a sender asks more of us than its share; come back later (429)
├── Gone            the origin itself says that it is no more (404, 410 or a Tombstone)
├── NotUsable       another host answered, but not with what was asked; asking again will not help
├── Forbidden       we do not connect there: a private address, a foreign scheme, a bad name
├── OverBudget      too many fetches for one incoming activity
└── Misconfigured   the operator of this instance must act
"""

from __future__ import annotations

from federation.sentences import Sentence


class FederationError(Exception):
    """Anything that this program refuses or fails to do, on purpose.

    What may be said in another language, too, comes as a template and its values:
    `Malformed("a title has at most {most} characters", most=TITLE_CHARS)`.
    """

    def __init__(self, template: str = "", /, **values: object) -> None:
        self.sentence = Sentence(template, **values)
        super().__init__(self.sentence)


class Refused(FederationError):
    """The sender is wrong, for good; `status` is the HTTP answer."""

    status = 400


class Malformed(Refused):
    """Not what the protocol asks for."""


class BadSignature(Refused):
    """Not proven to come from its actor."""

    status = 401


class OutOfTime(BadSignature):
    """Signed `off` seconds from now by our clock, which is too long; negative in the past."""

    def __init__(self, off: int, reason: str) -> None:
        super().__init__(reason)
        self.off = off


class Blocked(Refused):
    """An operator here does not want this host."""

    status = 403


class NotHere(Refused):
    """No such inbox or document here."""

    status = 404


class TooLarge(Refused):
    """Over a limit of `federation.limits`."""

    status = 413


class Unreachable(FederationError):
    """Another host did not answer properly; `retry_after` seconds is its wish, if it has one."""

    def __init__(self, reason: str, *, retry_after: float | None = None, **values: object) -> None:
        super().__init__(reason, **values)
        self.retry_after = retry_after


class Crowded(Unreachable):
    """Too many hosts of one site are new here at once: nobody is asked for the moment."""


class Slowed(FederationError):
    """A sender asks more of us than its share; `seconds` is when to come back."""

    def __init__(self, who: str, seconds: float) -> None:
        super().__init__("{who} sends more than this server takes", who=who)
        self.seconds = seconds


class Gone(FederationError):
    """The origin says that it is no more; `status` is 404 or 410 (a Tombstone counts as 410)."""

    def __init__(self, reason: str, *, status: int = 410, **values: object) -> None:
        super().__init__(reason, **values)
        self.status = status


class NotUsable(FederationError):
    """Another host answered, but not with what was asked."""


class Forbidden(FederationError):
    """We do not connect there."""


class OverBudget(FederationError):
    """Too many fetches for one incoming activity."""


class Misconfigured(FederationError):
    """The operator of this instance must act; the message says how."""
