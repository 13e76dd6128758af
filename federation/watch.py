"""This module knows whom to tell when what this floor knows of others changes.

Imports point down, what is learned must go up: the product enters here what follows for it.
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
    """Told the row id of a remote actor whose inboxes or state are others now."""
    host: Callable[[str], Awaitable[None]] = _nobody
    """Told a host whose dialect is another now."""


NOBODY = Watch()
