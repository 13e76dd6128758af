"""What people and groups may be called: one namespace, ASCII, lower case, nothing reserved."""

from __future__ import annotations

import re

from federation import limits, storage
from federation.errors import Malformed
from federation.models import Actor
from federation.uris import Uris

_NAME = re.compile(rf"[a-z0-9](?:[a-z0-9_]{{0,{limits.USERNAME_CHARS - 2}}}[a-z0-9])?")

RESERVED = frozenset(
    {
        "about", "account", "accounts", "activities", "activity", "actor", "admin", "administrator",
        "api", "app", "apps", "assets", "auth", "blog", "contact", "deck", "directory", "everyone",
        "explore", "faq", "federation", "fedigroups", "feed", "feeds", "followers", "following",
        "group", "groups", "guest", "help", "here", "home", "host", "hostmaster", "inbox", "info",
        "instance", "interact", "invite", "jobs", "join", "ledger", "livez", "login", "logout",
        "mail", "mastodon", "me", "media", "metrics", "mod", "moderation", "moderator",
        "moderators", "new", "news", "nobody", "nodeinfo", "noreply", "oauth", "outbox", "owner",
        "password", "people", "postmaster", "privacy", "public", "readyz", "register", "report",
        "reports", "robots", "root", "rules", "search", "security", "server", "settings", "shared",
        "signin", "signup", "sitemap", "staff", "static", "status", "support", "sysadmin", "system",
        "tags", "team", "terms", "thread", "threads", "tos", "user", "users", "webfinger",
        "webmaster", "well-known", "well_known", "www",
    }
)  # fmt: skip


def check_name(name: str) -> str:
    """The name, if a person or group may have it.

    Raises `Malformed` for upper case, other characters, too many of them, and reserved names.
    """
    if not _NAME.fullmatch(name):
        raise Malformed(
            "{name!r} cannot be a name: use 1 to {most} lower-case letters, digits "
            "and _ (not first or last), for example 'welders'",
            name=name,
            most=limits.USERNAME_CHARS,
        )
    if name in RESERVED:
        raise Malformed("the name {name!r} is reserved; choose another", name=name)
    return name


async def check_free(name: str, uris: Uris) -> None:
    """Raise `Malformed` when a person or a group here has, or ever had, the name."""
    taken = await Actor.filter(uri__in=[uris.group(name), uris.person(name)]).exists()
    if taken:
        raise Malformed("the name {name!r} is taken on this instance; choose another", name=name)


async def claim(name: str, uris: Uris) -> None:
    """Keep a free name for this transaction: whoever wants it meanwhile waits, and finds it taken.

    Raises `Malformed` when another was quicker, be it a person or a group.
    """
    await storage.hold(f"name {name}")
    await check_free(name, uris)
