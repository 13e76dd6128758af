"""This module knows who looks after this instance, and sees that somebody does."""

from __future__ import annotations

from federation import storage
from federation.errors import Malformed
from fedigroups.accounts.models import Account

ROLES = ("member", "moderator", "admin")
_STAFF = frozenset({"moderator", "admin"})


def is_staff(account: Account) -> bool:
    """Whether the account looks after this instance."""
    return account.role in _STAFF


async def has_admin(*, without: int = 0) -> bool:
    """Whether somebody who is in may run this instance, other than the account of that id."""
    return await (
        Account.filter(role="admin", approved_at__gt=0, confirmed_at__gt=0, actor__state="live")
        .exclude(id=without)
        .exists()
    )


async def check_leaves_an_admin(account: Account) -> None:
    """Raise `Malformed` for the last admin: who closes or suspends them asks first.

    In the transaction that takes them away it counts for all: of two who go at once, one stays.
    """
    await storage.hold("admins")
    if account.admin and not await has_admin(without=account.id):
        name = (await account.actor).username
        raise Malformed(
            "{name} is the last admin here: make somebody else one first (fedigroups user "
            "role NAME admin)",
            name=name,
        )
