"""`config`: which settings there are, and how they are set."""

from __future__ import annotations

import click

from fedigroups import handbook, setting_words
from fedigroups.cli.run import settings


@click.group()
def config() -> None:
    """Settings: FEDIGROUPS_* variables, or lines of a file .env."""


@config.command()
def show() -> None:
    """Print every setting with its value here; secrets stay hidden."""
    for name, value in setting_words.describe(settings()):
        click.echo(f"{name}={value}")


@config.command()
def check() -> None:
    """Say whether the settings are right. Exit status 3 if not, with every fault."""
    settings()
    click.echo("The settings are right.")


@config.command()
def docs() -> None:
    """Print the handbook's page of settings."""
    click.echo(setting_words.handbook(), nl=False)


@config.command()
def limits() -> None:
    """Print the handbook's page of limits."""
    click.echo(handbook.limits_page(), nl=False)
