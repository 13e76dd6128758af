"""This module writes settings down for people: those in force, and the handbook's page of all."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from fedigroups import setting_values as values
from fedigroups.setting_values import PREFIX
from fedigroups.settings import KNOBS, Settings

_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


def describe(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each variable and its value here, as it would be written; secrets are hidden."""
    for name, knob in KNOBS.items():
        value = getattr(settings, name)
        yield f"{PREFIX}{name.upper()}", _hidden(value) if knob.secret else values.written(value)


def secret_variables() -> list[str]:
    """The variables whose values nobody else may read."""
    return [f"{PREFIX}{name.upper()}" for name, knob in KNOBS.items() if knob.secret]


def handbook() -> str:
    """The handbook's page of settings (Markdown)."""
    lines = [_HEAD]
    for name, knob in KNOBS.items():
        default = knob.said or f"`{knob.default}`"
        example = knob.example if "`" in knob.example else f"`{knob.example}`"
        lines += [f"## {PREFIX}{name.upper()}\n", f"{knob.help}\n"]
        lines += [f"- Default: {default}", f"- Example: {example}"]
        if knob.secret:
            lines += [f"- Or in a file: `{PREFIX}{name.upper()}_FILE`"]
        lines += [""]
    return "\n".join(lines)


_SAID = ("origin", "contact")
_TOLD = {
    "database_url": "postgres://fedigroups:change-me@postgres/fedigroups",
    "secret": "",
    "metrics_token": "",
    "data_dir": "/var/lib/fedigroups",
}
_EXAMPLE = """\
# Copy to .env, beside compose.yaml, or to /etc/fedigroups.env; or let `fedigroups init` write one.
# This file is made from the program by `make handbook`. A line that begins with # says nothing.
"""
_COMPOSE = """
# For compose.yaml alone: the password of the PostgreSQL of its profile.
#POSTGRES_PASSWORD=change-me
"""

_HEAD = """\
# Settings

Every setting is a variable of the environment, or a line `NAME=value` of a file `.env` in the
working directory; the environment wins. All have defaults that work. A wrong value or an unknown
`FEDIGROUPS_*` name stops the start, and all faults are named at once. `fedigroups config show`
prints what is in force, and `fedigroups config docs` prints this page.
"""


def example() -> str:
    """A file of settings to begin with: what must be said, and all else as a comment."""
    lines = [_EXAMPLE]
    for name, knob in KNOBS.items():
        if name == "crashpoint":
            continue
        sign = "" if name in _SAID else "#"
        told = _TOLD.get(name, knob.example if "`" not in knob.example else "")
        value = f'"{told}"' if " " in told else told
        lines += [*textwrap.wrap(knob.help, 98, initial_indent="# ", subsequent_indent="# ")]
        lines += [f"{sign}{PREFIX}{name.upper()}={value}", ""]
    return "\n".join([*lines[:-1], _COMPOSE])


def _hidden(value: object) -> str:
    """What may be shown of a secret: of a URL, all but the password; of anything else, nothing."""
    text = values.written(value)
    if not text or "://" in text:
        return _PASSWORD.sub(r"\1(hidden)@", text)
    return "(hidden)"
