"""This module moves memberships: who joins, is let in, leaves or is put out, and is answered what.

Each function runs inside its caller's transaction and returns the drafts to publish.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from federation import bare, clock, ids, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import admitting, policies, routing
from fedigroups.groups.models import Group, Member
from fedigroups.groups.states import may_move
from fedigroups.notify import telling
from outbox import build, streams
from outbox.publish import Draft, Outgoing, Place

Follow = Mapping[str, Any]


async def standing(group: Group, actor: Actor) -> Member | None:
    """The actor's row in the group, if there ever was one.

    For somebody from whose server the group takes nothing, and for an account here that moved,
    there always is one, and it says so.
    """
    found = await _row(group, actor)
    shut_out, moved = admitting.shuts_out(group, actor), actor.local and bool(actor.moved_to)
    if shut_out or moved:
        found = found or Member(id=0, group_id=group.id, actor_id=actor.id, state="left")
        found.shut_out, found.moved = shut_out, moved
    return found


async def held(group: Group, actor: Actor) -> Member | None:
    """The actor's row in the group, if there is one; nobody else changes it until the commit."""
    return await _row(group, actor, held=True)


async def hold_all(actor: Actor) -> None:
    """Let nobody else change where the actor is a member, until the commit."""
    await storage.rows(
        f"SELECT id FROM member WHERE actor_id = ? ORDER BY id{storage.held()}",  # noqa: S608
        actor.id,
    )


async def _row(group: Group, actor: Actor, *, held: bool = False) -> Member | None:
    return await bare.one(Member, "group_id = ? AND actor_id = ?", group.id, actor.id, held=held)


async def ask(
    wire: Wire, group: Group, group_actor: Actor, actor: Actor, follow: Follow
) -> tuple[str, list[Draft]]:
    """Ask to join: the resulting state, and the Accept or Reject it sends.

    A repeated Follow of a member is a resync: a fresh Accept carrying the new Follow's id.
    """
    member = await standing(group, actor)
    if refusal := policies.refusal_to_join(group, member):
        return "refused", [answer(wire, "Reject", group_actor, actor, follow, refusal)]
    limited = not actor.local and await wire.peers.is_limited(actor.host)
    if policies.admits_at_once(group, member, limited=limited):
        return "member", await _admit(wire, group, group_actor, actor, follow)
    await _move(group, actor, "asked", follow=follow)
    return "asked", []


async def approve(wire: Wire, group: Group, actor: Actor) -> list[Draft]:
    """Let in somebody who asked. Raises `Malformed` when they did not."""
    member = await held(group, actor)
    if member is None or member.state != "asked":
        raise Malformed("{who} has not asked to join {group}", who=actor.handle, group=group.name)
    group_actor = await group.actor
    return await _admit(wire, group, group_actor, actor, json.loads(member.follow))


async def refuse(wire: Wire, group: Group, actor: Actor, reason: str) -> list[Draft]:
    """Turn down somebody who asked. Raises `Malformed` when they did not."""
    member = await held(group, actor)
    if member is None or member.state != "asked":
        raise Malformed("{who} has not asked to join {group}", who=actor.handle, group=group.name)
    return await _end(wire, group, actor, "refused", reason)


async def remove(wire: Wire, group: Group, actor: Actor, reason: str) -> list[Draft]:
    """Put a member out; they may ask again. Raises `Malformed` for somebody who is none."""
    member = await held(group, actor)
    if member is None or member.state != "member":
        raise Malformed("{who} is not a member of {group}", who=actor.handle, group=group.name)
    _check_no_owner(group, actor, member)
    return await _end(wire, group, actor, "removed", reason)


async def ban(
    wire: Wire, group: Group, actor: Actor, reason: str, *, until: int = 0
) -> list[Draft]:
    """Put somebody out, member or not, who may not come back until the ban is lifted, or ends.

    Raises `Malformed` for an owner, for the group itself, and for somebody who is banned already.
    """
    if actor.id == group.actor_id:
        raise Malformed("{who} is not banned from itself", who=group.name)
    _check_no_owner(group, actor, await held(group, actor))
    drafts = await _end(wire, group, actor, "banned", reason)
    await Member.filter(group_id=group.id, actor_id=actor.id).update(banned_until=until)
    return drafts


async def pardon(group: Group, actor: Actor) -> None:
    """Lift a ban: they may ask again. Raises `Malformed` for somebody who is not banned."""
    member = await held(group, actor)
    if member is None or member.state != "banned":
        raise Malformed("{who} is not banned from {group}", who=actor.handle, group=group.name)
    await _move(group, actor, "left")
    await Member.filter(id=member.id).update(banned_until=0)


async def mute(group: Group, actor: Actor, until: int) -> None:
    """Let a member write nothing until then. Raises `Malformed` for somebody who is none."""
    members = Member.filter(group_id=group.id, actor_id=actor.id, state="member")
    if not await members.update(muted_until=until):
        raise Malformed("{who} is not a member of {group}", who=actor.handle, group=group.name)


async def invite(group: Group, actor: Actor) -> None:
    """Let somebody in as soon as they ask. Raises `Malformed` for a member and for the banned."""
    await _move(group, actor, "invited")


def _check_no_owner(group: Group, actor: Actor, member: Member | None) -> None:
    if member is not None and member.role == "owner":
        raise Malformed(
            "{who} owns {group}; make somebody else the owner first",
            who=actor.handle,
            group=group.name,
        )


async def leave(group: Group, actor: Actor) -> bool:
    """Take a member (or somebody who asked) out at their own wish; False when they were neither.

    A ban stays: leaving is no way around it.
    """
    member = await held(group, actor)
    if member is None or member.state not in {"member", "asked", "invited"}:
        return False
    await _move(group, actor, "left")
    return True


def answer(
    wire: Wire, kind: str, group: Actor, to: Actor, follow: Follow, reason: str = ""
) -> Draft:
    """Accept or Reject of a Follow, to the personal inbox: it is private."""
    uri = wire.uris.activity(ids.new())
    if kind == "Accept":
        body = dumps(build.accept(uri, group.uri, to.uri, follow))
    else:
        body = dumps(build.reject(uri, group.uri, to.uri, follow, reason))
    activity = Outgoing(uri, group.uri, kind, body, public=False)
    if to.local or not to.inbox:
        return Draft(activity, ())
    return Draft(activity, (Place(streams.direct(to.inbox), "answer", inbox=to.inbox),))


async def _admit(
    wire: Wire, group: Group, group_actor: Actor, actor: Actor, follow: Follow
) -> list[Draft]:
    await _move(group, actor, "member", follow=follow)
    return [answer(wire, "Accept", group_actor, actor, follow)]


async def _end(wire: Wire, group: Group, actor: Actor, state: str, reason: str) -> list[Draft]:
    """Removal and its answer are one commit."""
    member = await held(group, actor)
    follow = json.loads(member.follow) if member and member.follow else None
    await _move(group, actor, state, reason=reason)
    if follow is None:
        return []
    return [answer(wire, "Reject", await group.actor, actor, follow, reason)]


async def _move(
    group: Group, actor: Actor, state: str, *, follow: Follow | None = None, reason: str = ""
) -> None:
    """Change the row, the count, and with them what the actor's server reads."""
    await routing.hold()
    member = await held(group, actor)
    if member is None:
        await storage.hold(f"member {group.id} {actor.id}")  # of two at once one comes first
        member = await held(group, actor)
    old = member.state if member else "new"
    if not may_move(old, state):
        raise Malformed(
            "{who} is {old} in {group} and cannot become {state}",
            who=actor.handle,
            old=old,
            group=group.name,
            state=state,
        )
    now = clock.now_ms()
    if member is None:
        member = Member(id=ids.new(), group_id=group.id, actor_id=actor.id, state=state)
        await member.save(force_create=True)
    changes: dict[str, Any] = {"state": state, "reason": reason, "changed_at": now}
    if follow is not None:
        changes |= {"follow": json.dumps(follow), "follow_uri": str(follow.get("id", ""))}
    if state == "member" and old != "member":
        changes["joined_at"] = now
    if state == "asked":
        changes["asked_at"] = now
    if state != "member":
        changes["role"] = "member"
    await Member.filter(id=member.id).update(**changes)
    await _count(group.id, (state == "member") - (old == "member"))
    await _tell(group, member, old, state)
    await routing.reconcile(group.id, actor.id)


async def _tell(group: Group, member: Member, old: str, state: str) -> None:
    """Notify the group itself, for whoever acts as it, of who joins and who asks to.

    Whoever asked is told what came of it; of a group here that refuses, by its decision.
    """
    before = {"asked": member.asked_at, "member": member.joined_at}.get(state)
    if before is None:
        await telling.forgotten(group.id, member.actor_id)
    elif state != old:
        kind = "follow" if state == "member" else "follow_request"
        await telling.knocked(group.id, member.actor_id, kind, before=before)
    if old == "asked" and state == "member":
        await telling.answered(group.id, member.actor_id, "accepted")
    elif old == "asked" and state == "refused" and not group.hosted:
        await telling.answered(group.id, member.actor_id, "refused")


async def _count(group_id: int, step: int) -> None:
    """Count who comes or goes; raises `Malformed` where the group was closed as they came."""
    counted = not step or await storage.execute(
        "UPDATE groups SET members_count = members_count + ?"
        " WHERE id = ? AND (state = 'open' OR ? < 0)",
        *(step, group_id, step),
    )
    if not counted:
        raise Malformed(policies.CLOSED)


async def carry_over(group: Group, actor: Actor) -> bool:
    """Pass on what an account's older self is here, once that moved to this one.

    A member is let in as if invited, and is no longer a member under the old account; an owner
    stays one there, for a role does not move by itself. Answers whether the older self is banned
    and this one is not yet: a ban moves along and holds on both.
    """
    older = await Member.filter(
        group_id=group.id, actor__moved_to=actor.uri, state__in=["member", "banned"]
    ).select_related("actor")
    for member in older:
        if member.state == "member" and member.role != "owner":
            await leave(group, member.actor)
    if not older:
        return False
    newer = await held(group, actor)
    state = newer.state if newer else "new"
    if any(row.state == "banned" for row in older):
        return state != "banned"
    if may_move(state, "invited"):
        await _move(group, actor, "invited")
    return False


async def can_be_banned(group: Group, actor: Actor) -> bool:
    """Whether a ban of theirs would be none of an owner, and none that there is already."""
    member = await held(group, actor)
    return member is None or (member.state != "banned" and member.role != "owner")


async def appoint(group: Group, actor: Actor, role: str) -> None:
    """Give a member a role. Raises `Malformed` for somebody who is no member."""
    changed = await Member.filter(group_id=group.id, actor_id=actor.id, state="member").update(
        role=role
    )
    if not changed:
        raise Malformed("{who} is not a member of {group}", who=actor.handle, group=group.name)


async def depart(actor: Actor) -> None:
    """Take a deleted actor out of every group it was in."""
    memberships = Member.filter(actor_id=actor.id, state__in=["member", "asked", "invited"])
    for member in await memberships.order_by("group_id").select_related("group"):
        await leave(member.group, actor)


async def follow_of(follow_uri: str) -> Member | None:
    """The membership whose newest Follow has this id."""
    return await Member.filter(follow_uri=follow_uri).first() if follow_uri else None


async def asked_elsewhere(group: Group, person: Actor, follow: Follow) -> None:
    """Note that a person here asked to join a group elsewhere."""
    await _move(group, person, "asked", follow=follow)


async def answered_elsewhere(member: Member, *, accepted: bool) -> str:
    """The state of a person here whom a group elsewhere lets in, turns down or puts out."""
    state = "member" if accepted else "removed" if member.state == "member" else "refused"
    await _move(member.group, member.actor, state)
    return state
