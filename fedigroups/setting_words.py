"""This module writes settings down for people: those in force, and the handbook's page of all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fedigroups import setting_values as values
from fedigroups.settings import KNOBS, PREFIX, Settings

_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


def describe(settings: Settings) -> Iterator[tuple[str, str]]:
    """Each variable and its value here, as it would be written; secrets are hidden."""
    for name, knob in KNOBS.items():
        value = getattr(settings, name)
        yield f"{PREFIX}{name.upper()}", _hidden(value) if knob.secret else values.written(value)


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


_HEAD = """\
# Settings

Every setting is a variable of the environment, or a line `NAME=value` of a file `.env` in the
working directory; the environment wins. All have defaults that work. A wrong value or an unknown
`FEDIGROUPS_*` name stops the start, and all faults are named at once. `fedigroups config show`
prints what is in force, and `fedigroups config docs` prints this page.
"""


def _hidden(value: object) -> str:
    """What may be shown of a secret: of a URL, all but the password; of anything else, nothing."""
    text = values.written(value)
    if not text or "://" in text:
        return _PASSWORD.sub(r"\1(hidden)@", text)
    return "(hidden)"
