"""This module decides how much one account, or one visitor without, may ask of us, and says so.

And how often one site is asked because somebody here wants to know who is there.
"""

from __future__ import annotations

from starlette.types import Scope

from federation import clock, limits
from federation.errors import Slowed
from federation.origin import site_of
from federation.pace import MINUTE_SECONDS, Buckets

SHARE = "fedigroups.share"


class Shares:
    """What was asked of late, in this process; nothing is refused with `on` False."""

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._accounts = Buckets(limits.API_PER_ACCOUNT, limits.API_WINDOW_SECONDS)
        self._visitors = Buckets(limits.API_PER_ADDRESS, limits.API_WINDOW_SECONDS)
        self._sites = Buckets(limits.LOOKUPS_PER_HOST, MINUTE_SECONDS)

    def take_of_account(self, scope: Scope, account_id: int) -> None:
        """Take one request of an account, or refuse it (`Slowed`)."""
        self._take(scope, self._accounts, str(account_id))

    def take_of_visitor(self, scope: Scope, address: str) -> None:
        """Take one request without a token, or with one that opens nothing, or refuse it."""
        if address:
            self._take(scope, self._visitors, address)

    def take_of_site(self, host: str) -> None:
        """Take one question to the site that the host is of, for whoever wants it asked; or refuse.

        What is typed in a page or an app has us ask other servers, and a script types quickly.
        """
        if self._on and (seconds := self._sites.take(site_of(host))):
            raise Slowed(host, seconds)

    def _take(self, scope: Scope, buckets: Buckets, who: str) -> None:
        scope[SHARE] = (buckets, who)
        if self._on and (seconds := buckets.take(who)):
            raise Slowed("this account" if buckets is self._accounts else who, seconds)


def headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """What is left of the share that the request was of, as Mastodon says it."""
    if SHARE not in scope:
        return []
    buckets, who = scope[SHARE]
    left = buckets.left(who)
    full = clock.now_ms() + int((buckets.burst - left) * buckets.seconds / buckets.burst * 1_000)
    return [
        (b"x-ratelimit-limit", b"%d" % buckets.burst),
        (b"x-ratelimit-remaining", b"%d" % int(left)),
        (b"x-ratelimit-reset", clock.rfc3339(full).encode()),
    ]
