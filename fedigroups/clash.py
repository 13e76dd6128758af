"""This module knows whether another distribution has overwritten one of our four packages.

`federation`, `inbox` and `outbox` are names of other distributions too, and pip overwrites files
without a word.
"""

from __future__ import annotations

from importlib.metadata import packages_distributions

import federation
import fedigroups
from federation.errors import Misconfigured

PACKAGES = ("federation", "inbox", "outbox", "fedigroups")
OURS = "fedigroups"


def foreign() -> dict[str, list[str]]:
    """Which of our packages other distributions bring too: package to their names."""
    owners = packages_distributions()
    found = {name: sorted(set(owners.get(name, ())) - {OURS}) for name in PACKAGES}
    return {name: others for name, others in found.items() if others}


def check() -> None:
    """Refuses with Misconfigured when one of our packages may be somebody else's."""
    others = foreign()
    if others:
        which = "; ".join(f"{name} by {', '.join(names)}" for name, names in others.items())
        raise Misconfigured(
            f"Other packages overwrite ours ({which}). Fedigroups is a program: install it into a "
            "virtual environment of its own, for example with pipx, or with pip into a new venv"
        )
    if getattr(federation, "__version__", "") != fedigroups.__version__:
        raise Misconfigured(
            "The package federation is not of this version of Fedigroups: install Fedigroups again "
            "into a virtual environment of its own"
        )
