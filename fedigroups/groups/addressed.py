"""This module knows into which group a text goes that is written in an app: the one it mentions."""

from __future__ import annotations

import re

from federation import limits
from federation.models import Actor
from federation.wire import Wire
from fedigroups.content.markdown import find_handles
from fedigroups.groups.models import Group

_BARE = re.compile(r"(?<![\w@!./:-])([@!])([A-Za-z0-9_]{1,63})(?![\w@.-]*@|\w|\.\w|-)")


async def spelt_out(wire: Wire, text: str) -> str:
    """The text with `@welders` as `@welders@groups.example`, where one of that name is here."""
    bare = {match[2].lower() for match in _BARE.finditer(text)}
    wanted = sorted(bare)[: limits.MENTIONS]
    if not wanted:
        return text
    here = await Actor.filter(local=True, state="live", username__in=wanted).values_list(
        "username", flat=True
    )
    known = {str(name) for name in here}

    def full(match: re.Match[str]) -> str:
        name = match[2].lower()
        return f"{match[1]}{name}@{wire.config.host}" if name in known else match[0]

    return _BARE.sub(full, text)


async def group_in(text: str) -> Group | None:
    """The first group that a text, spelt out, mentions by its handle, of those that we know."""
    handles = [handle[1:].lower().split("@", 1) for handle in find_handles(text)]
    if not handles:
        return None
    found = await Group.filter(
        actor__username__in=[name for name, _ in handles], actor__state="live", state="open"
    ).select_related("actor")
    known = {(group.actor.username.lower(), group.actor.host): group for group in found}
    return next((known[name, host] for name, host in handles if (name, host) in known), None)
