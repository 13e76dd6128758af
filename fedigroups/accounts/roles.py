"""This module knows the roles of accounts: who looks after this instance, and who does not."""

from __future__ import annotations

from fedigroups.accounts.models import Account

ROLES = ("member", "moderator", "admin")
_STAFF = frozenset({"moderator", "admin"})


def is_staff(account: Account) -> bool:
    """Whether the account looks after this instance."""
    return account.role in _STAFF
