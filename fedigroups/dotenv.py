"""This module knows how a file `.env` is written: `NAME=value` lines, quotes, and comments."""

from __future__ import annotations

import re
from pathlib import Path

_LINE = re.compile(
    r"""(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*
        (?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>[^"'\s\#]\S*(?:\s+[^\s\#]\S*)*)?)
        \s*(?:\#.*)?""",
    re.VERBOSE,
)


def read(file: Path | None, faults: list[str]) -> dict[str, str]:
    """The pairs in a file, none when there is no file; what cannot be read is added to `faults`."""
    if file is None or not file.is_file():
        return {}
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{file} cannot be read: {error}")
        return {}
    return _pairs(text, file, faults)


def quoted(value: str) -> str:
    """A value as such a file has it."""
    return f"'{value}'" if '"' in value else f'"{value}"'


def _pairs(text: str, file: Path, faults: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            faults.append(
                f"{file}, line {number}, cannot be read; for example "
                'FEDIGROUPS_INSTANCE_NAME="Welders"'
            )
        else:
            found[match["name"]] = match["double"] or match["single"] or match["plain"] or ""
    return found
