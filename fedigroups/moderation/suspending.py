"""This module suspends somebody who lives here, lets them in again, and tells them why."""

from __future__ import annotations

from federation import storage
from federation.errors import Malformed
from federation.limits import DECISION_CHARS
from federation.models import Actor
from fedigroups.accounts import doors, letters, mail, roles
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception
from fedigroups.groups import routing


async def suspend(reception: Reception, account: Account, reason: str) -> None:
    """Sign them out everywhere, and show neither them nor, from now on, anything they do.

    Raises `Malformed` without a reason, for somebody who is not in, and for the last admin.
    """
    if not reason.strip() or len(reason) > DECISION_CHARS:
        raise Malformed(
            "a suspension needs a reason of at most {most} characters", most=DECISION_CHARS
        )
    async with storage.transaction():
        await roles.check_leaves_an_admin(account)
        await _turn(account, "live", "suspended")
        await doors.close(account)
        letter = letters.suspended(reception.name, account.actor.username, reason.strip())
        await mail.post(reception.seal, account.email, letter)
    reception.posted()


async def lift(reception: Reception, account: Account) -> None:
    """Let them in again. Raises `Malformed` for somebody who is not suspended."""
    async with storage.transaction():
        await _turn(account, "suspended", "live")
        name = account.actor.username
        letter = letters.welcome(reception.name, name, reception.origin)
        await mail.post(reception.seal, account.email, letter)
    reception.posted()


async def _turn(account: Account, old: str, new: str) -> None:
    turned = await Actor.filter(id=account.actor_id, state=old).update(state=new)
    if not turned:
        raise Malformed(f"{account.actor.username} is {account.actor.state}, and not {old}")
    await routing.actor_changed(account.actor_id)
