"""This module decides from which servers a group takes people, by the two lists of its hosts."""

from __future__ import annotations

from collections.abc import Iterable

from federation import origin
from federation.errors import Malformed
from federation.limits import SUMMARY_CHARS
from federation.models import Actor
from federation.peers import plain
from fedigroups.groups.models import Group


def shuts_out(group: Group, actor: Actor) -> bool:
    """Whether people of the actor's server may neither join nor write; those of here always may.

    A name stands for what is below it, too. With a list of allowed servers there are no others;
    one that is on both is blocked.
    """
    return not actor.local and shuts_out_host(group, actor.host)


def shuts_out_host(group: Group, host: str) -> bool:
    """Whether people of another server may neither join nor write."""
    if _is_below(host, group.servers_blocked.split()):
        return True
    allowed = group.servers_allowed.split()
    return bool(allowed) and not _is_below(host, allowed)


def _is_below(host: str, names: Iterable[str]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def listed(text: str, which: str) -> str:
    """What somebody typed as names of servers, one a line. Raises `Malformed` for what is none.

    `which` (`allowed` or `blocked`) names the list in the refusal.
    """
    if len(text) > SUMMARY_CHARS:
        raise Malformed(
            "a list of {which} servers has at most {most} characters",
            which=which,
            most=SUMMARY_CHARS,
        )
    names = [plain(name) for name in text.replace(",", " ").split()]
    for name in names:
        if "." not in name or not origin.is_host(name):
            raise Malformed(
                "a list of {which} servers has names like m.example, not {name!r}",
                which=which,
                name=name[:100],
            )
    return "\n".join(dict.fromkeys(names))
