"""This module says numbers, times and states the way people do."""

from __future__ import annotations

from federation import clock

JOIN = {
    "open": "Open to everybody",
    "approval": "Joining needs approval",
    "invite": "By invitation only",
}
JOIN_LONG = {
    "open": "Anybody may join, from any server.",
    "approval": "Anybody may ask to join; a host of the group decides.",
    "invite": "Hosts of the group invite its members.",
}
POSTING = {
    "anyone": "Anybody may start a thread.",
    "members": "Members start threads; everybody may reply.",
    "moderators": "Hosts start threads; everybody may reply.",
}
ROLES = {"owner": "Owner", "moderator": "Moderator"}
ENDED = {
    "deleted": "Deleted by its author",
    "removed": "Removed by a moderator",
}

_STEPS = ((clock.DAY, "day"), (clock.HOUR, "hour"), (clock.MINUTE, "minute"))


def count(number: int, one: str, many: str = "") -> str:
    """`1 member`, `1,234 members`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ago(ms: int) -> str:
    """How long ago that is: `just now`, `5 minutes ago`; the date when it is over 30 days."""
    passed = clock.now_ms() - ms
    if passed > 30 * clock.DAY:
        return clock.moment(ms).strftime("%-d %b %Y")
    for size, name in _STEPS:
        if passed >= size:
            return f"{count(passed // size, name)} ago"
    return "just now"


def exact(ms: int) -> str:
    """`2 January 2026, 10:00 UTC`."""
    return clock.moment(ms).strftime("%-d %B %Y, %H:%M UTC")


def initial(name: str) -> str:
    """The letter that stands for a name."""
    return next((sign.upper() for sign in name if sign.isalnum()), "·")[:1]
