"""This module tells servers that know a person here of a change of that person's profile."""

from __future__ import annotations

from federation import clock, ids, storage
from federation.models import Actor
from federation.strict_json import dumps
from federation.wire import Wire
from fedigroups.groups import acquainted
from fedigroups.groups.documents import actor_document
from outbox import build
from outbox.publish import Draft, Outgoing, publish

MOST = 50
"""In one look."""


async def tell_due(wire: Wire) -> int:
    """Tell of the changed profiles that are due; how many there were."""
    now = clock.now_ms()
    due = await storage.rows(
        "SELECT actor_id FROM profile WHERE tell_at > 0 AND tell_at <= ? ORDER BY tell_at LIMIT ?",
        *(now, MOST),
    )
    for row in due:
        await _tell(wire, row["actor_id"], now)
    return len(due)


async def _tell(wire: Wire, actor_id: int, now: int) -> None:
    """Tell what the actor is now, unless another worker does."""
    async with storage.transaction():
        due = await storage.row(
            "UPDATE profile SET tell_at = 0 WHERE actor_id = ? AND tell_at > 0 AND tell_at <= ?"
            " RETURNING id",
            *(actor_id, now),
        )
        person = await Actor.get(id=actor_id)
        if due is None or person.state != "live" or person.kind != "Person":
            return
        document = await actor_document(person, wire.keyring, wire.uris)
        uri = wire.uris.activity(ids.new())
        body = dumps(build.update_person(uri, document))
        # Not served at its id: what somebody once said of themselves does not stay to be read.
        outgoing = Outgoing(uri, person.uri, "Update", body, public=False)
        await publish([Draft(outgoing, tuple(await acquainted.places(person)))])
