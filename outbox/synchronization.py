"""This module knows which deliveries tell a host which of its people follow the sender (FEP-8fcf).

Those of a group to its followers do, except votes: they are many, and the software that reads them
does not know the header.
"""

from __future__ import annotations

from federation.follower_digest import NAME, Synchronization
from federation.wire import Wire
from outbox import streams
from outbox.owed import Parcel

Headers = dict[str, str]


def told(parcel: Parcel) -> bool:
    """Whether the parcel goes to followers, and tells them."""
    return parcel.entry.kind != "vote" and streams.is_group(streams.original(parcel.lag.stream))


async def headers(wire: Wire, actor_uri: str, host: str) -> Headers:
    """The header for what an actor here sends to its followers on a host, if it has any there."""
    digest = await wire.followers.digest(actor_uri, host)
    if not digest:
        return {}
    uris = wire.uris
    url = uris.followers_synchronization(actor_uri)
    return {NAME: Synchronization(uris.followers(actor_uri), url, digest).header()}
