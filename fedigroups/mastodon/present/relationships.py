"""This module makes Relationships: how whoever asks stands to an account."""

from __future__ import annotations

from federation.storage import Row
from fedigroups.mastodon.present.shapes import Entity, date_time


def relationship(row: Row) -> Entity:
    """The Relationship in a row of `reading.relations`; to be in a group is to follow it."""
    state = row["state"] or ""
    is_member = state == "member"
    return {
        "id": str(row["id"]),
        "following": is_member,
        "showing_reblogs": is_member and bool(row["shows"]),
        "notifying": is_member and bool(row["bell"]),
        "languages": [],
        "followed_by": bool(row["followed_by"]),
        "blocking": bool(row["blocked"]),
        "blocked_by": state == "banned",
        "muting": bool(row["muted"]),
        "muting_notifications": bool(row["muted"]),
        "muting_expires_at": date_time(row["muted_until"]) if row["muted_until"] else None,
        "requested": state == "asked",
        "requested_by": bool(row["requested_by"]),
        "domain_blocking": bool(row["host_blocked"]),
        "endorsed": bool(row["endorsed"]),
        "note": row["note"] or "",
    }
