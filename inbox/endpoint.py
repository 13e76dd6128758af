"""This module answers a POST to an inbox, and says in every refusal what would be right.

202 for what is verified and stored, and for what is ignored on purpose; 400, 401, 403, 404 and 413
are the sender's to mend; 429 and 503 mean: come back. Never 410 or 418 (PieFed and Misskey take the
whole host for gone), nor 406 or 415: peers drop an activity for good on those.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response

from federation import follower_digest, limits, metrics, strict_json
from federation.crashpoints import crashpoint
from federation.errors import (
    BadSignature,
    FederationError,
    Malformed,
    Misconfigured,
    NotHere,
    OutOfTime,
    Refused,
    Slowed,
    TooLarge,
    Unreachable,
)
from federation.faults import why_away
from federation.origin import host_of
from federation.signatures import SignedRequest
from federation.wire import Wire
from inbox.gate import admit, read_body, read_document
from inbox.pressure import Pressure, address_of
from inbox.record import Arrival, Recorder
from inbox.verify import Sender, Verifier

log = structlog.get_logger("fedigroups.inbox")

Doors = Callable[[str], Awaitable[bool]]
Endpoint = Callable[[Request], Awaitable[Response]]

RETRY_SECONDS = 60
RETRY_SECONDS_MOST = 3_600
DETAIL_CHARS = 500

_TITLES = {
    400: "Not an activity as it should be",
    401: "Not proven to come from its actor",
    403: "Not wanted here",
    404: "No such inbox",
    413: "Too large",
    429: "Too many at once",
    503: "Come back later",
}
_CHALLENGE = {
    "Accept-Signature": 'sig1=("@method" "@target-uri" "content-digest");created',
    "WWW-Authenticate": 'Signature headers="(request-target) host date digest"',
}


def inbox_endpoint(wire: Wire, recorder: Recorder, doors: Doors, pressure: Pressure) -> Endpoint:
    """The endpoint of every inbox here; mount it at each of their paths, for POST.

    `doors(uri)` says whether the inbox with that URI exists: 404 when not. `pressure` counts what
    hosts and addresses send, and says who has to wait.
    """
    return _Door(wire, recorder, doors, pressure).answer


class _Door:
    def __init__(self, wire: Wire, recorder: Recorder, doors: Doors, pressure: Pressure) -> None:
        self._wire = wire
        self._recorder = recorder
        self._doors = doors
        self._pressure = pressure
        self._verifier = Verifier(wire, pressure)

    async def answer(self, request: Request) -> Response:
        """An inbox: takes what other servers send (202)."""
        try:
            return await self._receive(request)
        except Refused as error:
            _count(error)
            return _refused(request, error)
        except Slowed as error:
            _count(error)
            return _slowed(error)
        except Unreachable as error:
            _count(error)
            return _later(request, error, error.retry_after)
        except Misconfigured as error:
            _count(error)
            log.error("inbox.misconfigured", reason=str(error))
            return _later(request, "this server is not set up to check that", None)
        except Exception as error:  # nothing is lost to a fault of ours: they will send it again
            _count(error)
            reason = why_away(error)
            door = request.scope["path"]
            log.error("inbox.fault", door=door, reason=reason, exc_info=not reason)
            return _later(request, "this server failed at that", None)

    async def _receive(self, request: Request) -> Response:
        address = address_of(request)
        self._pressure.check_address(address)
        try:
            found = await self._proven(request)
        except (BadSignature, Malformed, Unreachable):
            self._pressure.unproven(address)
            raise
        if found is None:
            self._pressure.take_unread(address)
            metrics.INBOX_REQUESTS.labels("moot").inc()
            return Response(status_code=202)
        arrival, sender = found
        await self._pressure.take(sender, arrival.host)
        new = await self._recorder.record(arrival)
        metrics.INBOX_REQUESTS.labels("taken" if new else "duplicate").inc()
        if not new:
            log.info("inbox.duplicate", activity=arrival.activity.id, peer=arrival.host)
        crashpoint("before_202")
        return Response(status_code=202)

    async def _proven(self, request: Request) -> tuple[Arrival, str] | None:
        """What arrived, and the host that sent it; None for what is accepted unread."""
        headers = _headers(request)
        body = await read_body(request.receive, headers)
        try:
            async with asyncio.timeout(limits.INBOX_SECONDS):
                return await self._judge(request, headers, body)
        except TimeoutError as error:
            raise Unreachable("this server did not get round to the activity in time") from error

    async def _judge(
        self, request: Request, headers: list[tuple[str, str]], body: bytes
    ) -> tuple[Arrival, str] | None:
        door = self._wire.config.origin + _path(request)
        if not await self._doors(door):
            raise NotHere(f"there is no inbox {door}")
        activity = read_document(headers, body)
        host = await admit(self._wire, activity)
        if await self._verifier.is_moot(activity):
            log.info("inbox.moot", activity=activity.id, peer=activity.actor)
            return None
        signed = signed_request(request, body, self._wire.config.origin)
        sender = await self._verifier.verify(signed, activity)
        sent_by = host_of(sender.uri)
        if not sender.proven:
            return Arrival(activity, sent_by, door, body, teller=sender.uri), sent_by
        told = _told(signed, sender) if sender.uri == activity.actor else ""
        return Arrival(activity, host, door, body, synchronization=told), sent_by


def signed_request(request: Request, body: bytes, origin: str) -> SignedRequest:
    """The request as its signature is checked; `origin` is ours."""
    return SignedRequest(request.method, _target(request), _headers(request), body, origin)


def _headers(request: Request) -> list[tuple[str, str]]:
    return [
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in request.scope["headers"]
    ]


def _told(request: SignedRequest, sender: Sender) -> str:
    """The header in which the sender says who here follows it (FEP-8fcf), if that is signed too."""
    name = follower_digest.NAME.lower()
    if name not in sender.covered:
        return ""
    return request.fields[name] if follower_digest.read(request.fields[name]) else ""


def _path(request: Request) -> str:
    """The path as it was sent: `%2F` in it stays what it is, so that it opens no other door."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("latin-1")


def _target(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return f"{_path(request)}?{query.decode('latin-1')}" if query else _path(request)


def _count(error: Exception) -> None:
    name = type(error).__name__ if isinstance(error, FederationError) else "fault"
    metrics.INBOX_REQUESTS.labels(name).inc()
    if isinstance(error, BadSignature):
        metrics.SIGNATURE_FAILURES.labels(_kind(error)).inc()


def _kind(error: BadSignature) -> str:
    """What is wrong with a signature, in one word."""
    if isinstance(error, OutOfTime):
        return "time"
    said = str(error).lower()
    words = {"not signed": "unsigned", "digest": "digest", "not that of the key": "wrong"}
    return next((kind for part, kind in words.items() if part in said), "form")


def _refused(request: Request, error: Refused) -> Response:
    log.info("inbox.refused", status=error.status, reason=str(error), peer=_peer(request))
    response = _problem(error.status, str(error))
    if error.status == 401:
        response.headers.update(_CHALLENGE)
    if isinstance(error, TooLarge):
        response.headers["Connection"] = "close"  # the rest of the body is not waited for
    return response


def _slowed(error: Slowed) -> Response:
    log.info("inbox.slowed", reason=str(error), seconds=error.seconds)
    response = _problem(429, str(error), error.seconds)
    response.headers["Connection"] = "close"  # what was not read of the body is not waited for
    return response


def _later(request: Request, reason: object, seconds: float | None) -> Response:
    log.info("inbox.postponed", reason=str(reason), peer=_peer(request))
    response = _problem(503, str(reason), RETRY_SECONDS if seconds is None else seconds)
    response.headers["Connection"] = "close"
    return response


def _problem(status: int, detail: str, seconds: float | None = None) -> Response:
    """A problem document (RFC 9457, FEP-c180)."""
    content = strict_json.dumps(
        {
            "type": "about:blank",
            "title": _TITLES[status],
            "status": status,
            "detail": detail[:DETAIL_CHARS],
        }
    )
    response = Response(content, status, media_type="application/problem+json")
    if seconds is not None:
        wait = min(max(math.ceil(seconds), 1), RETRY_SECONDS_MOST)
        response.headers["Retry-After"] = str(wait)
    return response


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
