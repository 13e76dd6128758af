"""This module decides whether a name (or address) and a password are somebody's."""

from __future__ import annotations

from fedigroups.accounts import mailboxes, passwords
from fedigroups.accounts.attempts import Attempts
from fedigroups.accounts.models import Account


async def check(attempts: Attempts, login: str, password: str, address: str) -> Account | None:
    """The account with its actor, or None; it takes as long either way, whatever is wrong.

    It may still be unconfirmed, unapproved or suspended: only who knows the password is told.
    Raises `Slowed` for an address or an account with too many attempts.
    """
    name = login.strip().removeprefix("@").lower()[:320]
    account = await _known(name)
    who = str(account.id) if account else name
    attempts.sign_in(address, who)
    stored = account.password_hash if account else ""
    if not await passwords.is_right(stored, password) or account is None:
        attempts.failed(who)
        return None
    if passwords.is_old(stored):
        hashed = await passwords.hashed(password)
        await Account.filter(id=account.id, password_hash=stored).update(password_hash=hashed)
    return account


async def _known(name: str) -> Account | None:
    """Whose name or confirmed address it is."""
    known = Account.filter(actor__state__not="gone").select_related("actor")
    if "@" in name:
        return await known.filter(email_key=mailboxes.key(name), confirmed_at__gt=0).first()
    return await known.filter(actor__username=name, actor__local=True).first()
