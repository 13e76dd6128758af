"""The floor of processing a Create: the rows that any program must write for it, and no more.

The post, its thread, the two announcements that leave (each stored, remembered, and put on its
stream), and the receipt's end; one transaction, in tables of its own, by `sqlite3` alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE receipt (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE post (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE, thread INTEGER, body BLOB);
CREATE INDEX post_thread ON post (thread, id);
CREATE TABLE thread (id INTEGER PRIMARY KEY, seen INTEGER, posts INTEGER);
CREATE TABLE activity (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE, body BLOB);
CREATE TABLE announced (uri TEXT NOT NULL, form TEXT NOT NULL, PRIMARY KEY (uri, form));
CREATE TABLE stream (name TEXT PRIMARY KEY, head INTEGER);
CREATE TABLE entry (stream TEXT, seq INTEGER, activity INTEGER, PRIMARY KEY (stream, seq));
INSERT INTO stream VALUES ('thread', 0), ('microblog', 0);
"""


class Rows:
    """A database of these tables in a file."""

    def __init__(self, path: Path) -> None:
        self._link = sqlite3.connect(path, isolation_level=None)
        self._link.executescript(_TABLES)
        self._count = 0

    def create(self, bodies: Sequence[bytes]) -> None:
        """Write what one Create leaves, for each of these bodies."""
        for body in bodies:
            self._count += 1
            self._write(self._count, body)

    def _write(self, number: int, body: bytes) -> None:
        say, uri = self._link.execute, f"https://h.example/notes/{number}"
        say("BEGIN IMMEDIATE")
        say("INSERT INTO receipt VALUES (?, 'done')", (number,))
        say("INSERT INTO thread VALUES (?, 0, 1)", (number,))
        say("INSERT INTO post VALUES (?, ?, ?, ?)", (number, uri, number, body))
        for place, stream in enumerate(("thread", "microblog")):
            say("INSERT INTO announced VALUES (?, ?)", (uri, stream))
            say("INSERT INTO activity VALUES (?, ?, ?)", (2 * number + place, uri + stream, body))
            (head,) = say(
                "UPDATE stream SET head = head + 1 WHERE name = ? RETURNING head", (stream,)
            ).fetchone()
            say("INSERT INTO entry VALUES (?, ?, ?)", (stream, head, 2 * number + place))
        say("COMMIT")
