"""Accounts as clients read them: people and groups, what they say, who is in a group."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.reading import people, relations, search, timelines, windows
from fedigroups.mastodon.reading.timelines import Wish
from fedigroups.oauth.access import authorised, visitor

SEARCHED = 40
MANY = 40


def routes() -> list[BaseRoute]:
    """The addresses of accounts."""
    one = "/api/v1/accounts/{id:int}"
    return [
        Route("/api/v1/accounts", several, methods=["GET"]),
        Route("/api/v1/accounts/lookup", lookup, methods=["GET"]),
        Route("/api/v1/accounts/search", find, methods=["GET"]),
        Route("/api/v1/accounts/relationships", relationships, methods=["GET"]),
        Route("/api/v1/accounts/familiar_followers", familiar_followers, methods=["GET"]),
        Route(one, account, methods=["GET"]),
        Route(f"{one}/statuses", statuses, methods=["GET"]),
        Route(f"{one}/followers", followers, methods=["GET"]),
        Route(f"{one}/following", following, methods=["GET"]),
    ]


async def account(request: Request) -> Response:
    """`GET /api/v1/accounts/:id`."""
    await visitor(request, "read:accounts", "profile")
    row = await asking.account(request)
    return json_answer(await people.whole(row, asking.pictures_of(request)))


async def several(request: Request) -> Response:
    """`GET /api/v1/accounts?id[]=`."""
    await visitor(request, "read:accounts")
    wanted = _ids(await bodies.read(request))
    return json_answer(await people.listed(wanted, asking.pictures_of(request)))


async def lookup(request: Request) -> Response:
    """`GET /api/v1/accounts/lookup?acct=`: known ones only, nobody is asked."""
    await visitor(request, "read:accounts")
    acct = (await bodies.read(request)).text("acct")
    row = await people.named(acct, asking.wire_of(request).config.host)
    if row is None:
        raise asking.missing()
    return json_answer(await people.whole(row, asking.pictures_of(request)))


async def find(request: Request) -> Response:
    """`GET /api/v1/accounts/search?q=`: what a mention may become; with `resolve`, asked for."""
    access = await authorised(request, "read:accounts", "read:search")
    said = await bodies.read(request)
    limit = said.number("limit", SEARCHED, least=1, most=80)
    offset, query = said.number("offset", most=10_000), said.text("q").strip()
    if said.flag("resolve") and not offset and await asking.may_resolve(request, query):
        await search.resolve(asking.wire_of(request), query)
    member = access.actor.id if said.flag("following") else 0
    found = await search.accounts(query, limit, offset, member, access.actor.id)
    return json_answer(await people.listed(found, asking.pictures_of(request)))


async def relationships(request: Request) -> Response:
    """`GET /api/v1/accounts/relationships?id[]=`: unknown ids are left out."""
    access = await authorised(request, "read:follows")
    wanted = _ids(await bodies.read(request))
    return json_answer(await relations.between(access.actor, wanted))


async def familiar_followers(request: Request) -> Response:
    """`GET /api/v1/accounts/familiar_followers?id[]=`: nobody follows people here."""
    await authorised(request, "read:follows")
    wanted = _ids(await bodies.read(request))
    return json_answer([{"id": str(id), "accounts": []} for id in wanted])


async def statuses(request: Request) -> Response:
    """`GET /api/v1/accounts/:id/statuses`: of a group, the threads that it shows."""
    reader = await asking.anybody(request, "read:statuses", context="account")
    row, said = await asking.account(request), await bodies.read(request)
    window = windows.asked(said)
    wish = Wish(
        replies=not said.flag("exclude_replies"),
        media=said.flag("only_media"),
        tag=said.text("tagged").lstrip("#").lower(),
        pinned=said.flag("pinned"),
        boosts=not said.flag("exclude_reblogs"),
    )
    if row["group_id"] is None:
        entries = await timelines.by_person(row["id"], reader, window, wish)
    else:
        entries = await timelines.of_group(row["group_id"], reader, window, wish)
    return await asking.timeline(request, window, entries, reader)


async def followers(request: Request) -> Response:
    """`GET /api/v1/accounts/:id/followers`: the members of a group, which its members are told."""
    access = await visitor(request, "read:accounts")
    row, window = await asking.account(request), windows.asked(await bodies.read(request), 40)
    is_told = access is not None and await relations.knows(access.actor.id, row["id"])
    pairs = await relations.members(row["id"], window) if is_told else []
    return await asking.accounts(request, window, pairs)


async def following(request: Request) -> Response:
    """`GET /api/v1/accounts/:id/following`: the groups somebody is in; only they are told."""
    access = await visitor(request, "read:accounts")
    row, window = await asking.account(request), windows.asked(await bodies.read(request), 40)
    is_own = access is not None and access.actor.id == row["id"]
    pairs = await relations.joined(row["id"], window) if is_own else []
    return await asking.accounts(request, window, pairs)


def _ids(said: Body) -> list[int]:
    """The ids that are named, each once, not more than `MANY`."""
    return list(dict.fromkeys(said.ids("id")))[:MANY]
