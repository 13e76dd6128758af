"""Streams over one WebSocket: `/api/v1/streaming`, where apps subscribe to any number of them.

https://docs.joinmastodon.org/methods/streaming/#websocket
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from federation.errors import FederationError, Slowed
from federation.strict_json import loads
from fedigroups.api import answers
from fedigroups.api.answers import ApiError
from fedigroups.api.shares import Shares
from fedigroups.streaming import streams
from fedigroups.streaming.admission import admitted
from fedigroups.streaming.frames import FRAMES
from fedigroups.streaming.hub import Hub
from fedigroups.streaming.listeners import Listener, Who
from fedigroups.streaming.sse import THERE


def routes() -> list[BaseRoute]:
    """The one address; some clients put a slash behind it."""
    return [WebSocketRoute(f"{THERE}{slash}", endpoint) for slash in ("", "/")]


async def endpoint(socket: WebSocket) -> None:
    """Let them in, subscribe them to what the address says, and do what they say from then on."""
    try:
        who, echo = await admitted(socket)
        await _serve(socket, who, echo, socket.app.state.hub)
    except FederationError as error:
        await socket.send_denial_response(answers.refusal(error))


async def _serve(socket: WebSocket, who: Who, echo: str, hub: Hub) -> None:
    listener = Listener(who, FRAMES, socket.send)
    with hub.joined(listener):
        await socket.accept(subprotocol=echo or None)
        if "stream" in socket.query_params:
            await _obey(hub, listener, {"type": "subscribe", **socket.query_params})
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            if not listener.ended:
                await _take(socket, hub, listener, message.get("text") or "")


async def _take(socket: WebSocket, hub: Hub, listener: Listener, text: str) -> None:
    """Do what one message says; each is counted as a request of its account."""
    shares: Shares = socket.app.state.shares
    try:
        shares.take_of_account(socket.scope, listener.who.account_id)
    except Slowed:
        listener.end("flood")
        return
    try:
        said = loads(text.encode())
    except FederationError:
        listener.tell(FRAMES.error(ApiError(400, "Invalid JSON")))
        return
    await _obey(hub, listener, said)


async def _obey(hub: Hub, listener: Listener, said: Mapping[str, object]) -> None:
    try:
        kind, name, tag, list_id = (str(said.get(one, "")) for one in _WORDS)
        stream = await streams.wanted(listener.who, name, tag, list_id)
        if kind == "subscribe":
            hub.subscribe(listener, stream)
        elif kind == "unsubscribe":
            hub.unsubscribe(listener, stream)
        else:
            raise ApiError(400, "Unknown message type")
    except ApiError as error:
        listener.tell(FRAMES.error(error))


_WORDS = ("type", "stream", "tag", "list")
