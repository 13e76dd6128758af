"""The frame of the pages of hosts: what each shows, and what was just done."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedigroups.content import sanitise
from fedigroups.web import forms, visitors
from fedigroups.web.authority import Host
from fedigroups.web.translation import noted

AT_DESKS = {
    "decided": noted("It is decided, and whoever it concerns is told."),
    "claim": noted("You look into it, and the others see that."),
    "note": noted("The note is kept."),
    "forward": noted("It is sent on to the other server."),
}
"""What the desks of hosts and of staff say after something was decided there."""
DONE = AT_DESKS | {
    "kept": noted("It is kept. Every server that reads the group is told."),
    "approve": noted("They are in."),
    "refuse_join": noted("They are turned down."),
    "expel": noted("They are out, and may ask to join again."),
    "shut_out": noted("They are out. They may ask to join again when you take their server."),
    "ban": noted("They are out, and cannot come back until the ban is lifted."),
    "warn": noted("They are warned."),
    "mute": noted("They can read, and not write until then."),
    "unmute": noted("They may write again."),
    "unban": noted("The ban is lifted: they may ask to join again."),
    "appoint": noted("They look after the group with you from now on."),
    "dismiss": noted("They are a member like others from now on."),
    "transfer": noted("The group is theirs. You still look after it with them."),
    "pin": noted("The thread is pinned: it stands before the others."),
    "unpin": noted("The thread stands among the others again."),
    "up": noted("It stands further up."),
    "down": noted("It stands further down."),
    "invite": noted("They are let in as soon as they follow the group. Send them its address."),
    "withdraw": noted("Nobody can come with that link any more."),
    "rule_added": noted("From now on the rule runs by itself."),
    "rule_changed": noted("From now on the rule runs as you changed it."),
    "rule_removed": noted("The rule runs no more."),
    "founded": noted("Your group is there. Say here what its rules are, then invite people to it."),
}
"""What a page says after a form was sent, by the word in its address."""


def page(request: Request, host: Host, name: str, title: str, **values: Any) -> Response:
    """A page of a group's hosts. With `problems` (a text for each field) its status is 422."""
    return forms.page(
        request,
        f"hosting/{name}.html",
        title=f"{title} · {sanitise.label(host.group.title) or host.group.name}",
        heading=title,
        nav="groups",
        at=name,
        host=host,
        group=host.group,
        link=f"/groups/{host.group.name}",
        **{"done": "" if values.get("problems") else forms.done(request, DONE), **values},
    )


def seen(host: Host, page: str, done: str) -> Response:
    """To a page of the group, which says what was done."""
    return visitors.seen(f"/groups/{host.group.name}/{page}?done={done}")
