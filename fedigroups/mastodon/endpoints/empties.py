"""What clients ask for and this server has nothing of: answered in the form that they expect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.api.answers import json_answer
from fedigroups.mastodon.endpoints import asking
from fedigroups.oauth.access import authorised

OPEN = (
    "/api/v1/custom_emojis",
    "/api/v1/trends",
    "/api/v1/trends/statuses",
    "/api/v1/trends/tags",
    "/api/v1/trends/links",
    "/api/v1/accounts/{id:int}/endorsements",
    "/api/v1/accounts/{id:int}/identity_proofs",
    "/api/v1/statuses/{id:int}/quotes",
)
"""Empty lists for anybody."""
OWN = {
    "/api/v1/conversations": "read:statuses",
}
"""Empty lists for whoever is signed in, and the scope that they are asked for."""


def routes() -> list[BaseRoute]:
    """The addresses of what there is nothing of."""
    return [
        *(Route(path, for_anybody, methods=["GET"]) for path in OPEN),
        *(Route(path, _for_owner(scope), methods=["GET"]) for path, scope in OWN.items()),
        Route("/api/v1/instance/translation_languages", no_languages, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
    ]


async def for_anybody(request: Request) -> Response:
    """An empty list; 404 below an account or status that is not there."""
    if "{id" in request.scope["route"].path:
        if request.url.path.startswith("/api/v1/accounts/"):
            await asking.account(request)
        else:
            await asking.status(request, await asking.anybody(request))
    return json_answer([])


def _for_owner(scope: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """An empty list: there is nothing of the kind here."""
        await authorised(request, scope)
        return json_answer([])

    return answer


async def no_languages(_request: Request) -> Response:
    """`GET /api/v1/instance/translation_languages`: nothing is translated here."""
    return json_answer({})


async def health(_request: Request) -> Response:
    """`GET /health`, which clients ask whether the server is up."""
    return Response("OK", media_type="text/plain")
