"""This module decides how the log looks: lines for people in development, else JSON lines.

What the standard library logs (uvicorn, Tortoise, asyncio) goes the same way. An event has a
dotted name and facts; bodies, tokens and SQL parameters are never logged.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor

_OWN = "fedigroups"
"""What is not ours says nothing below WARNING: there database clients print parameters, and the
reader of forms a line for each character that a stranger sent."""

MOVES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys, or lets turn the order of words: what strangers say may have it."""


def _without_colours(_: object, __: str, event: EventDict) -> EventDict:
    """Uvicorn says some things twice, the second time for terminals."""
    event.pop("color_message", None)
    return event


_OURS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_FOREIGN: tuple[Processor, ...] = (*_OURS, structlog.stdlib.ExtraAdder(), _without_colours)


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error) as `console` or `json`, from `level` on."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_FOREIGN,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(form, colours=target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    own = logging.getLogger(_OWN)
    own.setLevel(level.upper())
    root.setLevel(max(logging.WARNING, own.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_OURS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _rendering(form: str, *, colours: bool) -> list[Processor]:
    if form == "console":
        # Not rich's, which it takes where that is installed: it shows locals, passwords among them.
        shown = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_traceback)
        return [_unmoved, shown]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("event"),
        structlog.processors.JSONRenderer(serializer=_json),
    ]


def _unmoved(_: object, __: str, event: EventDict) -> EventDict:
    """No fact of the event does anything to the terminal of whoever reads."""
    return {
        name: MOVES.sub("", one) if isinstance(one, str) else one for name, one in event.items()
    }


def _traceback(stream: TextIO, error: ExcInfo) -> None:
    """The same of what an error says."""
    text = io.StringIO()
    structlog.dev.plain_traceback(text, error)
    stream.write(MOVES.sub("", text.getvalue()))


def _json(event: object, **_: object) -> str:
    """Never fails: strangers decide what is in here, lone surrogates and huge numbers included."""
    return json.dumps(event, default=str)
