"""This module knows whom to tell when what this floor knows of others changes.

Imports point down and what is learned must go up, so the product enters here what it does then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


async def _nobody(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom to tell; each is called inside the transaction that writes the change.

    So the change and what follows from it are one commit. They must not fetch.
    """

    actor: Callable[[int], Awaitable[None]] = _nobody
    """Told the row id of a remote actor whose inboxes or state have changed."""
    host: Callable[[str], Awaitable[None]] = _nobody
    """Told a host whose dialect has changed."""


NOBODY = Watch()
