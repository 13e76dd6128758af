"""This module does what the staff decides about an account here, if they may."""

from __future__ import annotations

from federation import storage
from federation.errors import Malformed
from fedigroups.accounts import doors, signup
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception
from fedigroups.accounts.roles import ROLES, is_staff
from fedigroups.moderation import suspending


async def act(
    reception: Reception,
    by: Account,
    account: Account,
    kind: str,
    reason: str = "",
    role: str = "",
) -> None:
    """Do it. Raises `Malformed` for what cannot be done; moderators touch no other staff."""
    _check_may(by, account, kind)
    match kind:
        case "approve":
            await signup.approve(reception, account)
        case "refuse":
            await signup.refuse(account)
        case "confirm":
            await signup.send_confirmation(reception, account, account.actor.username)
        case "suspend":
            await suspending.suspend(reception, account, reason)
        case "lift":
            await suspending.lift(reception, account)
        case "role":
            await _give(account, role)
        case "sign_out":
            async with storage.transaction():
                await doors.close(account)
        case _:
            raise Malformed("choose what to do")


def _check_may(by: Account, account: Account, kind: str) -> None:
    is_for_admins = is_staff(account) or kind == "role"
    if account.id == by.id or (is_for_admins and not by.admin):
        raise Malformed("that is for who runs this server")


async def _give(account: Account, role: str) -> None:
    if role not in ROLES:
        raise Malformed("choose what to do")
    await Account.filter(id=account.id).update(role=role)
