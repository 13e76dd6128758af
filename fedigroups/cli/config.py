"""`config`: which settings there are, and how they are set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from starlette.applications import Starlette

import fedigroups
from fedigroups import handbook, secret_file, setting_words
from fedigroups.app import make_app
from fedigroups.cli.run import settings
from fedigroups.instance import assemble
from fedigroups.settings import load


@click.group()
def config() -> None:
    """Settings: FEDIGROUPS_* variables, or lines of a file .env."""


@config.command()
def show() -> None:
    """Print every setting with its value here; secrets stay hidden."""
    for name, value in setting_words.describe(settings(kept=secret_file.found)):
        click.echo(f"{name}={value}")


@config.command()
def check() -> None:
    """Say whether the settings are right. Exit status 3 if not, with every fault."""
    settings(kept=secret_file.found)
    click.echo("The settings are right.")


@config.command()
def docs() -> None:
    """Print the handbook's page of settings."""
    click.echo(setting_words.handbook(), nl=False)


@config.command()
def limits() -> None:
    """Print the handbook's page of limits."""
    click.echo(handbook.limits_page(), nl=False)


@config.command()
def metrics() -> None:
    """Print the handbook's page of metrics."""
    click.echo(handbook.metrics_page(), nl=False)


@config.command()
@click.pass_context
def commands(context: click.Context) -> None:
    """Print the handbook's page of commands."""
    click.echo(handbook.commands_page(context.find_root().command), nl=False)


@config.command()
def routes() -> None:
    """Print the handbook's page of addresses."""
    app: Any = make_app(assemble(load({"FEDIGROUPS_SECRET": "00" * 32})))
    while not isinstance(app, Starlette):
        app = app.app
    click.echo(handbook.routes_page(app.routes), nl=False)


@config.command()
def events() -> None:
    """Print the handbook's page of log events."""
    click.echo(handbook.events_page(Path(fedigroups.__path__[0]).parent), nl=False)


@config.command()
def example() -> None:
    """Print an example of the settings' file."""
    click.echo(setting_words.example(), nl=False)
