"""This module fetches the pictures that other servers show, and keeps copies that we made of them.

A copy is kept for so many days and then fetched anew, as long as a post shows the picture (those of
actors, icons and banners, need no post); where all have more bytes than they may, the oldest make
room. That there is no picture at a URL is remembered too. Nothing here runs inside a transaction:
it fetches.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from federation import clock, limits, origin, storage
from federation.errors import (
    Blocked,
    FederationError,
    Gone,
    Slowed,
    Unreachable,
)
from federation.flights import Flights
from federation.wire import Wire
from fedigroups.media import bearers, names
from fedigroups.media.decoding import Decoded, Decoder
from fedigroups.media.pictures import Asked
from fedigroups.media.store import Store

ACCEPT = "image/webp, image/avif, image/png, image/jpeg, image/gif, image/*;q=0.8"
_COME_BACK_SECONDS = 10.0
_EVICTED_AT_ONCE = 50

log = structlog.get_logger("fedigroups.media")


@dataclass(frozen=True, slots=True)
class Copy:
    """A file of ours that shows what another server shows."""

    key: str
    type: str


class Copies:
    """Copies of other servers' pictures: `most_bytes` of them, each for so many days."""

    def __init__(
        self, wire: Wire, store: Store, decoder: Decoder, *, most_bytes: int, days: int
    ) -> None:
        self._wire = wire
        self._store = store
        self._decoder = decoder
        self._most_bytes = most_bytes
        self._kept_ms = days * clock.DAY
        self._flights: Flights[storage.Row] = Flights()
        self._turn = asyncio.Semaphore(limits.REMOTE_PICTURES_AT_ONCE)
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}
        self._waiting = 0

    async def find(self, asked: Asked) -> Copy:
        """Our copy, fetched unless it is here; those who ask at once share the errand.

        Raises `Gone` when no post shows the picture any more, or there is none to be had (asked
        again after an hour or a day), `Blocked` for a host that an operator here blocked, `Slowed`
        when too many are fetched.
        """
        if await self._wire.peers.is_blocked(origin.host_of(asked.url)):
            raise Blocked(f"{origin.host_of(asked.url)} is blocked here")
        kind = _kind(asked)
        digest = bearers.digest(asked.url, kind)
        if kind == bearers.PICTURE and not await bearers.are_there(digest):
            raise Gone(f"no post here shows {asked.url} any more", status=404)
        row = await storage.row("SELECT * FROM remote_picture WHERE digest = ?", digest)
        if row is None or row["until"] <= clock.now_ms():
            row = await self._flights.share(digest, lambda: self._fetched(digest, asked, row))
        if not row["key"]:
            raise Gone(f"there is no picture at {asked.url}: {row['reason']}", status=404)
        if asked.size == "preview":
            return Copy(names.preview(row["key"]), names.PREVIEW_TYPE)
        return Copy(names.file(row["key"], row["type"]), row["type"])

    async def _fetched(self, digest: str, asked: Asked, before: storage.Row | None) -> storage.Row:
        """The row, written anew. One that cannot be fetched anew just now stays as it is."""
        try:
            async with self._place(origin.host_of(asked.url)):
                decoded = await self._decoded(asked)
        except Slowed:
            raise
        except FederationError as error:
            log.info("media.not_fetched", url=asked.url, reason=str(error))
            is_later = isinstance(error, Unreachable)
            if is_later and before is not None and before["key"]:
                return before
            seconds = limits.NEGATIVE_SECONDS if is_later else limits.PICTURE_REFUSED_SECONDS
            await self._drop_files(before)
            return await _write(digest, asked, "", "", 0, str(error), seconds * clock.SECOND)
        row = await self._kept(digest, asked, decoded)
        if before is not None and before["type"] != row["type"]:
            await self._drop_files(before, but=names.preview(row["key"]))
        await self._make_room()
        return row

    async def _decoded(self, asked: Asked) -> Decoded:
        answer = await self._wire.fetcher.raw(
            asked.url, accept=ACCEPT, max_bytes=limits.REMOTE_IMAGE_BYTES
        )
        if asked.size == "icon":
            return await self._decoder.icon(answer.body)
        return await self._decoder.picture(answer.body)

    async def _kept(self, digest: str, asked: Asked, decoded: Decoded) -> storage.Row:
        stem, whole, preview = names.of(digest), decoded.whole, decoded.preview
        size = len(whole.content) + (len(preview.content) if preview else 0)
        # Named before it is written: a crash then leaves no file that nobody knows.
        await _write(digest, asked, stem, whole.type, size, "", 0)
        await self._store.put(names.file(stem, whole.type), whole.content, whole.type)
        if preview is not None:
            await self._store.put(names.preview(stem), preview.content, preview.type)
        return await _write(digest, asked, stem, whole.type, size, "", self._kept_ms)

    async def _make_room(self) -> None:
        """Drop the oldest copies as long as all together have too many bytes."""
        while await kept_bytes() > self._most_bytes:
            oldest = await storage.rows(
                "SELECT * FROM remote_picture WHERE key <> '' ORDER BY fetched_at LIMIT ?",
                _EVICTED_AT_ONCE,
            )
            for row in oldest:
                await self.drop(row)
                if await kept_bytes() <= self._most_bytes:
                    return

    async def drop(self, row: storage.Row) -> None:
        """Forget a copy: its files, then its row."""
        await self._drop_files(row)
        await storage.execute(
            "DELETE FROM remote_picture WHERE digest = ? AND key = ?", row["digest"], row["key"]
        )

    async def _drop_files(self, row: storage.Row | None, *, but: str = "") -> None:
        if row is not None and row["key"]:
            for key in (names.file(row["key"], row["type"]), names.preview(row["key"])):
                if key != but:
                    await self._store.delete(key)

    @asynccontextmanager
    async def _place(self, host: str) -> AsyncIterator[None]:
        """One of the places for fetches, of which one host gets only so many."""
        if self._waiting >= limits.REMOTE_PICTURES_WAITING:
            raise Slowed("everybody together", _COME_BACK_SECONDS)
        here, users = self._hosts.get(host, (asyncio.Semaphore(limits.REMOTE_PICTURES_PER_HOST), 0))
        self._hosts[host] = (here, users + 1)
        self._waiting += 1
        try:
            async with here, self._turn:
                yield
        finally:
            self._waiting -= 1
            here, users = self._hosts.pop(host)
            if users > 1:
                self._hosts[host] = (here, users - 1)


async def kept_bytes() -> int:
    """The bytes of all copies."""
    row = await storage.row("SELECT COALESCE(SUM(bytes), 0) AS bytes FROM remote_picture")
    return int(row["bytes"]) if row else 0


def _kind(asked: Asked) -> str:
    """A picture and its preview are made together."""
    return asked.size if asked.size in {"icon", "banner"} else bearers.PICTURE


async def _write(
    digest: str, asked: Asked, key: str, type_: str, size: int, reason: str, kept_ms: int
) -> storage.Row:
    now = clock.now_ms()
    rows = await storage.rows(
        "INSERT INTO remote_picture"
        " (digest, kind, url, key, type, bytes, reason, fetched_at, until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET"
        " key = excluded.key, type = excluded.type, bytes = excluded.bytes,"
        " reason = excluded.reason, fetched_at = excluded.fetched_at, until = excluded.until"
        " RETURNING *",
        *(digest, _kind(asked), asked.url, key, type_, size, reason[:500], now, now + kept_ms),
    )
    return rows[0]
