"""Serves an app with the settings of `fedigroups serve`: `serve.py MODULE:FACTORY OPTIONS PORT`.

OPTIONS is a JSON object, the keyword arguments of the factory, whose value is an async context
with the app; with `loop` it also names asyncio's own event loop. Ours and the floors are served
alike, so that only the apps differ.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from contextlib import AbstractAsyncContextManager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.loops.auto import auto_loop_factory

LOOPS = {"auto": auto_loop_factory(), "asyncio": asyncio.new_event_loop}


async def main(made: AbstractAsyncContextManager[ASGIApp], port: int) -> None:
    """Serve until a signal says to stop."""
    async with made as app:
        config = uvicorn.Config(
            app,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips="127.0.0.1",
            lifespan="off",
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    name, options, last = sys.argv[1:]
    module, _, factory = name.partition(":")
    chosen = json.loads(options)
    with asyncio.Runner(loop_factory=LOOPS[chosen.pop("loop", "auto")]) as runner:
        made = getattr(importlib.import_module(module), factory)(**chosen)
        runner.run(main(made, int(last)))
