"""Whether something is quick: measured in CPU time, and again when a busy neighbour slowed it."""

from __future__ import annotations

import time
from collections.abc import Callable

TRIES = 4


def is_quicker(seconds: float, act: Callable[[], object]) -> bool:
    """Whether this thread needs less CPU for `act` than `seconds`, at least once in a few tries."""
    for _ in range(TRIES):
        before = time.thread_time()
        act()
        if time.thread_time() - before < seconds:
            return True
    return False
