"""This module notices commits after which pages and documents may read otherwise than before.

Both engines build on it. Whatever is written makes itself heard, unless its table is known to show
nowhere: a table that is forgotten here costs a little work, and never shows what is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

QUIET = frozenset(
    {
        *("receipt", "stream", "subscription", "lane", "ended", "peer", "setting"),
        *("session", "ticket", "recovery_code", "invitation", "group_invitation", "mail"),
        *("passkey", "spent_challenge", "mailing"),
        *("app", "oauth_code", "oauth_token"),
        *("notification", "bookmark", "stance", "muted_thread", "marker", "followed_tag"),
        *("listing", "listed", "word_filter", "filter_keyword", "filter_status", "once"),
        *("media", "remote_picture", "push_subscription", "push_message", "reading", "draft"),
        *("searched", "ballot", "deletion", "act", "announcement_read"),
    }
)
"""Tables that no page or document for everybody is made of, and that are written all the time.

What a post shows of its pictures is in its own row.
"""

_WRITTEN = re.compile(r'\b(?:INTO|(?<!FOR )(?<!DO )UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@lru_cache(maxsize=1_024)
def shows(sql: str) -> bool:
    """Whether the statement writes to a table that something is shown of."""
    return any(table.lower() not in QUIET for table in _WRITTEN.findall(sql))


def nobody() -> None:
    """Whom changes are told when nobody wants to know."""


def nowhere(_word: bytes) -> None:
    """Where words go that nobody wants to hear."""


class Watched(BaseDBAsyncClient):
    """A database client that calls `changed` when it wrote what is shown, after the commit.

    `said` is given what acts say (`fedigroups/news.py`), after their commit too.
    """

    changed: Callable[[], None] = staticmethod(nobody)
    said: Callable[[bytes], None] = staticmethod(nowhere)

    def say(self, word: bytes) -> None:
        """Something happened; outside of a transaction it is committed."""
        self.said(word)

    def wrote(self) -> None:
        """Something that is shown was written; outside of a transaction that is a commit."""
        self.changed()

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """As the client does."""
        try:
            return await super().execute_insert(query, values)
        finally:
            self._heed(query)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        """As the client does."""
        try:
            await super().execute_many(query, values)
        finally:
            self._heed(query)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        """As the client does."""
        try:
            return await super().execute_query(query, values)
        finally:
            self._heed(query)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> Any:
        """As the client does."""
        try:
            return await super().execute_query_dict(query, values)
        finally:
            self._heed(query)

    async def execute_script(self, query: str) -> None:
        """As the client does."""
        try:
            await super().execute_script(query)
        finally:
            self._heed(query)

    def _heed(self, sql: str) -> None:
        if shows(sql):
            self.wrote()


class WatchedTransaction(Watched):
    """A transaction of a watched client: it tells when it has ended. Savepoints are within it."""

    _touched = False
    _words: tuple[bytes, ...] = ()

    def say(self, word: bytes) -> None:
        """Something happened, and is not committed yet."""
        self._words += (word,)

    def committed(self) -> None:
        """What was said is true from now on."""
        words, self._words = self._words, ()
        if isinstance(self._parent, Watched):
            for word in words:
                self._parent.say(word)

    def wrote(self) -> None:
        """Something that is shown was written, and is not committed yet."""
        self._touched = True

    def ended(self) -> None:
        """It was committed, or it failed: whoever cannot know looks anew."""
        if self._touched and isinstance(self._parent, Watched):
            self._parent.wrote()
