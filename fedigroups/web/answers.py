"""This module serves an answer again, to whoever asks alike, for as long as it is known to be true.

It forgets all of them when this process commits something that is shown, or hears that another did;
and each by itself after `limits.ANSWERS_FRESH_MS`, because a message may be lost, and a command
beside a server on SQLite sends none. So what is hidden is hidden at once here, and within that time
everywhere. Only answers of routes that say `shared` are kept, and only for those who show no
password and no cookie but that of their language: they are the same for everybody who reads it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from hashlib import sha256
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation import clock, limits
from federation.negotiation import wants_activity
from fedigroups.web import translation

Endpoint = Callable[[Request], Awaitable[Response]]
Headers = list[tuple[bytes, bytes]]

_SHARED = "fedigroups.shared"
_OF_THE_BODY = frozenset({b"content-length", b"content-type"})
_ENTRY_BYTES = 2_000
"""About what an answer takes beside its body."""


def shared(endpoint: Endpoint) -> Endpoint:
    """The endpoint, of which a 200 is the same for all who ask with the same path, query and kind.

    It may not look at who asks, nor at any header but Accept, and what chooses the language.
    """

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        request.scope[_SHARED] = True
        return await endpoint(request)

    return answer


class Asked(NamedTuple):
    """What an answer depends on: the address, whether a program or a person asks, and in which
    language; programs have none."""

    path: str
    query: bytes
    by_program: bool
    language: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A 200 as it is sent; `etag` is a digest of the body (RFC 9110 section 8.8.3)."""

    headers: Headers
    body: bytes
    etag: bytes
    made_at: int

    def is_fresh(self) -> bool:
        """Whether it is young enough; never when the clock was set back."""
        return 0 <= clock.now_ms() - self.made_at < limits.ANSWERS_FRESH_MS

    async def give(self, send: Send, known: bytes) -> None:
        """Send it; as 304 when `known` says that they have it. Servers cut the body for HEAD."""
        if self.etag in known or known == b"*":
            headers = [pair for pair in self.headers if pair[0] not in _OF_THE_BODY]
            await _send(send, 304, headers, b"")
        else:
            await _send(send, 200, self.headers, self.body)


class Answers:
    """ASGI middleware around all others: what it keeps has been through them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: OrderedDict[Asked, Answer] = OrderedDict()
        self._bytes = 0
        self._forgotten = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what is kept, or let the app answer and keep that."""
        asked, known = _read(scope)
        if asked is None:
            await self.app(scope, receive, send)
            return
        kept = self._kept.get(asked)
        if kept is not None and kept.is_fresh():
            self._kept.move_to_end(asked)
            await kept.give(send, known)
            return
        await self.app(scope, receive, _Listener(self, scope, send, asked, known))

    def forget(self) -> None:
        """Keep nothing of what was, nor what is being made of it at this moment."""
        self._forgotten += 1
        self._kept.clear()
        self._bytes = 0

    @property
    def age(self) -> int:
        """How often all was forgotten: what was begun at another age is not kept."""
        return self._forgotten

    def keep(self, asked: Asked, answer: Answer) -> None:
        """Keep an answer; the ones that were not asked for the longest make room for it."""
        self._drop(asked)
        if len(answer.body) > limits.ANSWER_KEPT_BYTES:
            return
        self._kept[asked] = answer
        self._bytes += _size(asked, answer)
        while len(self._kept) > limits.ANSWERS or self._bytes > limits.ANSWERS_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, asked: Asked) -> None:
        answer = self._kept.pop(asked, None)
        if answer is not None:
            self._bytes -= _size(asked, answer)

    def __len__(self) -> int:
        return len(self._kept)


class _Listener:
    """Hears what the app answers, and sends it on: whole, with its digest, when it is shared."""

    def __init__(
        self, answers: Answers, scope: Scope, send: Send, asked: Asked, known: bytes
    ) -> None:
        self._answers, self._age = answers, answers.age
        self._scope, self._send = scope, send
        self._asked, self._known = asked, known
        self._made_at = clock.now_ms()
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._is_shared(message):
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
        elif message.get("more_body") or not _is_whole(start["headers"], message):
            await self._send(start)
            await self._send(message)
        else:
            await self._keep(start["headers"], bytes(message.get("body", b"")))

    def _is_shared(self, start: Message) -> bool:
        return (
            _SHARED in self._scope
            and start["status"] == 200
            and not any(map(_is_for_one, start["headers"]))
        )

    async def _keep(self, headers: Headers, body: bytes) -> None:
        etag = b'"%s"' % sha256(body).hexdigest()[:32].encode()
        answer = Answer([*headers, (b"etag", etag)], body, etag, self._made_at)
        if self._age == self._answers.age:
            self._answers.keep(self._asked, answer)
        await answer.give(self._send, self._known)


def _read(scope: Scope) -> tuple[Asked | None, bytes]:
    """What is asked for, None when the answer might be for one alone; and what they know of it."""
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        return None, b""
    accept: bytes | None = None
    known = wished = cookie = b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = value if accept is None else accept  # of two, all of us read the first
        elif name == b"if-none-match":
            known = value
        elif name == b"accept-language":
            wished = wished or value
        elif name == b"cookie":
            cookie += value
        elif name == b"authorization":
            return None, b""
    language = translation.by_cookie_alone(cookie) if cookie else translation.negotiated(wished)
    if not language or len(accept or b"") > limits.MEDIA_CHARS:
        return None, b""
    by_program = _by_program(accept or b"")
    spoken = "" if by_program else language
    return Asked(scope["path"], scope["query_string"], by_program, spoken), known


@lru_cache(maxsize=256)
def _by_program(accept: bytes) -> bool:
    return wants_activity(accept.decode("latin-1"))


def _is_for_one(header: tuple[bytes, bytes]) -> bool:
    """Whether the header says that the answer is for one reader, whatever its route said."""
    name, value = header
    is_private = name == b"cache-control" and (b"private" in value or b"no-store" in value)
    return is_private or name == b"set-cookie"


def _is_whole(headers: Headers, message: Message) -> bool:
    """Whether the message is all of the body: some apps send none for HEAD."""
    return (b"content-length", b"%d" % len(message.get("body", b""))) in headers


def _size(asked: Asked, answer: Answer) -> int:
    return _ENTRY_BYTES + len(asked.path) + len(asked.query) + len(answer.body)


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
