"""This module writes down when what runs by itself ran last, and what of it failed.

Workers are other processes than those that answer, so it is kept in the database.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

from federation import clock, storage

_RAN, _FAILED = "ran.", "failed."
ERROR_CHARS = 500


@dataclass(frozen=True, slots=True)
class Round:
    """What runs by itself; times are ms, and 0 for never. `error` is what it failed with last."""

    name: str
    ran_at: int = 0
    failed_at: int = 0
    error: str = ""


async def ran(name: str) -> None:
    """It ran to its end."""
    await _write(_RAN + name, str(clock.now_ms()))


async def failed(name: str, error: Exception) -> None:
    """It failed. That this cannot be written, as without a database, stops nobody."""
    with suppress(Exception):
        said = json.dumps([clock.now_ms(), repr(error)[:ERROR_CHARS]])
        await _write(_FAILED + name, said)


async def known() -> list[Round]:
    """All that ever ran or failed, by name. One query."""
    rows = await storage.rows(
        "SELECT key, value FROM setting WHERE key LIKE 'ran.%' OR key LIKE 'failed.%'"
    )
    found = {row["key"]: row["value"] for row in rows}
    names = sorted({key.partition(".")[2] for key in found})
    return [_round(name, found) for name in names]


def _round(name: str, found: dict[str, str]) -> Round:
    failed_at, error = json.loads(found.get(_FAILED + name, '[0, ""]'))
    return Round(name, int(found.get(_RAN + name, "0")), failed_at, error)


async def _write(key: str, value: str) -> None:
    await storage.execute(
        "INSERT INTO setting (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        *(key, value),
    )
