"""The page of a group's pinned threads: which stand before the others, and in which order."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.groups import pinning, read
from fedigroups.moderation.acts import Act
from fedigroups.moderation.decide import decide
from fedigroups.web import forms, visitors
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.frame import page
from fedigroups.web.translation import gettext as _

OFFERED = 10
"""How many threads the page offers to pin; any other is pinned on its own page."""


def routes() -> list[BaseRoute]:
    """The page."""
    return [Route("/groups/{name}/pins", for_hosts(pins), methods=["GET", "POST"])]


async def pins(request: Request, host: Host) -> Response:
    """`/groups/{name}/pins`: what is pinned, in order, and the newest threads that could be."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        sent = await forms.read(request)
        try:
            kind = sent.text("act")
            await _act(request, host, kind, sent.number("thread"))
            here = f"/groups/{host.group.name}/pins?done={kind}"
            return visitors.seen(visitors.local(sent.text("back"), here))
        except Malformed as error:
            problems = fields.blamed(error, "act")
    shown = await read.group_page(host.group)
    return page(
        request,
        host,
        "pins",
        _("Pinned threads"),
        problems=problems,
        pinned=shown.pinned,
        others=shown.threads[:OFFERED],
    )


async def _act(request: Request, host: Host, kind: str, thread_id: int) -> None:
    """Do it, committed. Raises `Malformed` for what cannot be done, or not any more."""
    if kind not in {"pin", "unpin", "up", "down"}:
        raise Malformed("choose what to do")
    async with storage.transaction():
        if kind in {"up", "down"}:
            await pinning.move(host.group.id, thread_id, up=kind == "up")
        else:
            post = await pinning.beginning(host.group.id, thread_id)
            act = Act(kind=kind, hosted=host.hosted, decider=host.actor, post=post)
            await decide(receptions.of(request).wire, act)
        await audit.by(host.actor, f"moderate {kind}", name=host.group.name, thread=thread_id)
