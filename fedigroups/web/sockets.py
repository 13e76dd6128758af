"""This module bounds what one WebSocket may cost, beside what uvicorn bounds itself.

Uvicorn waits for ever for somebody to take what was sent, and logs the address of each with what is
in its query, where a token may be; what strangers do wrong it logs as a fault of ours.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from federation import limits

_silent = logging.getLogger("uvicorn.error.sockets")
_silent.setLevel(logging.ERROR)


class BoundedSocket(WebSocketsSansIOProtocol):
    """Uvicorn's protocol, which drops those who take nothing, and logs no tokens."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.logger = self.conn.logger = _silent
        self._deadline: asyncio.TimerHandle | None = None

    async def send(self, message: Any) -> None:
        """As uvicorn does; to have answered without opening is no fault to be logged."""
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True

    def handle_cont(self, event: Frame) -> None:
        """A part of a message, in which each counts as a character: empty ones have no end."""
        super().handle_cont(event)
        if len(self.frames) > limits.STREAM_MESSAGE_BYTES:
            self.transport.abort()

    def send_receive_event_to_app(self) -> None:
        """A message is whole; a text that is none is refused, and is no fault to be logged."""
        try:
            if self.curr_msg_data_type == "text":
                b"".join(self.frames).decode()
        except UnicodeDecodeError:
            self.conn.send_close(1007)
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

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
