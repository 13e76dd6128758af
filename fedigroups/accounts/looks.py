"""This module changes how a person of this instance looks to others."""

from __future__ import annotations

from federation import clock, storage
from federation.models import Actor
from fedigroups.media import uploads
from fedigroups.media.models import Media


async def change(
    person: Actor, *, icon: Media | None = None, banner: Media | None = None, name: str = ""
) -> None:
    """Give somebody another icon, banner or name to show, committed; the old pictures go.

    Raises `Malformed` for a picture that is in use already.
    """
    columns: dict[str, str] = {"name": name} if name else {}
    async with storage.transaction():
        for field, media in (("icon", icon), ("banner", banner)):
            if media is not None:
                await uploads.hold(f"{person.uri}#{field}", [media])
                columns[f"{field}_url"] = media.url
        await Actor.filter(id=person.id).update(**columns, updated_at=clock.now_ms())
