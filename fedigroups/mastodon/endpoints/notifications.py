"""Notifications: one after another (v1), in groups (v2), and being done with them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from fedigroups import news
from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import notifications as present
from fedigroups.mastodon.reading import notices, people, windows
from fedigroups.mastodon.reading.notices import KINDS, Wish
from fedigroups.mastodon.reading.posts import Reader
from fedigroups.oauth.access import authorised

PAGE = 40
COUNTED = 1_000


def routes() -> list[BaseRoute]:
    """The addresses of notifications."""
    v1, v2 = "/api/v1/notifications", "/api/v2/notifications"
    return [
        Route(v1, listed, methods=["GET"]),
        Route(f"{v1}/clear", clear, methods=["POST"]),
        Route(f"{v1}/dismiss", dismiss_named, methods=["POST"]),
        Route(f"{v1}/unread_count", unread, methods=["GET"]),
        Route(f"{v1}/policy", policy, methods=["GET", "PATCH", "PUT"]),
        Route(f"{v1}/requests", requests, methods=["GET"]),
        Route(f"{v1}/requests/merged", merged, methods=["GET"]),
        Route(f"{v1}/{{id:int}}", one, methods=["GET"]),
        Route(f"{v1}/{{id:int}}/dismiss", dismiss, methods=["POST"]),
        Route(v2, grouped, methods=["GET"]),
        Route(f"{v2}/unread_count", unread_groups, methods=["GET"]),
        Route(f"{v2}/policy", policy, methods=["GET", "PATCH", "PUT"]),
        Route(f"{v2}/{{key}}", one_group, methods=["GET"]),
        Route(f"{v2}/{{key}}/accounts", senders, methods=["GET"]),
        Route(f"{v2}/{{key}}/dismiss", dismiss_group, methods=["POST"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v1/notifications`."""
    reader, said = await _reader(request), await bodies.read(request)
    window = windows.asked(said, PAGE)
    rows = await notices.page(reader, window, _wish(said))
    content = await notices.show(rows, reader)
    return asking.paged(request, window, [row["id"] for row in rows], content)


async def one(request: Request) -> Response:
    """`GET /api/v1/notifications/:id`: 404 for somebody else's."""
    reader = await _reader(request)
    row = await notices.one(reader, asking.number(request))
    shown = await notices.show([row], reader) if row else []
    if not shown:
        raise asking.missing()
    return json_answer(shown[0])


async def clear(request: Request) -> Response:
    """`POST /api/v1/notifications/clear`."""
    access = await authorised(request, "write:notifications")
    await storage.execute("DELETE FROM notification WHERE actor_id = ?", access.actor.id)
    news.say("read", access.actor.id)
    return json_answer({})


async def dismiss(request: Request) -> Response:
    """`POST /api/v1/notifications/:id/dismiss`."""
    return await _dismissed(request, asking.number(request))


async def dismiss_named(request: Request) -> Response:
    """`POST /api/v1/notifications/dismiss?id=`: the older way to say it."""
    return await _dismissed(request, (await bodies.read(request)).number("id"))


async def unread(request: Request) -> Response:
    """`GET /api/v1/notifications/unread_count`."""
    return await _unread(request, in_groups=False)


async def grouped(request: Request) -> Response:
    """`GET /api/v2/notifications`: those who like the same post are one notification."""
    reader, said = await _reader(request), await bodies.read(request)
    window, wish = windows.asked(said, PAGE), _wish(said)
    found = await notices.groups(reader, window, wish)
    content = await notices.show_grouped(found, reader, wish)
    return asking.paged(request, window, [row["newest"] for row in found], content)


async def one_group(request: Request) -> Response:
    """`GET /api/v2/notifications/:group_key`."""
    reader = await _reader(request)
    found = await notices.group(reader, request.path_params["key"])
    if found is None:
        raise asking.missing()
    return json_answer(await notices.show_grouped([found], reader, Wish()))


async def senders(request: Request) -> Response:
    """`GET /api/v2/notifications/:group_key/accounts`."""
    reader = await _reader(request)
    found = await notices.group(reader, request.path_params["key"])
    if found is None:
        raise asking.missing()
    listed_ = await notices.senders(reader, [found], Wish(), windows.Window().limit * 4)
    accounts = await people.listed(listed_.get(found["group_key"], []), reader.pictures)
    return json_answer(accounts)


async def dismiss_group(request: Request) -> Response:
    """`POST /api/v2/notifications/:group_key/dismiss`."""
    access = await authorised(request, "write:notifications")
    reader = asking.reader_of(request, access)
    found = await notices.group(reader, request.path_params["key"])
    if found is not None:
        await storage.execute(
            "DELETE FROM notification WHERE actor_id = ? AND kind = ? AND post_id = ?"
            " AND id BETWEEN ? AND ?",
            *(reader.id, found["kind"], found["post_id"], found["oldest"], found["newest"]),
        )
        news.say("read", reader.id)
    return json_answer({})


async def unread_groups(request: Request) -> Response:
    """`GET /api/v2/notifications/unread_count`."""
    return await _unread(request, in_groups=True)


async def policy(request: Request) -> Response:
    """`/api/v2/notifications/policy`: nothing is put aside, whatever is asked for."""
    scope = "read:notifications" if request.method == "GET" else "write:notifications"
    await authorised(request, scope)
    return json_answer(present.policy())


async def requests(request: Request) -> Response:
    """`GET /api/v1/notifications/requests`: nothing is put aside."""
    await authorised(request, "read:notifications")
    return json_answer([])


async def merged(request: Request) -> Response:
    """`GET /api/v1/notifications/requests/merged`: there is nothing to wait for."""
    await authorised(request, "read:notifications")
    return json_answer({"merged": True})


async def _reader(request: Request) -> Reader:
    access = await authorised(request, "read:notifications")
    return asking.reader_of(request, access, "notifications")


async def _dismissed(request: Request, id: int) -> Response:
    access = await authorised(request, "write:notifications")
    await storage.execute(
        "DELETE FROM notification WHERE actor_id = ? AND id = ?", access.actor.id, id
    )
    news.say("read", access.actor.id)
    return json_answer({})


async def _unread(request: Request, *, in_groups: bool) -> Response:
    reader, said = await _reader(request), await bodies.read(request)
    most = said.number("limit", notices.UNREAD, least=1, most=COUNTED)
    count = await notices.unread(reader, _wish(said), in_groups=in_groups, most=most)
    return json_answer({"count": count})


def _wish(said: Body) -> Wish:
    wanted, unwanted = said.texts("types"), said.texts("exclude_types")
    named = {kind: present.NAMES.get(kind, kind) for kind in KINDS}
    kinds = tuple(
        kind
        for kind, name in named.items()
        if name not in unwanted and (not wanted or name in wanted)
    )
    grouped_ = said.texts("grouped_types")
    return Wish(
        kinds,
        sender_id=said.number("account_id"),
        grouped=tuple(grouped_) if "grouped_types" in said else Wish().grouped,
    )
