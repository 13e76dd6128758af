"""The ledger of a group for everybody: a page, a feed, and the same for programs."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from federation import clock
from federation.negotiation import wants_activity
from federation.vocabulary import ACTIVITY_JSON, AS2
from fedigroups.content import sanitise
from fedigroups.groups import read
from fedigroups.groups.models import Group
from fedigroups.moderation import published
from fedigroups.moderation.published import Entry, Figures
from fedigroups.web import errors, render, visitors
from fedigroups.web import feeds as atom
from fedigroups.web import site as sites
from fedigroups.web.addresses import asked_number
from fedigroups.web.answers import shared
from fedigroups.web.translation import gettext as _

VERBS = {
    "accept": "Accept",
    "refuse": "Reject",
    "ask": "TentativeReject",
    "turn_away": "Reject",
    "remove": "Delete",
    "restore": "Undo",
    "ban": "Block",
    "expel": "Remove",
    "refuse_join": "Reject",
    "appoint": "Add",
    "dismiss": "Remove",
}
"""As which activity a kind of decision is listed; any other is an Activity."""
CONTEXT: list[Any] = [
    AS2,
    {
        "decision": "urn:fedigroups:decision",
        "rule": "urn:fedigroups:rule",
        "ruleText": "urn:fedigroups:ruleText",
    },
]


def routes() -> list[BaseRoute]:
    """The addresses of the ledger."""
    ledger = "/groups/{name}/ledger"
    return [
        Route(ledger, shared(visitors.for_anybody(page))),
        Route(f"{ledger}.json", shared(as_json)),
        Route(f"{ledger}/feed.atom", shared(feed)),
    ]


async def page(request: Request) -> Response:
    """`/groups/{name}/ledger`: what was decided, why, and how strict and fast that is."""
    group = await _group(request)
    if isinstance(group, Response):
        return group
    before = asked_number(request, "before")
    listed = await published.entries(group, before)
    if wants_activity(request.headers.get("accept", "")):
        return _collection(request, group, listed, before)
    title = sanitise.label(group.title) or group.name
    response = render.page(
        request,
        "moderation/ledger.html",
        title=_("Decisions in %(group)s", group=title),
        description=_("What the moderators of %(group)s decided, and why.", group=title),
        activity=_uri(request, group),
        feed=f"/groups/{group.name}/ledger/feed.atom",
        feed_title=_("Decisions in %(group)s", group=title),
        nav="groups",
        group=group,
        figures=await published.figures(group),
        entries=listed,
        later=f"?before={listed[-1].id}" if len(listed) == published.PAGE else "",
        is_first=not before,
    )
    response.headers["Vary"] = "Accept, Signature"
    return response


async def as_json(request: Request) -> Response:
    """`/groups/{name}/ledger.json`: the figures and a page of entries."""
    group = await _group(request)
    if isinstance(group, Response):
        return group
    listed = await published.entries(group, asked_number(request, "before"))
    content = {
        "group": _uri(request, group).removesuffix("/ledger"),
        "figures": _figures(await published.figures(group)),
        "decisions": [_plain(one) for one in listed],
        "next": _next(request, group, listed, ".json"),
    }
    return JSONResponse(content, headers={"Access-Control-Allow-Origin": "*"})


async def feed(request: Request) -> Response:
    """`/groups/{name}/ledger/feed.atom`: the newest decisions."""
    group = await _group(request)
    if isinstance(group, Response):
        return group
    uri, title = _uri(request, group), sanitise.label(group.title) or group.name
    listed = await published.entries(group)
    root = Element("feed", {"xmlns": atom.ATOM, "xml:lang": "en"})
    atom.text(root, "id", f"{uri}/feed.atom")
    atom.text(root, "title", f"Decisions in {title}")
    atom.text(root, "updated", clock.rfc3339(listed[0].at if listed else group.created_at))
    atom.link(root, "self", f"{uri}/feed.atom", "application/atom+xml")
    atom.link(root, "alternate", uri, "text/html")
    for one in listed:
        entry = SubElement(root, "entry")
        atom.text(entry, "id", f"{uri}#decision-{one.id}")
        atom.text(entry, "title", f"{one.kind.replace('_', ' ')} {one.person}".strip())
        atom.text(entry, "updated", clock.rfc3339(one.at))
        atom.text(SubElement(entry, "author"), "name", title)
        atom.text(entry, "content", "\n".join(filter(None, (one.rule_text, one.text))))
        atom.link(entry, "alternate", f"{uri}#decision-{one.id}", "text/html")
    headers = {"Cache-Control": "public, max-age=300"}
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, headers=headers, media_type=atom.MEDIA_TYPE)


def _collection(request: Request, group: Group, listed: list[Entry], before: int) -> Response:
    """An OrderedCollection whole, or a page of it."""
    uri = _uri(request, group)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"{uri}?before={before}" if before else uri,
        "type": "OrderedCollectionPage" if before else "OrderedCollection",
        "attributedTo": uri.removesuffix("/ledger"),
        "orderedItems": [_item(uri, one) for one in listed],
    }
    if before:
        document["partOf"] = uri
    if following := _next(request, group, listed, ""):
        document["next"] = following
    headers = {
        "Vary": "Accept, Signature",
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
    }
    return JSONResponse(document, headers=headers, media_type=ACTIVITY_JSON)


def _item(uri: str, one: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": f"{uri}#decision-{one.id}",
        "type": VERBS.get(one.kind, "Activity"),
        "actor": uri.removesuffix("/ledger"),
        "decision": one.kind,
        "summary": one.text,
        "published": clock.rfc3339(one.at),
    }
    if one.rule:
        item |= {"rule": one.rule, "ruleText": one.rule_text}
    if one.post_uri:
        item["object"] = one.post_uri
    if one.until:
        item["endTime"] = clock.rfc3339(one.until)
    return item


def _plain(one: Entry) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kind": one.kind,
        "at": clock.rfc3339(one.at),
        "rule": one.rule or None,
        "rule_text": one.rule_text,
        "reason": one.text,
        "person": one.person or None,
        "post": one.post_uri or None,
        "until": clock.rfc3339(one.until) if one.until else None,
    }


def _figures(found: Figures) -> dict[str, Any]:
    return {
        "received": found.received,
        "accepted": found.accepted,
        "refused": found.refused,
        "turned_away": found.turned_away,
        "removed": found.removed,
        "by_rule": [{"rule": n, "text": text, "count": count} for n, text, count in found.by_rule],
        "median_seconds": None if found.median_ms is None else found.median_ms / clock.SECOND,
        "appeals": found.appeals,
        "overturned": found.overturned,
    }


async def _group(request: Request) -> Group | Response:
    group = await read.find_group(request.path_params["name"])
    if group is None or not group.hosted:
        return errors.not_found(request)
    return group if group.state == "open" else errors.not_open(request, group.state)


def _uri(request: Request, group: Group) -> str:
    return f"{sites.of(request).origin}/groups/{group.name}/ledger"


def _next(request: Request, group: Group, listed: list[Entry], kind: str) -> str | None:
    more = len(listed) == published.PAGE
    return f"{_uri(request, group)}{kind}?before={listed[-1].id}" if more else None
