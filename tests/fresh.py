"""A world of its own for each example of a property, which fixtures give only to each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from network import Network
from world import World


@asynccontextmanager
async def fresh_world(template: str) -> AsyncIterator[World]:
    """A world on SQLite whose `groups.example` is a copy of the file `template`."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))

        async def copy(host: str) -> str:
            path = folder / f"{host}.sqlite3"
            shutil.copyfile(template, path)
            return f"sqlite://{path}"

        yield World("sqlite", Network(), copy, folder, stack)
