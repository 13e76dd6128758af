"""This module forgets what opens nothing any more, and whoever never came in."""

from __future__ import annotations

from fedigroups.accounts import challenges, invitations, sessions, signup, signup_blocks, tickets
from fedigroups.oauth import apps, codes, tokens

SWEEPS = (
    sessions.retire,
    tickets.retire,
    challenges.retire,
    invitations.retire,
    codes.retire,
    tokens.retire,
    apps.retire,
    signup.retire,
    signup_blocks.retire,
)


async def retire() -> None:
    """Sweep sessions, tickets, codes, tokens, apps, unconfirmed accounts and what else ends."""
    for sweep in SWEEPS:
        await sweep()
