"""This module knows the streams: what a client calls each, and which scope opens it.

https://docs.joinmastodon.org/methods/streaming/
"""

from __future__ import annotations

from fedigroups.api.answers import ApiError
from fedigroups.content.hashtags import name_of
from fedigroups.personal import listings
from fedigroups.streaming.listeners import TAGS, Stream, Who

PUBLIC = ("public", "public:local", "public:remote")
MEDIA = ":media"
OWN = ("user", "user:notification", "direct")
NAMES = frozenset({*PUBLIC, *(f"{name}{MEDIA}" for name in PUBLIC), *TAGS, *OWN, "list"})
NOTICES = ("read", "read:notifications")
STATUSES = ("read", "read:statuses")


async def wanted(who: Who, name: str, tag: str = "", list_id: str = "") -> Stream:
    """The stream of that name for whoever asks.

    Raises `ApiError`: 400 for one that there is not, 403 outside of the token's scopes, 404 for a
    list that is not theirs.
    """
    if name not in NAMES:
        raise ApiError(400, f"Unknown stream type: {name[:60]}")
    scopes = NOTICES if name == "user:notification" else STATUSES
    if not who.may(*scopes):
        raise ApiError(403, f"Access token does not have the required scopes: {' '.join(scopes)}")
    if name in TAGS:
        return Stream(name, _tag(tag))
    if name == "list":
        return Stream(name, await _list(who.actor_id, list_id))
    return Stream(name, str(who.actor_id) if name in OWN else "")


def _tag(said: str) -> str:
    tag = name_of(said)
    if not tag:
        raise ApiError(400, "Missing tag name parameter")
    return tag


async def _list(actor_id: int, said: str) -> str:
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise ApiError(400, "Missing list name parameter")
    id = int(said)
    if not (await listings.one(actor_id, id) or await listings.group(actor_id, id)):
        raise ApiError(404, "Record not found")
    return str(id)
