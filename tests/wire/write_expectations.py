"""Writes `expectations.json` anew from what an instance makes of the recorded activities.

    python tests/wire/write_expectations.py

Read the difference before it is committed: a changed line is a promise that changed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

from conftest import _migrate  # noqa: E402 - the path above comes first
from fresh import fresh_world  # noqa: E402
from replay import WIRE, Listener, Outcome, Recorded, recorded  # noqa: E402
from world import _populate  # noqa: E402

EXPECTATIONS = Path(__file__).with_name("expectations.json")


async def outcomes(template: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Both tellings of every recorded activity."""
    async with fresh_world(str(template)) as world:
        listener = await Listener.at(await world.town())
        return {
            "as it came": await told(listener.hear),
            "to us": await told(listener.hear_to_us),
        }


async def told(hear: Callable[[Recorded], Awaitable[Outcome]]) -> dict[str, dict[str, str]]:
    return {one.path: asdict(await hear(one)) for one in recorded()}


def main() -> None:
    """Replace the file, or say why not."""
    if not WIRE.is_dir():
        sys.exit(f"the recorded documents are not at {WIRE}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with TemporaryDirectory() as folder:
        template = Path(folder) / "template.sqlite3"
        asyncio.run(_migrate(f"sqlite://{template}"))
        asyncio.run(_populate("groups.example", f"sqlite://{template}", Path(folder)))
        written = asyncio.run(outcomes(template))
    text = json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True)
    EXPECTATIONS.write_text(text + "\n", encoding="utf-8")
    print(f"{len(written['to us'])} activities: {EXPECTATIONS}")


if __name__ == "__main__":
    main()
