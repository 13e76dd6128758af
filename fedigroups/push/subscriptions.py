"""This module keeps what apps want pushed: one subscription for each token."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Protocol

from federation import clock, ids, limits, storage
from federation.errors import Forbidden, Malformed
from federation.http import on_wire
from federation.models import Actor
from federation.sealing import Seal
from fedigroups.push.encryption import Device
from fedigroups.push.models import PushSubscription

KINDS = (
    *("mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update"),
    *("admin.sign_up", "admin.report"),
)
"""As Mastodon calls them; some do not happen here."""
POLICIES = frozenset({"all", "followed", "follower", "none"})
NAME = "push token"


class Access(Protocol):
    """Who subscribes: the token, and as whom it acts."""

    @property
    def token_id(self) -> int:
        """The token's row."""

    @property
    def actor(self) -> Actor:
        """Whose notifications they are."""


async def of(token_id: int) -> PushSubscription | None:
    """The subscription of a token."""
    return await PushSubscription.get_or_none(token_id=token_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app wants: where its device is reached, and for what it is woken."""

    endpoint: str
    p256dh: str
    auth: str
    alerts: Iterable[str]
    policy: str = "all"
    standard: bool = False


async def make(
    seal: Seal, access: Access, shown: str, wish: Wish, schemes: Container[str]
) -> PushSubscription:
    """A new subscription in the place of the token's old one; `shown` is the token itself.

    Raises `Malformed` for an endpoint that is not of one of the `schemes`, for keys that are none,
    and for an unknown policy.
    """
    Device.read(wish.p256dh, wish.auth)
    endpoint, policy = _endpoint(wish.endpoint, schemes), _policy(wish.policy)
    async with storage.transaction():
        await storage.hold(f"push {access.token_id}")
        await PushSubscription.filter(token_id=access.token_id).delete()
        return await PushSubscription.create(
            id=ids.new(),
            token_id=access.token_id,
            actor_id=access.actor.id,
            endpoint=endpoint,
            p256dh=wish.p256dh,
            auth=wish.auth,
            standard=wish.standard,
            alerts=" ".join(wish.alerts),
            policy=policy,
            sealed_token=seal.close(shown.encode(), NAME),
            created_at=clock.now_ms(),
        )


async def change(token_id: int, alerts: Iterable[str], policy: str) -> None:
    """What is pushed from now on. Raises `Malformed` for an unknown policy."""
    wanted = {"alerts": " ".join(alerts), "policy": _policy(policy)}
    await PushSubscription.filter(token_id=token_id).update(**wanted)


async def end(token_id: int) -> None:
    """Nothing is pushed any more, nor what still waits."""
    await PushSubscription.filter(token_id=token_id).delete()


def _endpoint(said: str, schemes: Container[str]) -> str:
    if len(said) > limits.PUSH_ENDPOINT_CHARS:
        raise Malformed(f"an endpoint has at most {limits.PUSH_ENDPOINT_CHARS} characters")
    try:
        wire = on_wire(said)
    except Forbidden as error:
        raise Malformed("subscription[endpoint] must be a URL") from error
    if wire.partition(":")[0] not in schemes:
        raise Malformed("subscription[endpoint] must be an https URL")
    return said  # as it was sent: apps look for their own address in the answer


def _policy(said: str) -> str:
    if said not in POLICIES:
        raise Malformed(f"policy is one of {', '.join(sorted(POLICIES))}")
    return said
