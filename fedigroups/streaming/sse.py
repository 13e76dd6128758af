"""Streams as server-sent events, one each: `GET /api/v1/streaming/user` and its sisters.

Mastodon.py and scripts read these. `:thump` comes every `limits.STREAM_BEAT_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from fedigroups.streaming import streams
from fedigroups.streaming.admission import admitted
from fedigroups.streaming.frames import EVENTS
from fedigroups.streaming.hub import Hub
from fedigroups.streaming.listeners import Listener, Stream, Who

THERE = "/api/v1/streaming"
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "private, no-store",
    "x-accel-buffering": "no",  # nginx would keep events back until it has enough of them
}
_HELLO = b":)\n"


def routes() -> list[BaseRoute]:
    """An address for each stream, and one that says that there are streams."""
    return [
        Route(f"{THERE}/health", health, methods=["GET"]),
        *(
            Route(f"{THERE}/{name.replace(':', '/')}", endpoint, methods=["GET"])
            for name in sorted(streams.NAMES)
            if not name.endswith(streams.MEDIA)
        ),
    ]


async def health(_request: Request) -> Response:
    """`GET /api/v1/streaming/health`."""
    return PlainTextResponse("OK")


async def endpoint(request: Request) -> Response:
    """A stream, named by the address; `tag` and `list` say which, `only_media` leaves out others.

    Raises `ApiError` and `Slowed`: 401, 403, 404, 429, 503.
    """
    who, _ = await admitted(request)
    asked = request.query_params
    name = request.url.path.removeprefix(f"{THERE}/").replace("/", ":")
    if name in streams.PUBLIC and asked.get("only_media", "") in {"true", "1", "on"}:
        name += streams.MEDIA
    stream = await streams.wanted(who, name, asked.get("tag", ""), asked.get("list", ""))
    return EventStream(request.app.state.hub, who, [stream])


class EventStream(Response):
    """The answer that does not end until they hang up, or we have to."""

    def __init__(
        self, hub: Hub, who: Who, wanted: Sequence[Stream], counts: dict[str, int] | None = None
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._hub, self._who, self._wanted = hub, who, wanted
        self._counts = counts or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Join, say hello and what was missed, and wait for them to hang up."""
        if scope["method"] == "HEAD":
            await super().__call__(scope, receive, send)
            return
        listener = Listener(self._who, EVENTS, send)
        listener.counts.update(self._counts)
        with self._hub.joined(listener):
            for stream in self._wanted:
                self._hub.subscribe(listener, stream)
            status = self.status_code
            start = {"type": "http.response.start", "status": status, "headers": self.raw_headers}
            await send(start)
            await send({"type": "http.response.body", "body": _HELLO, "more_body": True})
            for name, count in self._counts.items():
                listener.tell(EVENTS.event(self._wanted[0], name, str(count)))
            while (await receive())["type"] != "http.disconnect":
                pass
