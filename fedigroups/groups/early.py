"""This module decides what is worth waiting for: a post that a vote, say, overtook."""

from __future__ import annotations

from federation import addressing
from fedigroups.groups import lookup
from inbox.registry import Received


async def expected(received: Received, uri: str) -> str:
    """The URI of a post that is not here, when it may yet come into a thread here; else nothing.

    It may when a group that people here are in announced the activity, or when that names
    somebody here or came to their own inbox. What is of our own origin is here, or never was.
    """
    activity, uris = received.activity, received.wire.uris
    if not uri or uris.is_local(uri):
        return ""
    if received.announcer is not None:
        return uri if await lookup.joined(received.announcer) else ""
    named = addressing.named(activity.document, activity.inner)
    return uri if received.door != uris.shared_inbox or any(map(uris.is_local, named)) else ""
