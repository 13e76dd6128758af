"""This module bounds what one WebSocket may cost, beside what uvicorn bounds itself.

Uvicorn waits for ever for somebody to take what was sent, and logs the address of each with what is
in its query, where a token may be.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from federation import limits

_silent = logging.getLogger("uvicorn.error.sockets")
_silent.setLevel(logging.ERROR)


class BoundedSocket(WebSocketsSansIOProtocol):
    """Uvicorn's protocol, which drops those who take nothing, and logs no tokens."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.logger = self.conn.logger = _silent
        self._deadline: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """They do not take what they were sent: they have `limits.STREAM_PONG_SECONDS`."""
        super().pause_writing()
        self._let_be()
        self._deadline = self.loop.call_later(limits.STREAM_PONG_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """They do again."""
        super().resume_writing()
        self._let_be()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._let_be()
        super().connection_lost(exc)

    def _let_be(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
