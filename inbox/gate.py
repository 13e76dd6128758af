"""This module decides, before any signature is looked at, what is not even considered.

Its checks are ordered by what they cost us: bytes counted while they arrive, headers, strict JSON,
the few fields that every activity has, then one look at the block list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from federation import limits, strict_json
from federation.documents import ActivityDoc, read_activity
from federation.errors import BadSignature, Blocked, Malformed, TooLarge, Unreachable
from federation.negotiation import is_inbox_type
from federation.origin import host_of
from federation.wire import Wire

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Headers = Sequence[tuple[str, str]]


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """The body of a request, counted as it arrives; what the sender declares only shortens this.

    Refuses with `TooLarge` over `limits.BODY_BYTES`, with `Malformed` a Content-Length that is no
    number, with `Unreachable` (503: it may try again) a sender that hangs up or takes longer than
    `limits.BODY_SECONDS`.
    """
    _check_declared(_values(headers, "content-length"))
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            return await _read(receive)
    except TimeoutError as error:
        raise Unreachable(f"the body did not arrive within {limits.BODY_SECONDS:.0f} s") from error


def read_document(headers: Headers, body: bytes) -> ActivityDoc:
    """The activity in a body.

    Refuses (`Malformed`) other media types than ActivityStreams and JSON, any content coding
    (nothing that arrives is inflated), and whatever is no activity with a type, an id, an actor
    and an object.
    """
    _check_media_type(headers)
    activity = read_activity(strict_json.loads(body))
    if not _names_an_object(activity.object):
        raise Malformed("an activity needs an `object`: an id, or an object with its properties")
    return activity


async def admit(wire: Wire, activity: ActivityDoc) -> str:
    """The host of an actor whose activities may come in through the network.

    Refuses with `BadSignature` an actor of our own (they act here, never from outside) and with
    `Blocked` a host that the operator blocked.
    """
    host = host_of(activity.actor)
    if host == wire.config.host or wire.uris.is_local(activity.actor):
        raise BadSignature(f"{activity.actor} acts on this server itself, not through its inboxes")
    await check_host(wire, host)
    return host


async def check_host(wire: Wire, host: str) -> None:
    """Nothing, unless the operator blocked `host` or a parent domain (`Blocked`)."""
    if await wire.peers.is_blocked(host):
        raise Blocked(f"this server does not federate with {host}")


def _check_declared(lengths: list[str]) -> None:
    if not lengths:
        return
    if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
        raise Malformed("send one Content-Length, a number of bytes")
    if len(lengths[0]) > 18 or int(lengths[0]) > limits.BODY_BYTES:
        raise _too_large()


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Unreachable("the sender hung up before its body had arrived")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limits.BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large() -> TooLarge:
    return TooLarge(f"an activity may have {limits.BODY_BYTES} bytes")


def _check_media_type(headers: Headers) -> None:
    types = _values(headers, "content-type")
    if len(types) != 1 or not is_inbox_type(types[0]):
        raise Malformed("send one Content-Type: application/activity+json")
    if any(coding.strip().lower() != "identity" for coding in _values(headers, "content-encoding")):
        raise Malformed("send the body as it is, without a Content-Encoding")


def _names_an_object(value: Any) -> bool:
    return isinstance(value, str | dict | list) and bool(value)


def _values(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key == name]
