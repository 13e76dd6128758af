"""This module puts together what an instance needs to take, keep and show pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from federation.wire import Wire
from fedigroups.media import store as stores
from fedigroups.media.copies import Copies
from fedigroups.media.decoding import Decoder
from fedigroups.media.pictures import PATH, Pictures
from fedigroups.media.store import Store

MEGABYTE = 1_000_000


class Where(stores.Where, Protocol):
    """What of the settings this module needs."""

    @property
    def media_url(self) -> str:
        """Where visitors find our files; empty for our own origin."""

    @property
    def media_proxy(self) -> bool:
        """Whether pictures of other servers are shown from here."""

    @property
    def media_quota_mb(self) -> int:
        """Of the pictures of one person."""

    @property
    def media_cache_mb(self) -> int:
        """Of all copies of other servers' pictures."""

    @property
    def media_cache_days(self) -> int:
        """How long such a copy is kept."""


@dataclass(frozen=True, slots=True)
class Library:
    """The pictures of an instance."""

    store: Store
    decoder: Decoder
    pictures: Pictures
    copies: Copies
    quota: int
    """Bytes that one person's pictures may have."""

    async def close(self) -> None:
        """Close what is open of the store."""
        await self.store.close()


def build(settings: Where, wire: Wire) -> Library:
    """The library that the settings ask for."""
    config = wire.config
    store, decoder = stores.choose(settings, config), Decoder()
    place = settings.media_url.rstrip("/") or f"{config.origin}{PATH}"
    return Library(
        store=store,
        decoder=decoder,
        pictures=Pictures(config.origin, place, config.secret, settings.media_proxy),
        copies=Copies(
            wire,
            store,
            decoder,
            most_bytes=settings.media_cache_mb * MEGABYTE,
            days=settings.media_cache_days,
        ),
        quota=settings.media_quota_mb * MEGABYTE,
    )
