"""The servers that are blocked or limited, for the staff in an app.

Of Mastodon's severities `suspend` is a block, and `silence` a limit; all else is 422.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation.models import Peer
from federation.peers import plain
from fedigroups import audit
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import administering, asking
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.reading import windows
from fedigroups.oauth.access import Access

READ, WRITE = "admin:read:domain_blocks", "admin:write:domain_blocks"
SEVERITY = "A server is blocked here (suspend) or limited (silence)"
NAMED = Q(blocked=True) | Q(limited=True)


def routes() -> list[BaseRoute]:
    """The addresses of blocked servers."""
    there = "/api/v1/admin/domain_blocks"
    single = f"{there}/{{id:int}}"
    return [
        Route(there, listed, methods=["GET"]),
        Route(there, block, methods=["POST"]),
        Route(single, one, methods=["GET"]),
        Route(single, change, methods=["PUT"]),
        Route(single, unblock, methods=["DELETE"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v1/admin/domain_blocks`: the blocked and the limited servers."""
    await administering.staff(request, READ)
    window = windows.asked(await bodies.read(request), 100, 200)
    known = {number_of(peer.host): peer for peer in await Peer.filter(NAMED)}
    within = sorted((id for id in known if window.above < id < window.below), reverse=True)
    ids = within[-window.limit :] if window.upward else within[: window.limit]
    return asking.paged(request, window, ids, [_entity(known[id]) for id in ids])


async def one(request: Request) -> Response:
    """`GET /api/v1/admin/domain_blocks/:id`."""
    await administering.staff(request, READ)
    return json_answer(_entity(await _named(request)))


async def block(request: Request) -> Response:
    """`POST /api/v1/admin/domain_blocks`: what is blocked already gets the new comment."""
    access = await administering.staff(request, WRITE)
    said = await bodies.read(request)
    host, severity = plain(said.text("domain")), said.text("severity")
    return await _name(request, access, host, severity, _comment(said))


async def change(request: Request) -> Response:
    """`PUT /api/v1/admin/domain_blocks/:id`: another severity or comment."""
    access = await administering.staff(request, WRITE)
    found, said = await _named(request), await bodies.read(request)
    severity, note = said.text("severity", _severity(found)), _comment(said) or found.note
    return await _name(request, access, found.host, severity, note)


async def unblock(request: Request) -> Response:
    """`DELETE /api/v1/admin/domain_blocks/:id`."""
    access = await administering.staff(request, WRITE)
    found, peers = await _named(request), asking.wire_of(request).peers
    await peers.unblock(found.host)
    await peers.unlimit(found.host)
    await audit.by(access.person, "peer unblock", host=found.host)
    return json_answer({})


def _comment(said: Body) -> str:
    return said.text("private_comment") or said.text("public_comment")


async def _name(request: Request, access: Access, host: str, severity: str, note: str) -> Response:
    peers = asking.wire_of(request).peers
    match severity:
        case "suspend":
            await peers.block(host, note)
        case "silence":
            await peers.limit(host, note)
            await peers.unblock(host)
        case _:
            raise ApiError(422, SEVERITY)
    kind = "block" if severity == "suspend" else "limit"
    await audit.by(access.person, f"peer {kind}", host=host, note=note)
    found = await peers.show(host)
    if found is None:
        raise asking.missing()
    return json_answer(_entity(found))


async def _named(request: Request) -> Peer:
    wanted = asking.number(request)
    for peer in await Peer.filter(NAMED):
        if number_of(peer.host) == wanted:
            return peer
    raise asking.missing()


def number_of(host: str) -> int:
    """Servers are known by name; apps know a block by a number, which is made of it."""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:8]) >> 1 or 1


def _severity(peer: Peer) -> str:
    return "suspend" if peer.blocked else "silence"


def _entity(peer: Peer) -> Entity:
    """The Admin::DomainBlock. Nothing is said of it in public, so its comment is private."""
    return {
        "id": str(number_of(peer.host)),
        "domain": peer.host,
        "digest": hashlib.sha256(peer.host.encode()).hexdigest(),
        "created_at": date_time(peer.first_seen_at),
        "severity": _severity(peer),
        "reject_media": peer.blocked,
        "reject_reports": peer.blocked,
        "private_comment": peer.note,
        "public_comment": "",
        "obfuscate": False,
    }
