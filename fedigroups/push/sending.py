"""This module hands what waits to push services, each with the one guarded client.

A service that says that the device is gone (404, 410) ends the subscription. One that is down or
wants us slower is asked again, less and less often, until the notification would be old. What it
refuses otherwise is dropped. No two workers send the same (`tries.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from federation import clock, limits
from federation.errors import FederationError, Forbidden
from federation.http import Answer, Http, retry_after
from federation.waiting import woken
from fedigroups import news, tries
from fedigroups.push import encryption
from fedigroups.push.encryption import Device
from fedigroups.push.models import PushMessage, PushSubscription
from fedigroups.vapid import Vapid

LOOK_SECONDS = 30.0
WAITS_MS = (
    *(10 * clock.SECOND, clock.MINUTE, 5 * clock.MINUTE, 30 * clock.MINUTE),
    *(2 * clock.HOUR, 6 * clock.HOUR, 12 * clock.HOUR, clock.DAY),
)
GONE = frozenset({404, 410})

log = structlog.get_logger("fedigroups.push")

Compose = Callable[[PushSubscription, int], Awaitable[bytes | None]]
"""What a device is told of a notification; None when it is not theirs to read any more."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a message: it is done with, or tried again after so many milliseconds."""

    why: str
    wait_ms: int = 0
    gone: bool = False


class Pusher:
    """Sends what waits, when it is woken and every half minute."""

    def __init__(self, http: Http, vapid: Vapid, compose: Compose) -> None:
        self._http, self._vapid = http, vapid
        self._compose = compose
        self._waiting = asyncio.Event()

    def hear(self, payload: bytes) -> None:
        """Something happened; perhaps there is something to push."""
        word = news.read(payload)
        if word is None or word.kind == "push":
            self._waiting.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._waiting.clear()
            await self.drain()
            await woken(self._waiting, LOOK_SECONDS)

    async def drain(self) -> None:
        """Send all that is due."""
        await tries.all_due(self._taken, self._deliver)

    async def _taken(self) -> list[PushMessage]:
        ids = await tries.taken("push_message", limits.PUSHES_AT_ONCE)
        found = PushMessage.filter(id__in=ids).select_related("subscription")
        return await found.order_by("id") if ids else []

    async def _deliver(self, row: PushMessage) -> None:
        subscription = row.subscription
        try:
            plain = await self._compose(subscription, row.notification_id)
            fate = await self._sent(subscription, plain, row.tries) if plain else Fate("unreadable")
        except Exception as error:  # ours to mend; it holds up no other, and is not tried for ever
            log.exception("push.broken", subscription=subscription.id)
            fate = _again(repr(error), row.tries)
        if fate.gone:
            await PushSubscription.filter(id=subscription.id).delete()
        elif fate.wait_ms:
            await tries.put_off("push_message", row.id, fate.wait_ms)
        else:
            await PushMessage.filter(id=row.id).delete()
        log.info(
            "push.tried",
            subscription=subscription.id,
            outcome=fate.why,
            tries=row.tries + 1,
            again_ms=fate.wait_ms,
        )

    async def _sent(self, to: PushSubscription, plain: bytes, tries: int) -> Fate:
        try:
            answer = await self._post(to, plain)
        except Forbidden as error:
            return Fate(str(error), gone=True)
        except FederationError as error:
            return _again(str(error), tries)
        if answer.status in GONE:
            return Fate(str(answer.status), gone=True)
        if answer.status in {408, 429} or answer.status >= 500:
            return _again(str(answer.status), tries, retry_after(answer.headers))
        return Fate(str(answer.status))

    async def _post(self, to: PushSubscription, plain: bytes) -> Answer:
        device = Device.read(to.p256dh, to.auth)
        signed = self._vapid.signed(to.endpoint)
        if to.standard:
            body = encryption.sealed(plain, device)
            more = {
                "Content-Encoding": "aes128gcm",
                "Authorization": f"vapid t={signed}, k={self._vapid.public}",
            }
        else:
            body, more = encryption.sealed_as_before(plain, device)
            more |= {
                "Content-Encoding": "aesgcm",
                "Authorization": f"WebPush {signed}",
                "Crypto-Key": f"{more['Crypto-Key']};p256ecdsa={self._vapid.public}",
            }
        return await self._http.send(
            "POST",
            to.endpoint,
            {
                "Content-Type": "application/octet-stream",
                "TTL": str(limits.PUSH_TTL_SECONDS),
                "Urgency": "normal",
                **more,
            },
            body,
            seconds=limits.PUSH_SECONDS,
            max_bytes=limits.DELIVERY_ANSWER_BYTES,
            cut=True,
        )


def _again(why: str, tries: int, wished: float | None = None) -> Fate:
    if tries >= len(WAITS_MS):
        return Fate(f"given up: {why}")
    return Fate(why, max(WAITS_MS[tries], int((wished or 0) * 1_000)))
