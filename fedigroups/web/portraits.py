"""This module takes in the icon and the banner of a group, a person or the instance from a form."""

from __future__ import annotations

from starlette.requests import Request

from federation import limits
from federation.models import Actor
from fedigroups.api.body import Body
from fedigroups.media import uploads
from fedigroups.media.models import Media

PICTURES = ("icon", "banner")
FORM_BYTES = len(PICTURES) * limits.UPLOAD_BYTES + limits.FORM_BYTES


async def uploaded(request: Request, actor: Actor, sent: Body, field: str) -> Media | None:
    """The picture in a field of `PICTURES`, taken in for an actor; None when none was chosen.

    Raises as `uploads.accept` does.
    """
    file = sent.file(field)
    if file is None:
        return None
    content = await file.read()
    await file.close()
    if not content:
        return None
    accept = uploads.accept_icon if field == "icon" else uploads.accept
    return await accept(request.app.state.media, actor, content)
