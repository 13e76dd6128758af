"""This module knows a right example of each command that has to be told something."""

from __future__ import annotations

from collections.abc import Iterator

import click

_ANN = "ann@m.example"
_POST = "https://m.example/users/ann/posts/1"

EXAMPLES = {
    "user create": "olga --email olga@groups.example",
    "user set": "olga --display 'Olga Weld'",
    "user show": "olga",
    "user token": "olga --scopes read",
    "user password": "olga",
    "user passkeys": "olga",
    "user drop-passkeys": "olga",
    "user confirm": "olga",
    "user approve": "olga",
    "user refuse": "olga",
    "user role": "olga admin",
    "user sign-out": "olga",
    "user close": "olga",
    "user move": "olga olga@m.example",
    "user aliases": "olga --add olga@m.example",
    "user suspend": "olga --text 'Advertises in every thread.'",
    "user unsuspend": "olga",
    "user block-sign-ups": "spam.example --note 'Throw-away addresses'",
    "user unblock-sign-ups": "spam.example",
    "group create": "welders --owner olga --title 'Welders of the valley'",
    "group set": "welders --join approval",
    "group show": "welders",
    "group members": "welders --state asked",
    "group approve": f"welders {_ANN}",
    "group reject": f"welders {_ANN} --reason 'This group is for members of the guild.'",
    "group invite": f"welders {_ANN}",
    "group pardon": f"welders {_ANN}",
    "group remove": f"welders {_ANN} --reason 'Advertises in every thread.'",
    "group role": f"welders {_ANN} moderator",
    "group transfer": "welders tom",
    "group join": "@solderers@l.example --as olga",
    "group leave": "@solderers@l.example --as olga",
    "group suspend": "welders --reason 'Its hosts do not answer.'",
    "group unsuspend": "welders",
    "group close": "welders --reason 'Its hosts asked for it.'",
    "post write": "welders --as olga --title 'Which rod?' --text 'For thin sheet.'",
    "post reply": f"{_POST} --as olga --text '1.6 mm.'",
    "post edit": f"{_POST} --as olga --text '2 mm.'",
    "post delete": f"{_POST} --as olga",
    "post like": f"{_POST} --as olga",
    "post unlike": f"{_POST} --as olga",
    "post vote": f"{_POST} --as olga --choice 1",
    "post remove": f"{_POST} --as olga --reason 'An advertisement.'",
    "post list": "welders",
    "post show": _POST,
    "mail test": "olga@mail.example",
    "moderate list": "welders",
    "moderate rules": "welders",
    "moderate ledger": "welders",
    "moderate appeals": "welders",
    "moderate automatic": "welders",
    "moderate mail": "welders",
    "moderate settle": "42 overturn --text 'It was no advertisement.'",
    "moderate answer": "42 heed --text 'Thank you, it is gone.'",
    "moderate accept": "42",
    "moderate refuse": "42 --rule 1 --text 'An advertisement.'",
    "moderate ask": "42 --rule 2 --text 'Please say which machine you use.'",
    "moderate remove": f"{_POST} --rule 1 --text 'An advertisement.'",
    "moderate restore": _POST,
    "moderate lock": f"{_POST} --rule 2 --text 'All is said.'",
    "moderate pin": _POST,
    "moderate warn": f"welders {_ANN} --rule 1 --text 'No advertisements, please.'",
    "moderate mute": f"welders {_ANN} --days 7 --rule 1 --text 'Advertises in every thread.'",
    "moderate ban": f"welders {_ANN} --days 30 --rule 1 --text 'Advertises in every thread.'",
    "key rotate": "welders",
    "key start-over": "--yes",
    "peer show": "m.example",
    "peer block": "spam.example --note 'Advertises in every group.'",
    "peer unblock": "spam.example",
    "peer limit": "loud.example --note 'Its moderators are few.'",
    "peer unlimit": "loud.example",
    "peer allow": "m.example",
    "peer disallow": "m.example",
    "peer import": "blocks.csv",
    "peer purge": "spam.example",
    "queue show": "m.example",
    "queue failed": "m.example",
    "queue retry": "m.example",
    "backup": "groups.backup",
    "restore": "groups.backup",
    "audit": "peer",
    "serve": "--port 8000",
    "worker": "--port 8001",
}


def show(root: click.Command) -> None:
    """Let each command end its help, and each refusal of its arguments, with its example."""
    for path, command in leaves(root):
        if path in EXAMPLES:
            command.epilog = f"For example: fedigroups {path} {EXAMPLES[path]}"


def of(error: click.UsageError) -> str:
    """The example that belongs to wrong arguments; empty where there is none."""
    command = error.ctx.command if error.ctx else None
    return (command.epilog or "") if command else ""


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by what is typed after `fedigroups`."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from leaves(below, f"{path} {name}".strip())
    else:
        yield path, command
