"""This module makes links into a group, and lets in whoever comes with one."""

from __future__ import annotations

from collections.abc import Sequence

from federation import clock, ids, limits, storage
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.accounts import secrets
from fedigroups.groups import membership
from fedigroups.groups.invitation_models import GroupInvitation
from fedigroups.groups.models import Group


async def make(
    group: Group, by: Actor, *, uses: int = 10, days: int = 7, note: str = ""
) -> tuple[GroupInvitation, str]:
    """A new invitation, and the code in its link, which is shown this once. Raises `Malformed`."""
    if not 1 <= uses <= limits.INVITATION_USES or not 1 <= days <= limits.INVITATION_DAYS:
        raise Malformed(
            "an invitation is for 1 to {people} people, and good for 1 to {days} days",
            people=limits.INVITATION_USES,
            days=limits.INVITATION_DAYS,
        )
    if len(await open_ones(group)) >= limits.GROUP_INVITATIONS:
        raise Malformed(
            "a group has at most {most} links; withdraw one first", most=limits.GROUP_INVITATIONS
        )
    code, now = secrets.new(), clock.now_ms()
    made = await GroupInvitation.create(
        id=ids.new(),
        group_id=group.id,
        actor_id=by.id,
        digest=secrets.digest(code),
        note=note[: limits.INVITATION_NOTE_CHARS],
        uses_left=uses,
        expires_at=now + days * clock.DAY,
        created_at=now,
    )
    return made, code


async def is_good(group: Group, code: str) -> bool:
    """Whether somebody may come into the group with it."""
    return bool(code) and await GroupInvitation.exists(
        group_id=group.id,
        digest=secrets.digest(code),
        uses_left__gt=0,
        expires_at__gt=clock.now_ms(),
    )


async def accept(group: Group, code: str, actor: Actor) -> None:
    """Let the actor in as soon as they follow the group, which takes a use of the invitation.

    For members and the invited it takes none. Raises `Malformed` when there is none left, and for
    the banned, for whom it takes none either.
    """
    async with storage.transaction():
        await storage.hold(f"invitation {group.id} {actor.id}")
        member = await membership.standing(group, actor)
        if member is not None and member.state in {"invited", "member"}:
            return
        taken = await storage.execute(
            "UPDATE group_invitation SET uses_left = uses_left - 1"
            " WHERE group_id = ? AND digest = ? AND uses_left > 0 AND expires_at > ?",
            *(group.id, secrets.digest(code), clock.now_ms()),
        )
        if not taken:
            raise Malformed("this invitation was used up, or is no more; ask for another one")
        await membership.invite(group, actor)


async def open_ones(group: Group) -> Sequence[GroupInvitation]:
    """Those with which somebody may still come, the newest first."""
    found = GroupInvitation.filter(
        group_id=group.id, uses_left__gt=0, expires_at__gt=clock.now_ms()
    )
    return await found.order_by("-id")


async def withdraw(group: Group, invitation_id: int) -> bool:
    """Whether there was such a one of the group, with which nobody can come any more."""
    return await GroupInvitation.filter(id=invitation_id, group_id=group.id).delete() == 1


async def retire() -> None:
    """Forget those with which nobody can come any more."""
    await storage.execute(
        "DELETE FROM group_invitation WHERE uses_left <= 0 OR expires_at < ?", clock.now_ms()
    )
