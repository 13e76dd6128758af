"""This module takes decisions: state, ledger, answer and federation are one commit.

It is the one way by which a post or a person is refused or removed, so that no such thing happens
without a reason that reaches whom it concerns. A test sees to it that nobody goes another way.
"""

from __future__ import annotations

from dataclasses import replace

from federation import storage
from federation.errors import Malformed
from federation.models import Actor
from federation.wire import Wire
from fedigroups.groups import membership, policies
from fedigroups.moderation import answering, effects, ledger
from fedigroups.moderation.acts import Act, check, said
from fedigroups.moderation.kinds import Kind
from fedigroups.moderation.models import Decision
from outbox.publish import publish


class NotTheirs(Malformed):
    """Whoever decides does not moderate the group."""


async def decide(wire: Wire, act: Act) -> Decision:
    """Take the decision; the row that the ledger has of it.

    Raises `Malformed` without a reason or a rule where one is needed, for a decider who may not
    (`NotTheirs` for no moderator), and for what cannot be done any more. Runs inside the caller's
    transaction, or in one of its own.
    """
    kind = check(act)
    async with storage.transaction():
        if kind.by_owner:
            await storage.hold(f"owner {act.hosted.group.id}")  # of two at once, one owns it still
        await _check_decider(wire, act, kind)
        done = await effects.of(act.kind)(wire, act)
        answer = await answering.answer(wire, act, kind, done)
        decision = await ledger.write(act, kind, done, answer)
        await answering.notify(act, decision)
        await publish([*done.drafts, *answer.drafts])
        if act.kind == "ban":
            await _ban_newer(wire, act)
    return decision


async def _ban_newer(wire: Wire, act: Act) -> None:
    """Who is banned under an account that they left is banned under the newer one as well."""
    left = act.needed_person
    newer = await Actor.get_or_none(uri=left.moved_to) if left.moved_to else None
    if newer is None or newer == act.decider:
        return
    if await membership.can_be_banned(act.hosted.group, newer):
        await decide(wire, replace(act, person=newer, inner=None, comes=False))


async def _check_decider(wire: Wire, act: Act, kind: Kind) -> None:
    """Rules of the group decide, its moderators, and whoever runs this instance."""
    decider = act.decider
    if decider is None or decider.uri == wire.uris.moderation_actor:
        return
    member = await membership.standing(act.hosted.group, decider)
    if not policies.is_staff(member):
        raise NotTheirs(
            "{who} does not moderate {group} here", who=decider.handle, group=act.hosted.group.name
        )
    if kind.by_owner and (member is None or member.role != "owner"):
        raise Malformed(
            "only an owner of {group} may {act}", group=act.hosted.group.name, act=said(act.kind)
        )
