"""This module makes the entities that clients read, whose strictest decoders want every field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from federation import clock, storage
from federation.models import Actor
from fedigroups.accounts.models import Account
from fedigroups.content.sanitise import safe_url

Entity = dict[str, Any]

ROLES = {"member": ("-99", ""), "moderator": ("2", "Moderator"), "admin": ("3", "Admin")}


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted of an account; `last_at` is of its newest post, 0 for none."""

    followers: int = 0
    following: int = 0
    statuses: int = 0
    last_at: int = 0


def date_time(ms: int) -> str:
    """A moment as every client reads it: with three decimals and Z."""
    return clock.rfc3339(ms).removesuffix("Z") + ".000Z"


def account(actor: Actor, counts: Counts, origin: str) -> Entity:
    """An Account: of a person, or of a group (`group: true`)."""
    picture = safe_url(actor.icon_url) or f"{origin}/favicon.ico"
    last = clock.moment(counts.last_at).date().isoformat() if counts.last_at else None
    return {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.username if actor.local else actor.handle,
        "display_name": actor.name,
        "locked": False,
        "bot": actor.kind in {"Service", "Application"},
        "discoverable": True,
        "indexable": True,
        "group": actor.kind == "Group",
        "created_at": date_time(actor.published_at or actor.fetched_at),
        "note": actor.summary,
        "url": actor.page_url or actor.uri,
        "uri": actor.uri,
        "avatar": picture,
        "avatar_static": picture,
        "header": f"{origin}/favicon.ico",
        "header_static": f"{origin}/favicon.ico",
        "followers_count": counts.followers,
        "following_count": counts.following,
        "statuses_count": counts.statuses,
        "last_status_at": last,
        "hide_collections": True,
        "noindex": False,
        "emojis": [],
        "fields": [],
        "roles": [],
    }


def credentials(actor: Actor, counts: Counts, origin: str, owner: Account) -> Entity:
    """A CredentialAccount: the account of whoever asks, with what they chose for themselves."""
    number, name = ROLES[owner.role]
    return account(actor, counts, origin) | {
        "source": {
            "privacy": owner.visibility,
            "sensitive": False,
            "language": owner.language or None,
            "note": actor.summary,
            "fields": [],
            "follow_requests_count": 0,
            "hide_collections": True,
            "discoverable": True,
            "indexable": True,
        },
        "role": {
            "id": number,
            "name": name,
            "color": "",
            "permissions": "0",
            "highlighted": False,
        },
    }


async def counts(actor: Actor) -> Counts:
    """What is counted of an account, in one query."""
    found = await storage.row(
        "SELECT (SELECT COUNT(*) FROM member m JOIN groups g ON g.id = m.group_id"
        "   WHERE g.actor_id = ? AND m.state = 'member') AS followers,"
        " (SELECT COUNT(*) FROM member WHERE actor_id = ? AND state = 'member') AS following,"
        " (SELECT COUNT(*) FROM post WHERE author_id = ? AND state = 'live') AS statuses,"
        " (SELECT MAX(published_at) FROM post WHERE author_id = ? AND state = 'live') AS last_at",
        *[actor.id] * 4,
    )
    assert found is not None  # noqa: S101 - a SELECT without FROM has one row
    return Counts(
        followers=found["followers"],
        following=found["following"],
        statuses=found["statuses"],
        last_at=found["last_at"] or 0,
    )
