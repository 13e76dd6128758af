"""This module knows which documents bring along the emoji of names and texts, as columns in SQL.

Each is "" where there can be none, for documents are long and few have emoji.
"""

from __future__ import annotations

GROUP_TITLE = (
    "g.title AS group_title, CASE WHEN g.title LIKE '%:%:%' THEN"
    " (SELECT home.document FROM actor home WHERE home.id = g.actor_id) ELSE '' END AS group_emoji"
)
"""What a group is called, and whose emoji it has: `group_title` and `group_emoji`."""


def of_person(alias: str) -> str:
    """Whose emoji a name has: `author_emoji`."""
    return f"CASE WHEN {alias}.name LIKE '%:%:%' THEN {alias}.document ELSE '' END AS author_emoji"


def of_post(alias: str) -> str:
    """Whose emoji the words of a post have, and the options of its poll: `post_emoji`."""
    words = (f"{alias}.{column} LIKE '%:%:%'" for column in ("content", "title", "warning"))
    bearing = f"({' OR '.join(words)} OR {alias}.kind = 'Question')"
    bearing += f" AND {alias}.document LIKE '%\"Emoji\"%'"
    return f"CASE WHEN {bearing} THEN {alias}.document ELSE '' END AS post_emoji"
