"""`serve` runs the server; `migrate` brings the database up to date."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import click
import uvicorn

from fedigroups import logging
from fedigroups.app import make_app
from fedigroups.cli.run import as_json, settings, show
from fedigroups.instance import assemble
from fedigroups.store import Store

GRACE_SECONDS = 30


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve pages and federation, and do the work in the background."""
    chosen = settings()
    logging.configure(chosen.log, chosen.log_level)
    instance = assemble(chosen, exclusive=True)
    config = uvicorn.Config(
        make_app(instance),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
    click.echo(f"Fedigroups serves {chosen.origin} at http://{host}:{port} (stop with Ctrl-C)")
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again once all is stopped
        server.run()
    if not server.started:
        raise SystemExit(1)


@click.command()
@as_json
def migrate(json_: bool) -> None:
    """Bring the database up to date; a second time changes nothing."""
    steps = asyncio.run(_migrate(Store(settings())))
    show(json_, {"steps": steps}, "\n".join(steps) or "The database is up to date.")


async def _migrate(store: Store) -> list[str]:
    await store.open()
    try:
        return await store.migrate()
    finally:
        await store.close()
