"""The page on which an owner gives the group to somebody else, or closes it for good."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.errors import Malformed, NotHere
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.api.body import Body
from fedigroups.groups import ending, lookup, roster
from fedigroups.web import forms
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.acts import act
from fedigroups.web.hosting.frame import page, seen
from fedigroups.web.settings.frame import WRONG, proven
from fedigroups.web.translation import gettext as _


def routes() -> list[BaseRoute]:
    """The page, for owners alone."""
    path = "/groups/{name}/settings/handing-over"
    return [Route(path, for_hosts(handing_over, owner=True), methods=["GET", "POST"])]


async def handing_over(request: Request, host: Host) -> Response:
    """`/groups/{name}/settings/handing-over`: both need the owner's password once more."""
    problems: dict[str, str] = {}
    typed = {"heir": "", "other": "", "confirm": ""}
    if request.method == "POST":
        sent = await forms.read(request)
        typed = fields.texts(sent, typed)
        is_closing = sent.text("step") == "close"
        password = "close_current" if is_closing else "current"
        if not await proven(request, host.session, sent.text(password)):
            problems = {password: _(WRONG)}
        elif is_closing:
            return await _close(request, host, sent, typed)
        else:
            problems = await _transfer(request, host, typed["other"].strip() or typed["heir"])
            if not problems:
                return seen(host, "requests", "transfer")
    return await _page(request, host, typed, problems)


async def _transfer(request: Request, host: Host, handle: str) -> dict[str, str]:
    """What is wrong, if anything."""
    try:
        if not handle:
            raise Malformed("choose to whom")
        person = await lookup.person(handle)
        await act(receptions.of(request).wire, host, "transfer", person)
    except (Malformed, NotHere) as error:
        return fields.blamed(error, "heir")
    return {}


async def _close(request: Request, host: Host, sent: Body, typed: dict[str, str]) -> Response:
    if sent.text("confirm").strip() != host.group.name:
        problems = {"confirm": _("That is not the name of the group.")}
        return await _page(request, host, typed, problems)
    async with storage.transaction():
        await ending.close(receptions.of(request).wire, host.hosted)
        await audit.by(host.actor, "group close", name=host.group.name)
    return forms.notice(
        request,
        200,
        _("The group is closed"),
        _("Servers that read it are told, and its address says that it is gone."),
        link="/hosting",
        word=_("Groups in your care"),
    )


async def _page(
    request: Request, host: Host, typed: dict[str, str], problems: dict[str, str]
) -> Response:
    heirs = await roster.heirs(host.group, host.actor)
    return page(
        request,
        host,
        "handing_over",
        _("Hand over or close"),
        typed=typed,
        problems=problems,
        heirs=heirs[: roster.PAGE],
        are_more=len(heirs) > roster.PAGE,
    )
