"""This module reads and writes lists of blocked servers in the form that Mastodon exports.

A row is `#domain,#severity,...,#public_comment,#obfuscate`. What Mastodon suspends is blocked here,
what it limits (`silence`) is limited; names that it obfuscated are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from federation import origin
from federation.errors import Malformed
from federation.peers import plain

COLUMNS = (
    *("#domain", "#severity", "#reject_media", "#reject_reports"),
    *("#public_comment", "#obfuscate"),
)
SEVERITIES = ("suspend", "silence")
MOST = 20_000
"""Rows that are read of one list."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """What a list says: whom to block and to limit, and who is left out, each with why."""

    blocks: dict[str, str] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def parse(text: str) -> Blocklist:
    """The list in `text`; a name on each line is a list, too. Raises `Malformed` for none."""
    rows = _rows(text.removeprefix("\ufeff"))
    names = [cell.strip().lstrip("#").lower() for cell in rows[0]] if rows else []
    has_head = "domain" in names
    found = Blocklist()
    for row in rows[1:] if has_head else rows:
        said = dict(zip(names if has_head else ("domain",), row, strict=False))
        host, severity = plain(said.get("domain", "")), said.get("severity", "").strip().lower()
        named = found.limits if severity == "silence" else found.blocks
        if host and (why := _why_left(host, severity)):
            found.left_out[host[:200]] = why
        elif host:
            named[host] = said.get("public_comment", "").strip()
    is_list = any("is not done" in why for why in found.left_out.values())
    if not (found.blocks or found.limits or is_list):
        raise Malformed("there is no server to block in that list")
    return found


def _rows(text: str) -> list[list[str]]:
    if "\0" in text:
        raise Malformed("a list is text, and holds no NUL")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = list(islice(reader, MOST + 1))
    except csv.Error as error:
        raise Malformed(
            "line {line} of that list cannot be read: {error}", line=reader.line_num, error=error
        ) from error
    if len(rows) > MOST:
        raise Malformed("a list has at most {most} servers", most=MOST)
    return rows


def _why_left(host: str, severity: str) -> str:
    if severity not in {"", *SEVERITIES}:
        return f"{severity[:20]} is not done here"
    # `b**d.example` is none either: a list obfuscates some names.
    return "" if "." in host and origin.is_host(host) else "is no host"


def write(blocks: Mapping[str, str], limits: Mapping[str, str]) -> str:
    """The hosts as a list that Mastodon takes, each with what is said of it in public."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    for severity, hosts in zip(SEVERITIES, (blocks, limits), strict=True):
        for host, comment in sorted(hosts.items()):
            rows.writerow((host, severity, "false", "false", comment, "false"))
    return written.getvalue()
