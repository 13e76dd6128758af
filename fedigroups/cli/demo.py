"""`demo`: three instances on this machine, one story, and the pages left open to look at."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

from fedigroups.cli.run import REFUSED, fail
from fedigroups.cli.stage import Actor, StageError
from fedigroups.cli.story import Story, WrongError

NAMES = ("First", "Second", "Third")
TERMINATED = 128 + signal.SIGTERM
"""The exit status of what was ended by that signal, as shells have it."""


@click.command()
@click.option("--exit", "leave", is_flag=True, help="Stop at the end; do not leave the pages open.")
@click.option("--postgres", "url", default="", help="A PostgreSQL URL for the first instance.")
@click.option("--kill", is_flag=True, help="Kill and restart an instance after every step.")
@click.option(
    "--restore", is_flag=True, help="At the end bring an instance back from a backup, and go on."
)
def demo(leave: bool, url: str, kill: bool, restore: bool) -> None:
    """Tell the story of a group over three instances. Exit status 1 if one shows a wrong thing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the stack unwinds
    folder = Path(tempfile.mkdtemp(prefix="fedigroups-demo-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stage = [
            Actor(name, f"127.0.0.{number}", folder / name.lower(), url if number == 1 else "")
            for number, name in enumerate(NAMES, 1)
        ]
        try:
            for instance in stage:
                stack.callback(instance.stop)
                instance.start()
                click.echo(f"{instance.name:7} {instance.origin}")
            _tell(stage, folder / "backup" if restore else None, kill=kill)
        except (StageError, WrongError) as error:
            fail(str(error), REFUSED)
        if not leave:
            _leave_open(stage)


def _tell(stage: list[Actor], backup: Path | None, *, kill: bool) -> None:
    def between() -> None:
        if kill:
            victim = random.choice(stage)  # noqa: S311  # any will do
            time.sleep(random.random() / 2)  # noqa: S311
            victim.kill()
            click.echo(f"   ({victim.name} is killed and started again)")
            victim.start()

    story = Story(stage[0], stage[1], stage[2], click.echo, between)
    told = story.tell()
    if backup is not None:
        click.echo("A backup is made, life goes on, and the instance comes back from the backup.")
        stage[0].run("backup", str(backup))
        story.goes_on(told, lambda: _restore(stage[0], backup))
    click.secho("Every instance shows what it should.", bold=True)


def _restore(instance: Actor, backup: Path) -> None:
    instance.stop()
    instance.run("restore", str(backup), "--replace")
    instance.start()


def _leave_open(stage: list[Actor]) -> None:
    click.echo("\nThe pages are open until you press Ctrl-C:")
    click.echo(f"  {stage[0].origin}/groups/welders")
    for instance in stage[1:]:
        click.echo(f"  {instance.origin}/groups/welders@{stage[0].host}")
    try:
        while True:
            time.sleep(3_600)
    except KeyboardInterrupt:
        click.echo("")
