"""This module says numbers, times and states the way people do."""

from __future__ import annotations

from markupsafe import Markup

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

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_STEPS = ((clock.DAY, "day"), (clock.HOUR, "hour"), (clock.MINUTE, "minute"))


def count(number: int, one: str, many: str = "") -> str:
    """`1 member`, `1,234 members`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ago(ms: int) -> str:
    """How long ago that is: `just now`, `5 minutes ago`; the date when it is over 30 days."""
    passed = clock.now_ms() - ms
    if passed > 30 * clock.DAY:
        then = clock.moment(ms)
        return f"{then.day} {MONTHS[then.month - 1][:3]} {then.year}"
    for size, name in _STEPS:
        if passed >= size:
            return f"{count(passed // size, name)} ago"
    return "just now"


def exact(ms: int) -> str:
    """`2 January 2026, 10:00 UTC`."""
    then = clock.moment(ms)
    return f"{then.day} {MONTHS[then.month - 1]} {then.year}, {then.hour:02}:{then.minute:02} UTC"


def when(ms: int) -> Markup:
    """A moment as pages have it: how long ago that is, and for who points at it, exactly when."""
    return Markup(  # noqa: S704 - made of digits and our own words
        f'<time datetime="{clock.rfc3339(ms)}" title="{exact(ms)}">{ago(ms)}</time>'
    )


def initial(name: str) -> str:
    """The letter that stands for a name."""
    return next((sign.upper() for sign in name if sign.isalnum()), "·")[:1]
