"""This module reads and writes lists of blocked servers in the form that Mastodon exports.

A row is `#domain,#severity,...,#public_comment,#obfuscate`. Here servers are blocked or not: what
Mastodon limits (`silence`) is told apart, and left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from federation import origin
from federation.errors import Malformed
from federation.peers import plain

COLUMNS = (
    *("#domain", "#severity", "#reject_media", "#reject_reports"),
    *("#public_comment", "#obfuscate"),
)
MOST = 20_000
"""Rows that are read of one list."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a list says: servers to block with why, and names that are left out."""

    blocks: dict[str, str]
    left_out: tuple[str, ...]


def parse(text: str) -> Read:
    """The list in `text`; a name on each line is a list, too. Raises `Malformed` for too many."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    if len(rows) > MOST:
        raise Malformed(f"a list has at most {MOST} servers")
    names = [cell.strip().lstrip("#").lower() for cell in rows[0]] if rows else []
    has_head = "domain" in names
    blocks: dict[str, str] = {}
    left_out: list[str] = []
    for row in rows[1:] if has_head else rows:
        said = dict(zip(names if has_head else ("domain",), row, strict=False))
        host = plain(said.get("domain", ""))
        if not host:
            continue
        is_host = "." in host and origin.host_of(f"https://{host}/") == host
        if is_host and said.get("severity", "suspend").strip() in {"suspend", ""}:
            blocks[host] = said.get("public_comment", "").strip()
        else:
            left_out.append(host[:200])
    return Read(blocks, tuple(left_out))


def write(hosts: Iterable[str]) -> str:
    """The hosts as a list that Mastodon takes. Notes are for staff, and stay here."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    for host in hosts:
        rows.writerow((host, "suspend", "false", "false", "", "false"))
    return written.getvalue()
