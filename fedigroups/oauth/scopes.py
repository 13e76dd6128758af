"""This module knows the scopes of Mastodon's clients, and which of them cover which."""

from __future__ import annotations

from collections.abc import Iterable

from fedigroups.api.answers import ApiError

_BOTH = ("accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes")
READ = frozenset(f"read:{one}" for one in (*_BOTH, "notifications", "search", "statuses"))
WRITE = frozenset(
    f"write:{one}"
    for one in (*_BOTH, "conversations", "media", "notifications", "reports", "statuses")
)
FOLLOW = frozenset(
    f"{way}:{one}" for way in ("read", "write") for one in ("follows", "blocks", "mutes")
)
STAFF = (
    *("accounts", "reports", "domain_blocks"),
    *("email_domain_blocks", "ip_blocks", "canonical_email_blocks"),
)
ADMIN_READ = frozenset(f"admin:read:{one}" for one in STAFF)
ADMIN_WRITE = frozenset(f"admin:write:{one}" for one in STAFF)
"""Of whoever moderates or runs the instance: what a token may is never more than its person may."""
COVERED = {
    "read": READ,
    "write": WRITE,
    "follow": FOLLOW,
    "admin:read": ADMIN_READ,
    "admin:write": ADMIN_WRITE,
}
ORDER = (
    *("profile", "read", *sorted(READ), "write", *sorted(WRITE), "follow", "push"),
    *("admin:read", *sorted(ADMIN_READ), "admin:write", *sorted(ADMIN_WRITE)),
)
KNOWN = frozenset(ORDER)
DEFAULT = "read"

WORDS = {
    "profile": "see your name and picture",
    "read": "read everything that you can read",
    "write": "write, like, join and change things in your name",
    "follow": "join and leave groups, block and mute people",
    "push": "be told of your notifications",
    "admin:read": "see all accounts, reports and blocks, if you run this server",
    "admin:write": "act on accounts, reports and blocks, if you run this server",
}
"""For the page that asks for consent."""


def parse(text: str | Iterable[str]) -> tuple[str, ...]:
    """The scopes in a text with blanks (or `+`) between them, each once; `read` when it is empty.

    Raises `ApiError` (`invalid_scope`) for what there is not.
    """
    words = text.replace("+", " ").split() if isinstance(text, str) else [*text]
    unknown = [word for word in words if word not in KNOWN]
    if unknown:
        raise ApiError(
            400, "invalid_scope", error_description=f"there is no scope {unknown[0][:60]!r} here"
        )
    return tuple(one for one in ORDER if one in words) or (DEFAULT,)


def is_within(asked: Iterable[str], allowed: Iterable[str]) -> bool:
    """Whether each scope that is asked for is allowed, itself or by one that covers it."""
    reach = set(allowed)
    for one in tuple(reach):
        reach |= COVERED.get(one, frozenset())
    return set(asked) <= reach


def sentence(scope: str) -> str:
    """What an app may do that has a scope, as people say it."""
    way, _, what = scope.removeprefix("admin:").partition(":")
    whose = "all" if scope.startswith("admin:") else "your"
    words = what.replace("_", " ")
    return WORDS.get(scope) or f"{'see' if way == 'read' else 'change'} {whose} {words}"
