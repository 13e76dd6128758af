"""Serves an app with the settings of `fedigroups serve`: `serve.py MODULE:FACTORY OPTIONS PORT`.

OPTIONS is a JSON object, the keyword arguments of the factory; `loop` names another event loop
than uvicorn's own choice. Ours and the floors are served
alike, so that only the apps differ.
"""

from __future__ import annotations

import importlib
import json
import sys

import uvicorn


def main(app: str, options: str, port: str) -> None:
    """Serve until a signal says to stop."""
    module, _, factory = app.partition(":")
    chosen = json.loads(options)
    loop = chosen.pop("loop", "auto")
    made = getattr(importlib.import_module(module), factory)(**chosen)
    uvicorn.run(
        made,
        port=int(port),
        loop=loop,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        lifespan="on",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
