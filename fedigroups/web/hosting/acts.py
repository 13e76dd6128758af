"""This module does what hosts decide about people, each decision as moderation takes it."""

from __future__ import annotations

from federation import clock, storage
from federation.errors import Blocked, Malformed
from federation.limits import REASON_CHARS
from federation.models import Actor
from federation.origin import host_of
from federation.wire import Wire
from fedigroups import audit
from fedigroups.groups import membership, policies
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.web.authority import Host
from outbox.publish import publish

REASONED = frozenset({"refuse_join", "expel", "ban", "warn", "mute", "dismiss"})
"""What goes against somebody is done with a reason, which they are told."""
OWNERS = frozenset({"appoint", "dismiss", "transfer"})
"""What the owner of a group decides alone."""
DECISIONS = frozenset({"unban", "unmute"}) | REASONED | OWNERS
KINDS = frozenset({"approve", "invite"}) | DECISIONS
TIMED = frozenset({"ban", "mute"})
DAYS = 3_650
MUTED_DAYS = 7
"""How long somebody is muted, unless it is said."""


async def act(
    wire: Wire, host: Host, kind: str, person: Actor, reason: str = "", days: int = 0
) -> None:
    """Do it, committed; a ban or a mute ends after so many days, a ban after 0 never.

    Raises `Malformed` for what cannot be done, or not without a reason; `Blocked` for what only
    the owner may do, which is what is done to others who look after the group, too.
    """
    if kind not in KINDS:
        raise Malformed("choose what to do")
    if kind in REASONED and not reason.strip():
        raise Malformed("say why: a reason is needed")
    if len(reason) > REASON_CHARS:
        raise Malformed("a reason has at most {most} characters", most=REASON_CHARS)
    await _check_may(host, kind, person)
    if kind == "approve":
        await wire.peers.family(host_of(person.uri))
    async with storage.transaction():
        if kind in DECISIONS:
            await decide(wire, _decision(host, kind, person, reason.strip(), days))
        elif kind == "approve":
            await publish(await membership.approve(wire, host.group, person))
        else:
            await membership.invite(host.group, person)
        facts = {"name": host.group.name, "handle": person.handle, "reason": reason.strip()}
        await audit.by(host.actor, f"group {kind}", **facts)


async def _check_may(host: Host, kind: str, person: Actor) -> None:
    if kind == "transfer" and not person.local:
        raise Malformed("a group is owned by somebody who has an account here")
    if host.is_owner:
        return
    if kind in OWNERS or policies.is_staff(await membership.standing(host.group, person)):
        raise Blocked("that is for the owner of the group")


def _decision(host: Host, kind: str, person: Actor, reason: str, days: int) -> Act:
    lasting = min(max(days, 0), DAYS) or (MUTED_DAYS if kind == "mute" else 0)
    until = clock.now_ms() + lasting * clock.DAY if kind in TIMED and lasting else 0
    return Act(
        kind=kind, hosted=host.hosted, decider=host.actor, person=person, text=reason, until=until
    )
