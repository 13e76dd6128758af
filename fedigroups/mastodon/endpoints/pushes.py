"""Web push: which device an app wants woken, and for what; one for each token."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.accounts import reception as receptions
from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present.shapes import Entity
from fedigroups.oauth.access import Access, authorised
from fedigroups.push import subscriptions
from fedigroups.push.models import PushSubscription
from fedigroups.push.subscriptions import KINDS, Wish


def routes() -> list[BaseRoute]:
    """The one address."""
    there = "/api/v1/push/subscription"
    return [
        Route(there, single, methods=["GET"]),
        Route(there, make, methods=["POST"]),
        Route(there, change, methods=["PUT"]),
        Route(there, delete, methods=["DELETE"]),
    ]


async def single(request: Request) -> Response:
    """`GET /api/v1/push/subscription`: that of the token; 404 without one."""
    _, found = await _own(request)
    return json_answer(_entity(request, found))


async def make(request: Request) -> Response:
    """`POST /api/v1/push/subscription`, in the place of the one that there was."""
    access, said = await authorised(request, "push"), await bodies.read(request)
    reception = receptions.of(request)
    device, keys = said.part("subscription"), said.part("subscription").part("keys")
    wish = Wish(
        endpoint=device.text("endpoint"),
        p256dh=keys.text("p256dh"),
        auth=keys.text("auth"),
        alerts=_alerts(said, ()),
        policy=_policy(said, "all"),
        standard=device.flag("standard"),
    )
    shown = request.headers["authorization"].partition(" ")[2].strip()
    schemes = {"https", "http"} if reception.wire.config.allow_http else {"https"}
    made = await subscriptions.make(reception.seal, access, shown, wish, schemes)
    return json_answer(_entity(request, made))


async def change(request: Request) -> Response:
    """`PUT /api/v1/push/subscription`: other alerts, another policy."""
    access, found = await _own(request)
    said = await bodies.read(request)
    alerts, policy = _alerts(said, found.alerts.split()), _policy(said, found.policy)
    await subscriptions.change(access.token_id, alerts, policy)
    return json_answer(_entity(request, await subscriptions.of(access.token_id) or found))


async def delete(request: Request) -> Response:
    """`DELETE /api/v1/push/subscription`; without one it is as good as gone."""
    access = await authorised(request, "push")
    await subscriptions.end(access.token_id)
    return json_answer({})


async def _own(request: Request) -> tuple[Access, PushSubscription]:
    access = await authorised(request, "push")
    found = await subscriptions.of(access.token_id)
    if found is None:
        raise asking.missing()
    return access, found


def _alerts(said: Body, before: Sequence[str]) -> Sequence[str]:
    """The kinds that are wanted; if none are named, those that were."""
    asked = said.part("data").part("alerts")
    if not asked.values:
        return before
    return [kind for kind in KINDS if asked.flag(kind)]


def _policy(said: Body, before: str) -> str:
    return said.part("data").text("policy") or said.text("policy", before)


def _entity(request: Request, found: PushSubscription) -> Entity:
    """A WebPushSubscription; strict decoders want an integer for its id, and every alert."""
    wanted = found.alerts.split()
    return {
        "id": found.id,
        "endpoint": found.endpoint,
        "standard": found.standard,
        "alerts": {kind: kind in wanted for kind in KINDS},
        "policy": found.policy,
        "server_key": receptions.of(request).vapid.public,
    }
