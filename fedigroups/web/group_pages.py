"""The pages of groups: the directory, a group, and joining one from another server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation import limits
from federation.errors import FederationError
from fedigroups.content import hashtags, languages, sanitise
from fedigroups.groups import directory as directories
from fedigroups.groups import membership, mine, policies, read, topics
from fedigroups.groups.directory import Wish
from fedigroups.groups.models import Group
from fedigroups.groups.views import SORTS
from fedigroups.groups.visibility import can_see
from fedigroups.web import addresses, errors, headers, orders, qr, render, visitors, words
from fedigroups.web import site as sites
from fedigroups.web.orders import Order
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

SORT_WORDS = {"active": noted("Active"), "new": noted("New"), "top": noted("Top")}
SIZE_WORDS = {
    "small": noted("Small: up to 30"),
    "middle": noted("Middle: up to 300"),
    "large": noted("Large: 300 and more"),
}
PLACE_WORDS = {"here": noted("That live here"), "elsewhere": noted("That live on other servers")}
FILTERS = ("topic", "language", "size", "join", "place")
FAMILIAR = frozenset({"", "same-origin"})


async def directory(request: Request) -> Response:
    """`/groups?q=&topic=&language=&size=&join=&place=`: the groups here, or those wished for."""
    asked = request.query_params
    query = sanitise.label(asked.get("q", ""), limits.QUERY_CHARS)
    wish = Wish(
        query,
        language=languages.tag_or(asked.get("language", ""))[:16],
        topic=hashtags.name_of(asked.get("topic", "")),
        size=_one_of(asked.get("size", ""), SIZE_WORDS),
        join=_one_of(asked.get("join", ""), words.JOIN),
        place=_one_of(asked.get("place", ""), PLACE_WORDS) or "here",
    )
    found = await directories.find(wish, asked.get("before", ""))
    said = {"q": query, **{name: getattr(wish, name) for name in FILTERS}}
    kept = {name: value for name, value in said.items() if value and value != "here"}
    return render.page(
        request,
        "directory.html",
        title=_("Groups with “%(query)s”", query=query) if query else _("Groups"),
        nav="groups",
        indexed=not wish.is_narrow,
        query=query,
        wish=wish,
        found=found,
        spoken_here=await directories.spoken(),
        topics=[*dict.fromkeys([*await topics.liveliest(), *topics.of(wish.topic)])],
        size_words=SIZE_WORDS,
        place_words=PLACE_WORDS,
        later=f"?{urlencode(kept | {'before': found.next})}" if found.next else "",
        is_first=not asked.get("before"),
    )


async def tag_page(request: Request) -> Response:
    """`/tags/{name}`: the threads in which a hashtag stands."""
    name = hashtags.name_of(request.path_params["name"])
    if not name:
        return errors.not_found(request)
    before = request.query_params.get("before", "")
    found = await directories.tagged(name, before, reader_id=visitors.reader_id(request))
    return render.page(
        request,
        "tag.html",
        title=f"#{name}",
        indexed=False,
        nav="groups",
        name=name,
        found=found,
        is_first=read.cursor(before) is None,
    )


def _one_of(text: str, known: Mapping[str, str]) -> str:
    return text if text in known else ""


async def group_page(request: Request) -> Response:
    """`/groups/{name}` for people: what the group is for, how to join, its threads."""
    site = sites.of(request)
    group = await _group(request)
    if isinstance(group, Response):
        return group
    before = request.query_params.get("before", "")
    me = visitors.known(request)
    member = await membership.standing(group, me.actor) if me else None
    is_member = member is not None and member.state == "member"
    order = orders.asked(request) if is_member else Order(addresses.asked_sort(request))
    page = await read.group_page(
        group, order.sort, before, reader_id=visitors.reader_id(request), unread=order.unread
    )
    response = render.page(
        request,
        "group.html",
        headers={"Content-Security-Policy": leaving(site)},
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
        order=order,
        later=f"?{urlencode({'sort': order.sort, 'before': page.next})}" if page.next else "",
        is_first=read.cursor(before) is None,
        code=None if me else qr.code(page.card.uri),
        live=f"?group={group.id}" if me else "",
        member=member,
        refusal=policies.refusal_to_post(group, member) if me else "",
        fresh=await mine.fresh(me.actor.id, page.pinned + page.threads) if me else {},
    )
    return orders.remember(request, response, order) if is_member else response


async def join(request: Request) -> Response:
    """`/groups/{name}/join?handle=`: to the visitor's own server, to follow the group there.

    A visitor who came here by a link of another site, not by the form on our page, is asked first:
    this address sends nobody on to a place that a stranger chose.
    """
    group = await _group(request)
    if isinstance(group, Response):
        return group
    abroad = await _abroad(request, group.actor.uri)
    if isinstance(abroad, Response):
        return abroad
    return render.page(
        request,
        "join.html",
        title=_("Join %(group)s", group=sanitise.label(group.title)),
        indexed=False,
        nav="groups",
        group=(await read.group_page(group)).card,
        **abroad,
    )


async def answer(request: Request) -> Response:
    """`/answer?post=&handle=`: to the visitor's own server, to answer the post there."""
    post = await read.post_view(addresses.asked_number(request, "post"))
    if post is None or not can_see(None, post):
        return errors.not_found(request)
    abroad = await _abroad(request, post.uri)
    if isinstance(abroad, Response):
        return abroad
    return render.page(
        request,
        "answer.html",
        title=_("Answer or share from your own server"),
        indexed=False,
        nav="groups",
        post=post,
        **abroad,
    )


async def _abroad(request: Request, uri: str) -> Response | dict[str, Any]:
    """The way to the visitor's own server, or what the page shows that asks for their handle."""
    typed = request.query_params.get("handle", "").strip()
    handle = addresses.handle(typed)
    target = await follow_page(request, handle, uri) if handle else ""
    if target and request.headers.get("sec-fetch-site", "") in FAMILIAR:
        return RedirectResponse(target, 303, headers={"Referrer-Policy": "no-referrer"})
    site, host = sites.of(request), handle.partition("@")[2]
    return {
        "status": 200 if handle or not typed else 400,
        "headers": {"Content-Security-Policy": leaving(site)},
        "typed": typed[: limits.HANDLE_CHARS],
        "handle": handle,
        "handle_host": host,
        "is_local": host == site.host,
        "target": target,
        "target_host": urlsplit(target).netloc if target else "",
    }


async def _group(request: Request) -> Group | Response:
    """The open group in the address, or the page to answer instead."""
    name: str = request.path_params["name"]
    if name != name.lower():
        return RedirectResponse(f"/groups/{quote(name.lower())}", 308)
    group = await read.find_group(name)
    if group is None:
        return errors.not_found(request)
    return group if group.state == "open" else errors.not_open(request, group.state)


async def follow_page(request: Request, handle: str, uri: str) -> str:
    """The page of the handle's server for what has this id; "" when it offers none."""
    site = sites.of(request)
    if handle.partition("@")[2] == site.host:
        return ""
    try:
        template = await site.subscribe_template(handle)
    except FederationError:
        return ""
    if not template or "{uri}" not in template:
        return ""
    return sanitise.safe_url(template.replace("{uri}", quote(uri, safe="")))


def leaving(site: sites.Site) -> str:
    """The policy of a page whose form is answered with a redirect to the visitor's own server."""
    schemes = "https:" if site.origin.startswith("https:") else "https: http:"
    return headers.policy(site.pictures.sources, schemes)
