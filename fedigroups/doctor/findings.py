"""This module knows what a check says: a verdict, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from federation.errors import FederationError
from fedigroups.instance import Instance

Verdict = Literal["ok", "note", "wrong", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. A `note` is worth knowing and no fault; what is `skipped` was not looked at."""

    check: str
    verdict: Verdict
    found: str
    remedy: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing must be done."""
        return self.verdict != "wrong"


def judged(check: str, well: bool, found: str, remedy: str) -> Finding:
    """The finding of a check that is well or wrong; only what is wrong needs a remedy."""
    return Finding(check, "ok", found) if well else Finding(check, "wrong", found, remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """A check by its name; `look` is asked for an instance, whose database may not be open."""

    name: str
    look: Callable[[Instance], Awaitable[Finding]]

    async def made(self, instance: Instance) -> Finding:
        """What it finds; a check that cannot be made says why."""
        try:
            return await self.look(instance)
        except (FederationError, OSError, TimeoutError) as error:
            said = f"it cannot be looked at: {error or type(error).__name__}"
            return Finding(self.name, "wrong", said, "Mend that, then ask again.")

    def skipped(self, why: str) -> Finding:
        """That it was not made."""
        return Finding(self.name, "skipped", why)
