"""This module reads files that people bring from elsewhere: our own export, and Mastodon's lists.

Nothing is looked up here, and nothing done: a file becomes lines, each of which says what is wanted
or why it is left out. A file is a stranger's, whoever brings it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import orjson

from federation import limits, webfinger
from federation.errors import Malformed
from federation.origin import canonical, is_host
from fedigroups.content.catalogues import noted
from fedigroups.content.hashtags import name_of

KINDS = ("group", "block", "mute", "host", "post", "hashtag", "note", "filter", "list")
"""What a line is about."""
FORMATS = ("export", "following", "blocks", "mutes", "hosts", "bookmarks")
"""An archive of ours, and Mastodon's lists."""
NO_HANDLE = noted("it is no name of an account, like ann@m.example")
NO_HOST = noted("it is no name of a server")
NO_ADDRESS = noted("it is no address of a post")
NO_HASHTAG = noted("it is no hashtag")
OURS = noted("this server is not blocked")
NOT_OURS = "that is no file that Settings, Export made"
_HEADS = frozenset({"account address", "domain", "#domain", "uri", "#uri"})
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""As JSON writes what no database takes."""
_ENTRY = b"PK\x01\x02"
"""With which each file of an archive is named in its directory."""
_SHOWN_CHARS = 200
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError),
    *(EOFError, OSError, ValueError, RecursionError),
)
"""Of an archive that is none, is spoilt, locked or packed in another way, and of spoilt JSON."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a file says; `left_out` says why nothing comes of it."""

    kind: str
    subject: str
    more: str = ""
    left_out: str = ""


def parse(format: str, content: bytes, host: str) -> list[Line]:
    """What the file says, each thing once; `host` is ours. Raises `Malformed` for what is none."""
    found: Iterable[Line]
    if format == "export":
        found = _archive(content)
    elif format in _LISTS:
        found = _LISTS[format](_table(_text(content)))
    else:
        raise Malformed("choose what the file is")
    said = {(line.kind, line.subject): line for line in (_checked(one, host) for one in found)}
    if not said:
        raise Malformed("there is nothing in that file")
    if len(said) > limits.IMPORT_ROWS:
        raise Malformed(f"a file has at most {limits.IMPORT_ROWS} rows")
    return list(said.values())


def _text(content: bytes) -> str:
    if len(content) > limits.IMPORT_TEXT_BYTES:
        raise Malformed(f"a list has at most {limits.IMPORT_TEXT_BYTES // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("that file is not text (UTF-8)") from error
    if "\0" in text:
        raise Malformed("a list is text, and holds no NUL")
    return text


def _table(text: str) -> list[list[str]]:
    """The rows below the head, if there is one."""
    if any(len(line) > limits.IMPORT_LINE_CHARS for line in text.splitlines()):
        raise Malformed(f"a line has at most {limits.IMPORT_LINE_CHARS} characters")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [row for row in islice(reader, limits.IMPORT_ROWS + 2) if any(row)]
    except csv.Error as error:
        raise Malformed(f"line {reader.line_num} of that list cannot be read: {error}") from error
    if rows and rows[0][0].strip().lower() in _HEADS:
        del rows[0]
    return rows


def _of(kind: str) -> Callable[[list[list[str]]], Iterable[Line]]:
    return lambda rows: (Line(kind, row[0].strip()) for row in rows)


def _following(rows: list[list[str]]) -> Iterator[Line]:
    """`Account address,Show boosts,Notify on new posts,Languages`."""
    for row in rows:
        shows, bell = [*(cell.strip().lower() for cell in row[1:3]), "", ""][:2]
        yield Line("group", row[0].strip(), json.dumps([shows != "false", bell == "true"]))


_LISTS: dict[str, Callable[[list[list[str]]], Iterable[Line]]] = {
    "following": _following,
    "blocks": _of("block"),
    "mutes": _of("mute"),
    "hosts": _of("host"),
    "bookmarks": _of("post"),
}


def _archive(content: bytes) -> list[Line]:
    if content.count(_ENTRY) > limits.IMPORT_FILES:  # all are read, whichever is wanted
        raise Malformed(NOT_OURS)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            groups, private = [_member(archive, name) for name in ("groups.csv", "private.json")]
        said = orjson.loads(_text(private) or "{}")  # which takes no half of a character
    except Malformed:
        raise
    except _UNREADABLE as error:
        raise Malformed(NOT_OURS) from error
    if not isinstance(said, dict) or _NUL.search(_text(private)):
        raise Malformed(NOT_OURS)
    return [*_following(_table(_text(groups))), *_private(said)]


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Never more of it than a list may have, whatever the archive says of its size.

    Raises `Malformed` for what is packed in ways of which `zipfile` unpacks all at once.
    """
    if name not in archive.namelist():
        return b""
    if archive.getinfo(name).compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Malformed(NOT_OURS)
    with archive.open(name) as member:
        return member.read(limits.IMPORT_TEXT_BYTES + 1)


def _private(said: dict[str, Any]) -> Iterator[Line]:
    """What `everything.PACKED` names, as far as it can be had again."""
    for name, kind in (("blocked_hosts", "host"), ("bookmarks", "post"), ("hashtags", "hashtag")):
        yield from (Line(kind, one) for one in _listed(said, name) if isinstance(one, str))
    for one in _dicts(said, "people"):
        handle = str(one.get("handle") or "")
        for column, kind in (("blocked", "block"), ("muted", "mute")):
            if one.get(column):
                yield Line(kind, handle)
        if one.get("note"):
            yield Line("note", handle, str(one["note"])[: limits.NOTE_CHARS])
    rules: dict[str, dict[str, Any]] = {}
    for one in _dicts(said, "filters"):
        title = str(one.get("title") or "")[: limits.LABEL_CHARS]
        rule = {name: str(one.get(name) or "") for name in ("context", "action")}
        words = rules.setdefault(title, rule | {"words": []})["words"]
        if one.get("keyword"):
            words.append(str(one["keyword"])[: limits.LABEL_CHARS])
    yield from (Line("filter", title, json.dumps(rule)) for title, rule in rules.items())
    lists: dict[str, list[str]] = {}
    for one in _dicts(said, "lists"):
        if one.get("handle"):
            titles = lists.setdefault(str(one["handle"]), [])
            titles.append(str(one.get("title") or "")[: limits.LABEL_CHARS])
    yield from (Line("list", handle, json.dumps(titles)) for handle, titles in lists.items())


def _listed(said: dict[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found[: limits.IMPORT_ROWS + 1] if isinstance(found, list) else []


def _dicts(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in _listed(said, name) if isinstance(one, dict)]


def _checked(line: Line, host: str) -> Line:
    """The line with its subject as we write it, or with why it is left out."""
    try:
        return replace(line, subject=_CHECKS[line.kind](line.subject, host))
    except Malformed as error:
        shown = line.subject.replace("\0", "")[:_SHOWN_CHARS]
        return replace(line, subject=shown, more="", left_out=str(error))


def _account(text: str, _host: str) -> str:
    """A handle; or an id, as our export writes a name that a spreadsheet would calculate."""
    try:
        if text.startswith(("https://", "http://")):
            return canonical(text)
        return str(webfinger.read_handle(text.lstrip("@"))).lower()
    except Malformed as error:
        raise Malformed(NO_HANDLE) from error


def _server(text: str, host: str) -> str:
    name = text.lower().rstrip(".")
    if "." not in name or not is_host(name):
        raise Malformed(NO_HOST)
    if name == host:
        raise Malformed(OURS)
    return name


def _post(text: str, _host: str) -> str:
    try:
        if text.startswith(("https://", "http://")):
            return canonical(text)
    except Malformed:
        pass
    raise Malformed(NO_ADDRESS)


def _hashtag(text: str, _host: str) -> str:
    if name := name_of(text):
        return name
    raise Malformed(NO_HASHTAG)


_CHECKS: dict[str, Callable[[str, str], str]] = {
    **dict.fromkeys(("group", "block", "mute", "note", "list"), _account),
    "host": _server,
    "post": _post,
    "hashtag": _hashtag,
    "filter": lambda text, _host: text,
}
