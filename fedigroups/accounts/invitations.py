"""This module makes invitations, and takes a use from one when somebody comes with it."""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from fedigroups.accounts import secrets
from fedigroups.accounts.models import Account
from fedigroups.accounts.roles import is_staff
from fedigroups.accounts.signup_models import Invitation


def may_invite(account: Account, signup: str) -> bool:
    """Whether somebody may invite people: whoever looks after an instance that is not closed."""
    return is_staff(account) and signup != "closed"


async def invite(
    by: Account | None = None, *, uses: int = 1, days: int = 7, note: str = ""
) -> tuple[Invitation, str]:
    """A new invitation, and the code in its link, which is shown this once. Raises `Malformed`."""
    if not 1 <= uses <= limits.INVITATION_USES or not 1 <= days <= limits.INVITATION_DAYS:
        raise Malformed(
            "an invitation is for 1 to {people} people, and good for 1 to {days} days",
            people=limits.INVITATION_USES,
            days=limits.INVITATION_DAYS,
        )
    code, now = secrets.new(), clock.now_ms()
    invitation = await Invitation.create(
        id=ids.new(),
        account_id=by.id if by else None,
        digest=secrets.digest(code),
        note=note[: limits.INVITATION_NOTE_CHARS],
        uses_left=uses,
        expires_at=now + days * clock.DAY,
        created_at=now,
    )
    return invitation, code


async def is_good(code: str) -> bool:
    """Whether somebody may come with it."""
    return bool(code) and await Invitation.exists(
        digest=secrets.digest(code), uses_left__gt=0, expires_at__gt=clock.now_ms()
    )


async def take(code: str) -> None:
    """Take one use, inside a transaction. Raises `Malformed` when there is none left."""
    taken = await storage.execute(
        "UPDATE invitation SET uses_left = uses_left - 1"
        " WHERE digest = ? AND uses_left > 0 AND expires_at > ?",
        secrets.digest(code),
        clock.now_ms(),
    )
    if not taken:
        raise Malformed("this invitation was used up, or is no more; ask for another one")


async def open_ones(by: Account | None = None) -> Sequence[Invitation]:
    """Those with which somebody may still come, the newest first; of one account, or all."""
    found = Invitation.filter(uses_left__gt=0, expires_at__gt=clock.now_ms()).order_by("-id")
    return await (found.filter(account_id=by.id) if by else found)


async def withdraw(invitation_id: int, by: Account | None = None) -> bool:
    """Take an invitation back, of this account or any; whether there was one."""
    found = Invitation.filter(id=invitation_id)
    return await (found.filter(account_id=by.id) if by else found).delete() == 1


async def retire() -> None:
    """Forget those with which nobody can come any more."""
    await storage.execute(
        "DELETE FROM invitation WHERE uses_left <= 0 OR expires_at < ?", clock.now_ms()
    )
