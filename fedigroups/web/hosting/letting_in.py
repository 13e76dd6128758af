"""The pages of invitations: hosts make them, and whoever has a link comes in with it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import limits
from federation.errors import FederationError, Malformed
from federation.models import Actor
from fedigroups import audit
from fedigroups.accounts import reception as receptions
from fedigroups.content import sanitise
from fedigroups.groups import inviting, joining, read
from fedigroups.groups.models import Group
from fedigroups.web import addresses, errors, forms, visitors
from fedigroups.web import site as sites
from fedigroups.web.authority import Host, for_hosts
from fedigroups.web.group_pages import follow_page
from fedigroups.web.hosting import fields
from fedigroups.web.hosting.acts import act
from fedigroups.web.hosting.frame import page, seen
from fedigroups.web.translation import gettext as _
from fedigroups.web.visitors import Me, for_anybody


def routes() -> list[BaseRoute]:
    """The pages."""
    group = "/groups/{name}"
    return [
        Route(f"{group}/invitations", for_hosts(invitations), methods=["GET", "POST"]),
        Route(f"{group}/invited", for_anybody(invited), methods=["GET", "POST"]),
    ]


async def invitations(request: Request, host: Host) -> Response:
    """`/groups/{name}/invitations`: links, and handles on whichever server."""
    link, problems, typed = "", {}, {"handle": "", "note": "", "uses": "10", "days": "7"}
    if request.method == "POST":
        sent = await forms.read(request)
        typed |= {name: sent.text(name, typed[name]) for name in typed}
        if sent.text("withdraw"):
            if not await inviting.withdraw(host.group, sent.number("withdraw")):
                return errors.not_found(request)
            await audit.by(host.actor, "group withdraw", name=host.group.name)
            return seen(host, "invitations", "withdraw")
        field = "handle" if sent.text("way") == "handle" else "uses"
        try:
            if field == "handle":
                person = await _invitee(request, typed["handle"])
                await act(receptions.of(request).wire, host, "invite", person)
                return seen(host, "invitations", "invite")
            _made, code = await inviting.make(
                host.group,
                host.actor,
                uses=sent.number("uses", 10),
                days=sent.number("days", 7),
                note=fields.line(typed["note"]),
            )
            await audit.by(host.actor, "group link", name=host.group.name, note=typed["note"])
            link = f"{sites.of(request).origin}/groups/{host.group.name}/invited?code={code}"
        except FederationError as error:
            problems = fields.blamed(error, field)
    return page(
        request,
        host,
        "invitations",
        _("Invitations"),
        problems=problems,
        typed=typed,
        made=link,
        found=await inviting.open_ones(host.group),
    )


async def invited(request: Request) -> Response:
    """`/groups/{name}/invited?code=`: for whoever was sent the link, from here or elsewhere."""
    group = await read.find_group(request.path_params["name"])
    if group is None or not group.hosted or group.state != "open":
        return errors.not_found(request)
    sent = await forms.read(request) if request.method == "POST" else None
    code = sent.text("code") if sent else request.query_params.get("code", "")
    here = visitors.local(f"/groups/{group.name}/invited?code={code}", visitors.HOME)
    typed = sent.text("handle").strip() if sent else ""
    problem = target = ""
    is_good = await inviting.is_good(group, code)
    if sent and is_good:
        try:
            me = await visitors.me(request)
            if me and (not typed or addresses.handle(typed).lower() == me.handle):
                return await _come_in(request, group, code, me.actor)
            if _is_of_here(request, typed):
                return _sign_in_first(me, here)
            person = await _found(request, typed)
            await inviting.accept(group, code, person)
            target = await follow_page(request, person.handle, group.actor.uri)
        except FederationError as error:
            problem = next(iter(fields.blamed(error, "handle").values()))
    return forms.page(
        request,
        "hosting/invited.html",
        status=422 if problem else 200,
        title=_("You are invited to %(group)s", group=sanitise.label(group.title) or group.name),
        nav="groups",
        card=(await read.group_page(group)).card,
        summary_html=group.summary_html,
        code=code,
        is_good=is_good,
        typed=typed[: limits.HANDLE_CHARS],
        problem=problem,
        let_in=bool(sent and is_good and not problem),
        target=target,
        signup=receptions.of(request).signup,
        next=here,
        sign_up=visitors.leading_on("/signup", here),
    )


async def _come_in(request: Request, group: Group, code: str, person: Actor) -> Response:
    """Somebody who is signed in joins with one press."""
    await inviting.accept(group, code, person)
    await joining.join(receptions.of(request).wire, person, group.actor)
    return visitors.seen(f"/groups/{group.name}")


def _is_of_here(request: Request, typed: str) -> bool:
    return addresses.handle(typed).partition("@")[2] == sites.of(request).host


def _sign_in_first(me: Me | None, here: str) -> Response:
    """Whoever names an account of this server proves that it is theirs, and comes back.

    Raises `Malformed` for whoever is signed in with another one.
    """
    if me:
        raise Malformed("you are signed in here with another account; sign out first")
    return visitors.seen(visitors.leading_on("/login", here))


async def _invitee(request: Request, typed: str) -> Actor:
    """Whom a host names: of somebody here the name alone will do."""
    name = typed.strip().removeprefix("@")
    is_whole = "@" in name
    return await _found(request, typed if is_whole else f"{name.lower()}@{sites.of(request).host}")


async def _found(request: Request, typed: str) -> Actor:
    """Whoever goes by the handle. Raises `Malformed`, and `Slowed` when asked for too many."""
    handle = addresses.handle(typed)
    if not handle:
        raise Malformed("type a whole address, like @ann@m.example")
    request.app.state.shares.take_of_site(handle.partition("@")[2])
    try:
        actor = await receptions.of(request).wire.directory.by_handle(handle)
    except FederationError as error:
        raise Malformed("nobody was found at that address; look whether it is right") from error
    if actor.kind == "Group":
        raise Malformed("{who} is a group: invite people", who=actor.handle)
    return actor
