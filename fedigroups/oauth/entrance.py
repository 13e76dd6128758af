"""This module forgets what opens nothing any more, and whoever never came in."""

from __future__ import annotations

from fedigroups.accounts import invitations, sessions, signup, tickets
from fedigroups.oauth import apps, codes, tokens

SWEEPS = (
    sessions.retire,
    tickets.retire,
    invitations.retire,
    codes.retire,
    tokens.retire,
    apps.retire,
    signup.retire,
)


async def retire() -> None:
    """Sweep sessions, tickets, invitations, codes, tokens, apps and unconfirmed accounts."""
    for sweep in SWEEPS:
        await sweep()
