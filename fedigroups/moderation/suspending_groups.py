"""This module suspends, opens again or closes a group that lives here, and tells its owner why."""

from __future__ import annotations

from federation import clock, storage
from federation.errors import Malformed
from federation.limits import DECISION_CHARS
from fedigroups.accounts import letters, mail
from fedigroups.accounts.mail import Letter
from fedigroups.accounts.models import Account
from fedigroups.accounts.reception import Reception
from fedigroups.groups import ending
from fedigroups.groups.distribute import Hosted
from fedigroups.groups.models import Group


async def suspend(reception: Reception, group: Group, reason: str) -> None:
    """Show the group to nobody, take nothing for it, and tell its owner why; committed.

    Raises `Malformed` without a reason, and for a group that is not open.
    """
    check(reason)
    async with storage.transaction():
        await _turn(group, "open", "suspended")
        text = reason.strip()
        await _write(reception, group, letters.group_suspended(reception.name, group.name, text))
    reception.posted()


async def lift(reception: Reception, group: Group) -> None:
    """Open it again, and tell its owner; committed. Raises `Malformed` for one not suspended."""
    async with storage.transaction():
        await _turn(group, "suspended", "open")
        await _write(reception, group, letters.group_lifted(reception.name, group.name))
    reception.posted()


async def close(reception: Reception, hosted: Hosted, reason: str) -> None:
    """Close it for good, tell every server that reads it, and its owner why; committed.

    Raises `Malformed` without a reason, and for a group that is closed.
    """
    check(reason)
    group, text = hosted.group, reason.strip()
    async with storage.transaction():
        await ending.close(reception.wire, hosted)
        await _write(reception, group, letters.group_closed(reception.name, group.name, text))
    reception.posted()


async def contact(reception: Reception, group: Group, text: str) -> None:
    """Write to the owner; committed. Raises `Malformed` without a text."""
    check(text)
    letter = letters.about_group(reception.name, group.name, text.strip())
    async with storage.transaction():
        await _write(reception, group, letter)
    reception.posted()


def check(text: str) -> None:
    """Refuse (`Malformed`) a reason, or a letter, that is none or too long."""
    if not text.strip() or len(text) > DECISION_CHARS:
        raise Malformed("that needs a text of at most {most} characters", most=DECISION_CHARS)


async def _turn(group: Group, old: str, new: str) -> None:
    turned = await Group.filter(id=group.id, hosted=True, state=old).update(
        state=new, updated_at=clock.now_ms()
    )
    if not turned:
        raise Malformed("the group {name} is not {old} any more", name=group.name, old=old)


async def _write(reception: Reception, group: Group, letter: Letter) -> None:
    """To whoever owns the group: an account here."""
    owner = await Account.filter(
        actor__memberships__group_id=group.id,
        actor__memberships__role="owner",
        actor__memberships__state="member",
    ).first()
    if owner is not None:
        await mail.post(reception.seal, owner.email, letter)
