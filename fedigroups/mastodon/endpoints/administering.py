"""What the staff of the instance sees of accounts in an app: reading alone."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import storage
from federation.storage import Row
from fedigroups.accounts.roles import is_staff
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present.accounts import role
from fedigroups.mastodon.present.shapes import Entity, date_time
from fedigroups.mastodon.reading import people, windows
from fedigroups.oauth.access import Access, authorised

TRENDS = ("statuses", "tags", "links")
_COLUMNS = (
    "SELECT a.id, a.username, a.host, a.local, a.state, a.published_at, a.fetched_at, o.email,"
    " o.role, o.locale, o.reason, o.confirmed_at, o.approved_at, o.created_at"
    " FROM actor a LEFT JOIN account o ON o.actor_id = a.id"
)
_ROWS = f"{_COLUMNS} WHERE a.kind IN ('Person', 'Group', 'Service') AND a.state <> 'gone'"
_STATES = {"active": "live", "suspended": "suspended", "pending": "pending"}


def routes() -> list[BaseRoute]:
    """The addresses of the staff."""
    admin = "/api/v1/admin"
    return [
        Route(f"{admin}/accounts", listed, methods=["GET"]),
        Route("/api/v2/admin/accounts", listed, methods=["GET"]),
        Route(f"{admin}/accounts/{{id:int}}", one, methods=["GET"]),
        *(Route(f"{admin}/trends/{name}", no_trends, methods=["GET"]) for name in TRENDS),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v2/admin/accounts`, the newest first; those of the first version say it alike."""
    await staff(request, "admin:read:accounts")
    said = await bodies.read(request)
    window = windows.asked(said, 100, 200)
    where, values = _wished(said)
    found = window.arranged(
        await storage.rows(
            f"{_ROWS}{where} AND {window.clause('a.id')}", *(*values, *window.values)
        )
    )
    return asking.paged(request, window, [row["id"] for row in found], await _shown(request, found))


async def one(request: Request) -> Response:
    """`GET /api/v1/admin/accounts/:id`."""
    await staff(request, "admin:read:accounts")
    found = await storage.rows(f"{_ROWS} AND a.id = ?", asking.number(request))
    if not found:
        raise asking.missing()
    return json_answer((await _shown(request, found))[0])


async def no_trends(request: Request) -> Response:
    """`GET /api/v1/admin/trends/...`: nothing trends here."""
    await staff(request, "admin:read")
    return json_answer([])


async def staff(request: Request, scope: str) -> Access:
    """Who asks, and moderates or runs the instance. Raises `ApiError` (403) for anybody else."""
    access = await authorised(request, scope)
    if not is_staff(access.account):
        raise ApiError(403, "This action is not allowed")
    return access


def _wished(said: Body) -> tuple[str, list[object]]:
    """Which accounts are wanted, as SQL: of both versions of the query."""
    where = ""
    values: list[object] = []
    origin = said.text("origin") or ("remote" if said.flag("remote") else "")
    if origin in {"local", "remote"}:
        where += " AND a.local = ?"
        values.append(origin == "local")
    if said.text("permissions") == "staff" or said.flag("staff"):
        where += " AND o.role IN ('moderator', 'admin')"
    for status in (said.text("status"), *(one for one in _STATES if said.flag(one))):
        if status in _STATES:
            where += " AND a.state = ?"
            values.append(_STATES[status])
    for name, column in (("username", "a.username"), ("by_domain", "a.host"), ("email", "o.email")):
        if word := said.text(name).strip().lower():
            where += f" AND LOWER({column}) = ?"
            values.append(word)
    return where, values


async def by_id(request: Request, ids: Iterable[int]) -> dict[int, Entity]:
    """The Admin::Accounts of these actors, servers among them, whatever became of them."""
    wanted = sorted(set(ids)) or [0]
    found = await storage.rows(f"{_COLUMNS} WHERE a.id IN ({storage.marks(len(wanted))})", *wanted)
    shown = await _shown(request, found)
    return {row["id"]: entity for row, entity in zip(found, shown, strict=True)}


async def _shown(request: Request, found: list[Row]) -> list[Entity]:
    pictures = asking.pictures_of(request)
    accounts = await people.by_id([row["id"] for row in found], pictures)
    return [_account(row, accounts[row["id"]]) for row in found]


def _account(row: Row, account: Entity) -> Entity:
    """The Admin::Account. Addresses of people are not kept with accounts, so there is no IP."""
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "domain": None if row["local"] else row["host"],
        "created_at": date_time(row["created_at"] or row["published_at"] or row["fetched_at"]),
        "email": row["email"] or "",
        "ip": None,
        "ips": [],
        "locale": row["locale"] or "",
        "invite_request": row["reason"] or None,
        "role": role(row["role"] or ""),
        "confirmed": bool(row["confirmed_at"]),
        "approved": bool(row["approved_at"]) or not row["local"],
        "disabled": False,
        "sensitized": False,
        "silenced": False,
        "suspended": row["state"] == "suspended",
        "account": account,
        "created_by_application_id": None,
        "invited_by_account_id": None,
    }
