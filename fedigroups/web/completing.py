"""The names that are offered to whoever begins to write one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.groups import naming
from fedigroups.web.visitors import signed_in


def routes() -> list[BaseRoute]:
    """The list."""
    return [Route("/complete", signed_in(complete))]


async def complete(request: Request, session: Session) -> Response:
    """`/complete?q=`: people and groups whose name begins so, as JSON, for our script alone."""
    begun, peers = request.query_params.get("q", ""), receptions.of(request).wire.peers
    found = await naming.beginning_with(peers, begun, session.account.actor_id)
    offered = [{"handle": f"@{one.handle}", "name": one.name} for one in found]
    return JSONResponse(offered, headers={"Cache-Control": "private, no-store"})
