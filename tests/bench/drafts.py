"""What a group sends on, as it is published: an Announce of a Create, 2.8 kB in all."""

from __future__ import annotations

from itertools import count

from home import GROUP, ORIGIN

from federation import ids
from federation.strict_json import dumps
from federation.vocabulary import AS2, PUBLIC
from outbox import build
from outbox.publish import Draft, Outgoing, Place

ACTOR = f"{ORIGIN}/groups/{GROUP}"
AUTHOR = "https://h.example/users/vic"
WORDS = "Clean the joint to bare metal, tack it every two fingers, and let it cool. "
_numbers = count(1)


def announce(thread: int, *streams: str, actor: str = ACTOR) -> Draft:
    """The Announce of somebody's Create in a thread, on these streams."""
    number = next(_numbers)
    note = {
        "id": f"https://h.example/notes/{number}", "type": "Note", "attributedTo": AUTHOR,
        "to": [PUBLIC], "cc": [actor], "content": f"<p>{WORDS * 25}</p>",
    }  # fmt: skip
    inner = {
        "@context": AS2, "id": f"{note['id']}/create", "type": "Create", "actor": AUTHOR,
        "to": [PUBLIC], "cc": [actor], "object": note,
    }  # fmt: skip
    uri = f"{actor.partition('/groups/')[0]}/activities/{ids.new()}"
    body = build.announce(uri, actor, f"{actor}/followers", dumps(inner))
    places = tuple(Place(one, "post", str(note["id"]), str(thread)) for one in streams)
    return Draft(Outgoing(uri, actor, "Announce", body), places)
