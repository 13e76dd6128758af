"""This module makes Filters (v2), their parts, and the older form (v1) of one keyword."""

from __future__ import annotations

from collections.abc import Sequence

from federation.storage import Row
from fedigroups.mastodon.present.shapes import Entity, date_time


def filter(row: Row, keywords: Sequence[Row] = (), posts: Sequence[Row] = ()) -> Entity:
    """A Filter with its keywords and statuses."""
    return {
        "id": str(row["id"]),
        "title": row["title"],
        "context": row["context"].split(),
        "expires_at": date_time(row["expires_at"]) if row["expires_at"] else None,
        "filter_action": row["action"],
        "keywords": [keyword(one) for one in keywords],
        "statuses": [status(one) for one in posts],
    }


def keyword(row: Row) -> Entity:
    """A FilterKeyword."""
    return {
        "id": str(row["id"]),
        "keyword": row["keyword"],
        "whole_word": bool(row["whole_word"]),
    }


def status(row: Row) -> Entity:
    """A FilterStatus."""
    return {"id": str(row["id"]), "status_id": str(row["post_id"])}


def old(row: Row, keyword: Row) -> Entity:
    """A V1::Filter: one keyword of a filter, under the keyword's id."""
    return {
        "id": str(keyword["id"]),
        "phrase": keyword["keyword"],
        "context": row["context"].split(),
        "whole_word": bool(keyword["whole_word"]),
        "expires_at": date_time(row["expires_at"]) if row["expires_at"] else None,
        "irreversible": row["action"] == "hide",
    }
