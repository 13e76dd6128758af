"""The pages of groups: the directory, a group, and joining one from another server."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation import limits
from federation.errors import FederationError
from fedigroups.content import sanitise
from fedigroups.groups import membership, mine, policies, read
from fedigroups.groups.models import Group
from fedigroups.groups.views import SORTS
from fedigroups.web import addresses, errors, headers, qr, render, visitors
from fedigroups.web import site as sites
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

SORT_WORDS = {"active": noted("Active"), "new": noted("New"), "top": noted("Top")}
FAMILIAR = frozenset({"", "same-origin"})


async def directory(request: Request) -> Response:
    """`/groups?q=`: the groups here, or those that a search found."""
    query = sanitise.label(request.query_params.get("q", ""), limits.QUERY_CHARS)
    found = await read.directory(query, request.query_params.get("before", ""))
    return render.page(
        request,
        "directory.html",
        title=_("Groups with “%(query)s”", query=query) if query else _("Groups"),
        nav="groups",
        indexed=not query,
        query=query,
        found=found,
        later=f"?{urlencode({'q': query, 'before': found.next})}" if found.next else "",
        is_first=not request.query_params.get("before"),
    )


async def group_page(request: Request) -> Response:
    """`/groups/{name}` for people: what the group is for, how to join, its threads."""
    site = sites.of(request)
    group = await _group(request)
    if isinstance(group, Response):
        return group
    sort = addresses.asked_sort(request)
    before = request.query_params.get("before", "")
    page = await read.group_page(group, sort, before)
    me = visitors.known(request)
    member = await membership.standing(group, me.actor) if me else None
    return render.page(
        request,
        "group.html",
        headers={"Content-Security-Policy": _leaving(site)},
        title=page.card.title,
        description=page.card.description or sanitise.excerpt(page.summary_html),
        canonical=f"{site.origin}{page.card.link}" if group.hosted else page.card.uri,
        indexed=group.hosted,
        activity=page.card.uri,
        feed=f"{page.card.link}/feed.atom",
        feed_title=page.card.title,
        nav="groups",
        page=page,
        sorts=[(name, SORT_WORDS[name]) for name in SORTS],
        later=f"?{urlencode({'sort': sort, 'before': page.next})}" if page.next else "",
        is_first=read.cursor(before) is None,
        code=None if me else qr.code(page.card.uri),
        member=member,
        refusal=policies.refusal_to_post(group, member) if me else "",
        fresh=await mine.fresh(me.actor.id, page.pinned + page.threads) if me else {},
    )


async def join(request: Request) -> Response:
    """`/groups/{name}/join?handle=`: to the visitor's own server, to follow the group there.

    A visitor who came here by a link of another site, not by the form on our page, is asked first:
    this address sends nobody on to a place that a stranger chose.
    """
    group = await _group(request)
    if isinstance(group, Response):
        return group
    typed = request.query_params.get("handle", "").strip()
    handle = addresses.handle(typed)
    target = await follow_page(request, handle, group.actor.uri) if handle else ""
    if target and request.headers.get("sec-fetch-site", "") in FAMILIAR:
        return RedirectResponse(target, 303, headers={"Referrer-Policy": "no-referrer"})
    site = sites.of(request)
    return render.page(
        request,
        "join.html",
        status=200 if handle or not typed else 400,
        headers={"Content-Security-Policy": _leaving(site)},
        title=_("Join %(group)s", group=sanitise.label(group.title)),
        indexed=False,
        nav="groups",
        group=(await read.group_page(group)).card,
        typed=typed[: limits.HANDLE_CHARS],
        handle=handle,
        handle_host=handle.partition("@")[2],
        is_local=handle.partition("@")[2] == site.host,
        target=target,
        target_host=urlsplit(target).netloc if target else "",
    )


async def _group(request: Request) -> Group | Response:
    """The open group in the address, or the page to answer instead."""
    name: str = request.path_params["name"]
    if name != name.lower():
        return RedirectResponse(f"/groups/{quote(name.lower())}", 308)
    group = await read.find_group(name)
    if group is None:
        return errors.not_found(request)
    return group if group.state == "open" else errors.gone(request)


async def follow_page(request: Request, handle: str, group_uri: str) -> str:
    """The page of the handle's server for following the group; "" when it offers none."""
    site = sites.of(request)
    if handle.partition("@")[2] == site.host:
        return ""
    try:
        template = await site.subscribe_template(handle)
    except FederationError:
        return ""
    if not template or "{uri}" not in template:
        return ""
    return sanitise.safe_url(template.replace("{uri}", quote(group_uri, safe="")))


def _leaving(site: sites.Site) -> str:
    """The policy of a page whose form is answered with a redirect to the visitor's own server."""
    schemes = "https:" if site.origin.startswith("https:") else "https: http:"
    return headers.policy(site.pictures.sources, schemes)
