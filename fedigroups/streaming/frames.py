"""This module writes events: as frames of a WebSocket, and as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import orjson
from starlette.types import Message

from fedigroups.api.answers import ApiError
from fedigroups.streaming.listeners import Ending, Stream

_CODES: dict[Ending, int] = {"stop": 1012, "slow": 1013, "shut_out": 1008, "flood": 1008}
"""RFC 6455 section 7.4: restart, try again later, policy violation."""
_BEAT: Message = {"type": "http.response.body", "body": b":thump\n", "more_body": True}
_LAST: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class Frames:
    """Frames of a WebSocket, which the server itself pings."""

    def event(self, stream: Stream, name: str, payload: str) -> Message:
        """As Mastodon writes one: the payload is a text in the JSON."""
        frame: dict[str, object] = {"stream": stream.label, "event": name}
        if payload:
            frame["payload"] = payload
        return {"type": "websocket.send", "text": orjson.dumps(frame).decode()}

    def error(self, error: ApiError) -> Message:
        """What they said could not be done."""
        said = error.content | {"status": error.status}
        return {"type": "websocket.send", "text": orjson.dumps(said).decode()}

    def beat(self) -> Message | None:
        """None: it is pinged."""
        return None

    def end(self, why: Ending) -> Message:
        """A close with its code."""
        return {"type": "websocket.close", "code": _CODES[why], "reason": why}


class Events:
    """Server-sent events; the payload is one line, as JSON and counts are."""

    def event(self, stream: Stream, name: str, payload: str) -> Message:
        """An event; one without data would not be dispatched."""
        body = f"event: {name}\ndata: {payload or '{}'}\n\n".encode()
        return {"type": "http.response.body", "body": body, "more_body": True}

    def beat(self) -> Message | None:
        """A comment, as Mastodon's."""
        return _BEAT

    def end(self, why: Ending) -> Message:
        """The end of the answer; browsers and apps ask again by themselves."""
        return _LAST


FRAMES, EVENTS = Frames(), Events()
