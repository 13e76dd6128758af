"""The command line: one file for each family of commands."""

from __future__ import annotations

import click

from fedigroups import __version__
from fedigroups.cli import examples
from fedigroups.cli.backup import backup, restore
from fedigroups.cli.config import config
from fedigroups.cli.demo import demo
from fedigroups.cli.doctor import doctor
from fedigroups.cli.group import group
from fedigroups.cli.init import init
from fedigroups.cli.key import key
from fedigroups.cli.mails import mails
from fedigroups.cli.media import media
from fedigroups.cli.migrate import migrate
from fedigroups.cli.moderate import moderate
from fedigroups.cli.peer import peer
from fedigroups.cli.post import post
from fedigroups.cli.queue import queue
from fedigroups.cli.run import Command
from fedigroups.cli.search import search
from fedigroups.cli.serve import serve, worker
from fedigroups.cli.upkeep import COMMANDS as UPKEEP
from fedigroups.cli.user import user


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fedigroups")
def main() -> None:
    """A federated group server: a group lives here, its members live anywhere.

    Settings are FEDIGROUPS_* variables, or lines of a file .env; `fedigroups config show` prints
    them. Exit status: 0 done, 1 refused or failed, 2 wrong arguments, 3 wrong settings.
    """


COMMANDS = (
    *(init, serve, worker, migrate, user, group, post, moderate, media, search),
    *(key, mails, peer, queue, config, doctor, backup, restore, demo),
    *UPKEEP,
)
for command in COMMANDS:
    main.add_command(command)
examples.show(main)
