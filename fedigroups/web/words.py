"""This module says numbers, times and states the way people do, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Literal

from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from federation import clock
from fedigroups.web import translation
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

DateWidth = Literal["medium", "long"]

JOIN = {
    "open": noted("Open to everybody"),
    "approval": noted("Joining needs approval"),
    "invite": noted("By invitation only"),
}
JOIN_LONG = {
    "open": noted("Anybody may join, from any server."),
    "approval": noted("Anybody may ask to join; a host of the group decides."),
    "invite": noted("Hosts of the group invite its members."),
}
POSTING = {
    "anyone": noted("Anybody may start a thread."),
    "members": noted("Members start threads; everybody may reply."),
    "moderators": noted("Hosts start threads; everybody may reply."),
}
APPROVING = {
    "nobody": noted("Nobody waits: each post is shown at once."),
    "newcomers": noted("The first posts of everybody who is new wait."),
    "links": noted("Posts with links wait."),
    "everyone": noted("Each post waits, but for those of hosts."),
}
ROLES = {"owner": noted("Owner"), "moderator": noted("Moderator"), "member": noted("Member")}
STAFF = {
    "member": noted("None: a member like others"),
    "moderator": noted("Moderator: people, groups, servers and reports"),
    "admin": noted("Admin: all of it, and who else is staff"),
}
ENDED = {
    "deleted": noted("Deleted by its author"),
    "removed": noted("Removed by a moderator"),
    "held": noted("Waits for a moderator to look at it"),
}
UNTITLED = noted("Untitled")

AS_DATE = 30 * clock.DAY
"""What is older than that has a date, not an age."""
_STEPS = (clock.DAY, clock.HOUR, clock.MINUTE)

DECISIONS = {
    "accept": noted("Accepted a post"),
    "refuse": noted("Did not accept a post"),
    "ask": noted("Asked for a change to a post"),
    "turn_away": noted("Took no post of somebody who may not write here"),
    "remove": noted("Removed a post"),
    "restore": noted("Restored a post"),
    "lock": noted("Locked a thread"),
    "unlock": noted("Opened a thread again"),
    "pin": noted("Pinned a thread"),
    "unpin": noted("Unpinned a thread"),
    "warn": noted("Warned somebody"),
    "mute": noted("Muted somebody"),
    "unmute": noted("Let somebody write again"),
    "ban": noted("Banned somebody"),
    "unban": noted("Lifted a ban"),
    "expel": noted("Put somebody out"),
    "refuse_join": noted("Turned down a request to join"),
    "appoint": noted("Made somebody a moderator"),
    "dismiss": noted("Made a moderator a member"),
    "transfer": noted("Made somebody the owner"),
    "heed": noted("Did something about a report"),
    "set_aside": noted("Left things as they are after a report"),
    "uphold": noted("Looked at an appeal: the decision stands"),
    "overturn": noted("Looked at an appeal: the decision was taken back"),
}


REPORTS = {
    "open": noted("It is being looked at."),
    "heeded": noted("Something was done about it."),
    "set_aside": noted("Things are left as they are."),
}
CATEGORIES = {
    "violation": noted("It breaks a rule of the group"),
    "spam": noted("It is spam"),
    "legal": noted("It is against the law"),
    "other": noted("Something else"),
}
STANDINGS = {
    "member": noted("You are a member"),
    "asked": noted("You have asked to join"),
    "invited": noted("You are invited"),
    "banned": noted("You are banned"),
}
"""How whoever reads the page stands to the group."""
RULES = {
    "age": noted("Posts from accounts that are newer than so many days"),
    "newcomers": noted("More posts a day than so many, by who is new for so many days"),
    "cooldown": noted("Posts less than so many minutes after the one before"),
    "links": noted("More posts with links than so many, within so many days"),
    "promotion": noted("Another post to the same site without so many answers to others for each"),
    "everywhere": noted("Links that stood in so many other groups within so many days"),
    "words": noted("Posts with one of these words"),
    "patterns": noted("Posts that one of these patterns (RE2) matches"),
    "languages": noted("Posts in other languages than these"),
    "weekly": noted("Each week, on that day (1: Monday), open a thread for promotion"),
}
"""What a rule of a group that runs by itself lets wait, or does."""
APPEALS = {
    "open": noted("It is being looked at."),
    "upheld": noted("The decision stands."),
    "overturned": noted("The decision was taken back."),
}


REMEMBERED = 1_024
"""Of how many people and servers words are kept: a page of 500 posts is by few."""


def _remembered(say: Callable[[str], Markup]) -> Callable[[str], Markup]:
    """The same function, which remembers what it has said in each language."""
    kept = lru_cache(REMEMBERED, typed=True)(lambda _language, name: say(name))
    return lambda name: kept(translation.spoken(), name)


@_remembered
def view_on(host: str) -> Markup:
    """What a link to a post on its own server is called."""
    return Markup(_("View on <bdi>%(host)s</bdi>", host=escape(host)))  # noqa: S704 - escaped


@_remembered
def in_reply_to(name: str) -> Markup:
    """What a link to the post that is answered is called."""
    return Markup(_("In reply to <bdi>%(name)s</bdi>", name=escape(name)))  # noqa: S704 - escaped


def number(value: int) -> str:
    """`1,234`, or `1.234` where that is how it is written."""
    return str(value) if -1_000 < value < 1_000 else format_decimal(value, locale=_locale())


def plural(one: str, many: str, count: int, **values: object) -> Markup:
    """`1 member`, `1,234 members`: in both texts `%(count)s` is the number; values are escaped."""
    text = Markup(translation.ngettext(one, many, count))  # noqa: S704 - our own words
    return text % {"count": number(count), **{name: escape(said) for name, said in values.items()}}


def ago(ms: int) -> str:
    """How long ago that is: `just now`, `5 minutes ago`; the date when it is over 30 days."""
    passed = clock.now_ms() - ms
    if passed > AS_DATE:
        return _date(ms // clock.DAY, "medium", _locale())
    for size in _STEPS:
        if passed >= size:
            return _passed(passed // size * size, _locale())
    return _("just now")


def day(ms: int) -> str:
    """`2 January 2026`."""
    return _date(ms // clock.DAY, "long", _locale())


# The posts of a page were written on few days, and Babel reads its patterns anew for each.
@lru_cache(maxsize=1_024)
def _date(days: int, width: DateWidth, locale: str) -> str:
    return format_date(clock.moment(days * clock.DAY), width, locale=locale)


@lru_cache(maxsize=1_024)
def _passed(ms: int, locale: str) -> str:
    whole = timedelta(milliseconds=ms)
    return format_timedelta(-whole, threshold=1, add_direction=True, locale=locale)


def lasted(ms: int) -> str:
    """How long something took: `5 minutes`, `2 days`."""
    whole = timedelta(milliseconds=max(ms, clock.MINUTE))
    return format_timedelta(whole, threshold=1, locale=_locale())


def exact(ms: int) -> str:
    """`2 January 2026, 10:00 UTC`."""
    return f"{day(ms)}, {clock.moment(ms):%H:%M} UTC"


def short_day(ms: int) -> str:
    """`2 Jan`."""
    return format_skeleton("MMMd", clock.moment(ms), locale=_locale())


def when(ms: int) -> Markup:
    """A moment as pages have it: how long ago and, for whoever points at it, exactly when."""
    moment, title, age = clock.rfc3339(ms), escape(exact(ms)), escape(ago(ms))
    return Markup(f'<time datetime="{moment}" title="{title}">{age}</time>')  # noqa: S704 - escaped


def initial(name: str) -> str:
    """The letter that stands for a name."""
    return next((sign.upper() for sign in name if sign.isalnum()), "·")[:1]


def _locale() -> str:
    return translation.locale()
