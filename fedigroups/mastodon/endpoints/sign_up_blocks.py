"""From where no accounts are taken, for the staff in an app: mail hosts, addresses and networks.

Of Mastodon's severities of a network there are two: its proxy is where an instance keeps one out
altogether.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import clock
from fedigroups import audit
from fedigroups.accounts import signup_blocks
from fedigroups.accounts.signup_blocks import Kind
from fedigroups.accounts.signup_models import SignUpBlock
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import administering, asking
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.reading import windows
from fedigroups.oauth.access import Access

Answer = Callable[[Request], Awaitable[Response]]

SEVERITIES = {"sign_up_block": False, "sign_up_requires_approval": True}
"""Of a block of a network: whether those who come from there may ask."""
NO_ACCESS = (
    "A network is kept from making accounts here (sign_up_block or sign_up_requires_approval); "
    "a proxy or firewall keeps it out altogether"
)
LONGEST_SECONDS = 10 * 365 * clock.DAY // clock.SECOND
PATHS: dict[Kind, str] = {
    "mail": "email_domain_blocks",
    "network": "ip_blocks",
    "mailbox": "canonical_email_blocks",
}


def routes() -> list[BaseRoute]:
    """The addresses of these blocks."""
    admin = "/api/v1/admin"
    return [
        Route(f"{admin}/canonical_email_blocks/test", try_mailbox, methods=["POST"]),
        Route(f"{admin}/ip_blocks/{{id:int}}", change_network, methods=["PUT"]),
        *(route for kind in PATHS for route in _of(kind)),
    ]


def _of(kind: Kind) -> list[BaseRoute]:
    there = f"/api/v1/admin/{PATHS[kind]}"
    return [
        Route(there, _listing(kind), methods=["GET"]),
        Route(there, _making(kind), methods=["POST"]),
        Route(f"{there}/{{id:int}}", _showing(kind), methods=["GET"]),
        Route(f"{there}/{{id:int}}", _lifting(kind), methods=["DELETE"]),
    ]


def _listing(kind: Kind) -> Answer:
    async def listed(request: Request) -> Response:
        """`GET /api/v1/admin/..._blocks`, the newest first."""
        await administering.staff(request, f"admin:read:{PATHS[kind]}")
        window = windows.asked(await bodies.read(request), 100, 200)
        named = SignUpBlock.filter(kind=kind, id__lt=window.below, id__gt=window.above)
        rows = await named.order_by("id" if window.upward else "-id").limit(window.limit)
        found = window.arranged(rows)
        return asking.paged(
            request, window, [one.id for one in found], [_entity(one) for one in found]
        )

    return listed


def _showing(kind: Kind) -> Answer:
    async def one(request: Request) -> Response:
        """`GET /api/v1/admin/..._blocks/:id`."""
        await administering.staff(request, f"admin:read:{PATHS[kind]}")
        return json_answer(_entity(await _asked(request, kind)))

    return one


def _making(kind: Kind) -> Answer:
    async def make(request: Request) -> Response:
        """`POST /api/v1/admin/..._blocks`."""
        access = await administering.staff(request, f"admin:write:{PATHS[kind]}")
        said = await bodies.read(request)
        made = await signup_blocks.block(
            kind,
            _named(kind, said),
            said.text("comment"),
            asks=_asks(kind, said),
            seconds=_seconds(said),
        )
        return await _kept(access, made)

    return make


def _lifting(kind: Kind) -> Answer:
    async def lift(request: Request) -> Response:
        """`DELETE /api/v1/admin/..._blocks/:id`."""
        access = await administering.staff(request, f"admin:write:{PATHS[kind]}")
        found = await _asked(request, kind)
        await signup_blocks.lift(found.id)
        await audit.by(access.person, "user unblock-sign-ups", value=found.value)
        return json_answer({})

    return lift


async def change_network(request: Request) -> Response:
    """`PUT /api/v1/admin/ip_blocks/:id`: what is not said stays."""
    access = await administering.staff(request, "admin:write:ip_blocks")
    found, said = await _asked(request, "network"), await bodies.read(request)
    left = (found.expires_at - clock.now_ms()) // clock.SECOND if found.expires_at else 0
    made = await signup_blocks.block(
        "network",
        found.value,
        said.text("comment", found.note),
        asks=_asks("network", said, found),
        seconds=_seconds(said, max(left, 0)),
    )
    return await _kept(access, made)


async def try_mailbox(request: Request) -> Response:
    """`POST /api/v1/admin/canonical_email_blocks/test`: the block of an address, in a list."""
    await administering.staff(request, "admin:read:canonical_email_blocks")
    said = await bodies.read(request)
    found = await signup_blocks.of_mailbox(said.text("email"))
    return json_answer([_entity(one) for one in found])


async def _kept(access: Access, made: SignUpBlock) -> Response:
    await audit.by(
        access.person, "user block-sign-ups", value=made.value, note=made.note, ask=made.asks
    )
    return json_answer(_entity(made))


def _asks(kind: Kind, said: Body, before: SignUpBlock | None = None) -> bool:
    if kind != "network":
        return said.flag("allow_with_approval")
    severity = said.text("severity", _severity(before) if before else "")
    if severity not in SEVERITIES:
        raise ApiError(422, NO_ACCESS)
    return SEVERITIES[severity]


def _seconds(said: Body, before: int = 0) -> int:
    return said.number("expires_in", before, most=LONGEST_SECONDS)


def _named(kind: Kind, said: Body) -> str:
    match kind:
        case "network":
            return said.text("ip")
        case "mailbox":
            return said.text("canonical_email_hash") or said.text("email")
    return said.text("domain")


async def _asked(request: Request, kind: Kind) -> SignUpBlock:
    found = await SignUpBlock.get_or_none(id=asking.number(request), kind=kind)
    if found is None:
        raise asking.missing()
    return found


def _severity(one: SignUpBlock) -> str:
    return next(name for name, asks in SEVERITIES.items() if asks == one.asks)


def _entity(one: SignUpBlock) -> Entity:
    """An Admin::EmailDomainBlock, Admin::IpBlock or Admin::CanonicalEmailBlock."""
    entity: Entity = {"id": str(one.id)}
    match one.kind:
        case "mailbox":
            return entity | {"canonical_email_hash": one.value}
        case "network":
            return entity | {
                "ip": one.value,
                "severity": _severity(one),
                "comment": one.note,
                "created_at": date_time(one.created_at),
                "expires_at": date_time(one.expires_at) if one.expires_at else None,
            }
    return entity | {
        "domain": one.value,
        "created_at": date_time(one.created_at),
        "allow_with_approval": one.asks,
        "history": [],
    }
