"""Move: an account says that it is now another one; believed when the other says so too."""

from __future__ import annotations

from federation.models import Actor
from fedigroups.groups import aliases
from fedigroups.moderation import turning_away
from inbox.registry import Outcome, Received, done, ignored


async def gather_move(received: Received) -> str:
    """The new account's id, when old and new name each other at their origins; else empty."""
    activity = received.activity
    if activity.object_id != activity.actor or not activity.target:
        return ""
    directory = received.wire.directory
    old = await directory.refresh(activity.actor, received.budget)
    new = await directory.refresh(activity.target, received.budget)
    if new.uri == old.uri or new.kind == "Group" or new.state != "live":
        return ""
    named = (await aliases.claims(old)).moved_to == new.uri
    named_back = old.uri in (await aliases.claims(new)).also_known_as
    return new.uri if named and named_back else ""


async def on_move(received: Received) -> Outcome:
    """Remember where the account went: bans move at once, a membership when the new one follows."""
    if not received.facts:
        return ignored("the two accounts do not name each other")
    await Actor.filter(id=received.actor.id).update(moved_to=received.facts)
    new = await Actor.get(uri=received.facts)
    await turning_away.move_bans(received.wire, received.actor, new)
    return done(f"{received.actor.handle} moved")
