"""This module decides how often somebody may try to come in, by address and by account.

Each process counts for itself, in bounded memory; whoever has no share left is told so (`Slowed`,
429) before a password is looked at. Visitors whose address tells nothing (a proxy that the operator
did not name, this machine) are counted by account alone.

A wrong password shuts the account first of all for the place that it came from. A bound for all
places together there must be, for some guess from a thousand addresses; but if it shut out the
owner too, anybody could keep anybody out for ever, with a script. So a browser in which the owner
once signed in is counted by itself alone, and a new password by mail makes such a browser of any.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation import limits
from federation.errors import Slowed
from federation.pace import Buckets

HOUR = 3_600.0
HALF_HOUR = 1_800.0
FIVE_MINUTES = 300.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody tries from: an address, and the name of a browser that the account knows."""

    address: str
    browser: str = ""


class Attempts:
    """What was tried of late; nothing is refused with `on` False."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._sign_ins = Buckets(limits.SIGN_INS_PER_ADDRESS, FIVE_MINUTES)
        self._failures = Buckets(limits.SIGN_INS_PER_ACCOUNT, HOUR)
        self._failures_there = Buckets(limits.SIGN_INS_PER_PLACE, HOUR)
        self._codes = Buckets(limits.CODES_PER_ACCOUNT, HOUR)
        self._sign_ups = Buckets(limits.SIGN_UPS_PER_ADDRESS, HALF_HOUR)
        self._apps = Buckets(limits.APPS_PER_ADDRESS, HALF_HOUR)
        self._mails = Buckets(limits.MAILS_PER_ADDRESS, HOUR)
        self._letters = Buckets(limits.MAILS_PER_ACCOUNT, HOUR)

    def sign_in(self, account: str, place: Place) -> None:
        """Take an attempt from this place; refuse it there, or for an account that is beset."""
        self._take(self._sign_ins, place.address)
        waits = [self._failures_there.wait(one) for one in _there(account, place)]
        if not place.browser:
            waits.append(self._failures.wait(account))
        if self._on and (seconds := max(waits)):
            raise Slowed("whoever tries to sign in to this account", seconds)

    def failed(self, account: str, place: Place) -> None:
        """Note that it was the wrong password."""
        for one in _there(account, place):
            self._failures_there.take(one)
        if not place.browser:
            self._failures.take(account)

    def code(self, account: str, place: Place) -> None:
        """Take a try of a second factor. Here nobody's browser is spared: all know the password."""
        self._take(self._sign_ins, place.address)
        if self._on and (seconds := self._codes.wait(account)):
            raise Slowed("whoever tries codes of this account", seconds)

    def failed_code(self, account: str) -> None:
        """Note that it was the wrong code."""
        self._codes.take(account)

    def sign_up(self, address: str) -> None:
        """Take a sign-up from this address, or refuse it."""
        self._take(self._sign_ups, address)

    def app(self, address: str) -> None:
        """Take the registration of an app from this address, or refuse it."""
        self._take(self._apps, address)

    def mail(self, address: str) -> None:
        """Take a request for a letter from this address, or refuse it."""
        self._take(self._mails, address)

    def may_write(self, account_id: int) -> bool:
        """Whether one more letter with a link may go to this account; counts it when so."""
        return not self._letters.take(str(account_id)) or not self._on

    def _take(self, buckets: Buckets, address: str) -> None:
        if self._on and address and (seconds := buckets.take(address)):
            raise Slowed(address, seconds)


def _there(account: str, place: Place) -> list[str]:
    """As what a place is counted; nothing where it tells nothing."""
    where = place.browser or place.address
    return [f"{account} {where}"] if where else []
