"""This module sees to it that a server may hold the connections that it needs open.

Each connection is an open file, and many systems let a program open 1,024 unless it asks for more.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress

ENOUGH = 8_192
"""For 2,000 idle connections to other servers, some 800 deliveries, and thousands of readers."""


def allow() -> int:
    """How many files this process may open from now on: as many as the system lets it ask for."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if most == resource.RLIM_INFINITY else min(ENOUGH, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        with suppress(ValueError, OSError):  # some systems promise more than they give
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return allowed()


def allowed() -> int:
    """How many files this process may have open now."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if files == resource.RLIM_INFINITY else files
