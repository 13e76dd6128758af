"""This module issues and redeems what opens one thing once: links in mails, half of a sign-in."""

from __future__ import annotations

from typing import Literal

from federation import clock, ids, limits, storage
from fedigroups.accounts import secrets
from fedigroups.accounts.entry_models import Ticket

Kind = Literal["confirm", "reset", "second"]

SECONDS: dict[Kind, int] = {
    "confirm": limits.CONFIRM_SECONDS,
    "reset": limits.RESET_SECONDS,
    "second": limits.SECOND_FACTOR_SECONDS,
}


async def issue(account_id: int, kind: Kind, email: str = "") -> str:
    """What opens it, to be shown once; older tickets of this kind open nothing any more."""
    secret, now = secrets.new(), clock.now_ms()
    async with storage.transaction():
        await drop(account_id, kind)
        await Ticket.create(
            id=ids.new(),
            account_id=account_id,
            kind=kind,
            digest=secrets.digest(secret),
            email=email,
            expires_at=now + SECONDS[kind] * clock.SECOND,
            created_at=now,
        )
    return secret


async def look(kind: Kind, shown: str) -> Ticket | None:
    """The ticket, which stays good; None when there is none such, or its time is up."""
    return await Ticket.get_or_none(
        digest=secrets.digest(shown), kind=kind, expires_at__gt=clock.now_ms()
    ).select_related("account__actor")


async def redeem(ticket: Ticket) -> bool:
    """Whether it was still good: of two who redeem it at once, one does."""
    return await Ticket.filter(id=ticket.id).delete() == 1


async def drop(account_id: int, kind: Kind) -> None:
    """Those of this kind open nothing any more."""
    await Ticket.filter(account_id=account_id, kind=kind).delete()


async def try_once(ticket: Ticket, most: int) -> bool:
    """Count one try; whether there was one left. The ticket is gone when there was none."""
    row = await storage.row(
        "UPDATE ticket SET tries = tries + 1 WHERE id = ? RETURNING tries", ticket.id
    )
    if row is not None and row["tries"] <= most:
        return True
    await Ticket.filter(id=ticket.id).delete()
    return False


async def retire() -> None:
    """Forget those whose time is up."""
    await storage.execute("DELETE FROM ticket WHERE expires_at < ?", clock.now_ms())
