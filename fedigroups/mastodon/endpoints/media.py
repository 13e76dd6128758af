"""Pictures for apps: uploaded before the post that they are for, described, taken back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation import ids, limits
from federation.errors import NotHere, Unreachable
from federation.models import Actor
from fedigroups.api import body as bodies
from fedigroups.api.answers import ApiError, json_answer
from fedigroups.api.body import Body
from fedigroups.media import names, uploads
from fedigroups.media.library import Library
from fedigroups.media.models import Media
from fedigroups.media.uploads import Words
from fedigroups.oauth.access import authorised

_FORM_BYTES = limits.UPLOAD_BYTES + limits.FORM_BYTES
_SCOPE = "write:media"


def routes() -> list[BaseRoute]:
    """The addresses of pictures; those of the first version are what older clients ask."""
    return [
        Route("/api/v1/media", upload, methods=["POST"]),
        Route("/api/v2/media", upload, methods=["POST"]),
        Route("/api/v1/media/{id}", show, methods=["GET"]),
        Route("/api/v1/media/{id}", describe, methods=["PUT"]),
        Route("/api/v1/media/{id}", take_back, methods=["DELETE"]),
    ]


async def upload(request: Request) -> Response:
    """`POST /api/v2/media`: a file, which is ready when this answers (200, never 202)."""
    access = await authorised(request, _SCOPE)
    sent = await bodies.read(request, most=_FORM_BYTES, files=2)  # a thumbnail is not used
    try:
        media = await _accepted(request.app.state.media, access.actor, sent)
    except Unreachable as error:
        raise ApiError(503, str(error)) from error
    finally:
        await sent.close()
    return json_answer(attachment(media))


async def _accepted(library: Library, actor: Actor, sent: Body) -> Media:
    file = sent.file("file")
    if file is None:
        raise ApiError(422, "Validation failed: File can't be blank")
    return await uploads.accept(library, actor, bodies.pieces(file), _words(sent, None))


async def show(request: Request) -> Response:
    """`GET /api/v1/media/:id`: a picture of theirs."""
    access = await authorised(request, _SCOPE)
    return json_answer(attachment(await uploads.find(access.actor, _id(request))))


async def describe(request: Request) -> Response:
    """`PUT /api/v1/media/:id`: other words for one that waits; what is not sent stays."""
    access = await authorised(request, _SCOPE)
    sent = await bodies.read(request)
    found = await uploads.find(access.actor, _id(request))
    media = await uploads.describe(access.actor, found.id, _words(sent, found))
    return json_answer(attachment(media))


async def take_back(request: Request) -> Response:
    """`DELETE /api/v1/media/:id`: forget one that waits."""
    access = await authorised(request, _SCOPE)
    await uploads.take_back(access.actor, _id(request))
    return json_answer({})


def attachment(media: Media) -> dict[str, Any]:
    """A MediaAttachment. A picture that moves is an `image` too: `gifv` is a film."""
    return {
        "id": str(media.id),
        "type": "image",
        "url": media.url,
        "preview_url": names.preview_beside(media.url),
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {
            "original": _measures(media.width, media.height),
            "small": _measures(media.preview_width, media.preview_height),
            "focus": {"x": media.focus_x, "y": media.focus_y},
        },
        "description": media.description or None,
        "blurhash": media.blurhash,
    }


def _measures(width: int, height: int) -> dict[str, Any]:
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": width / height if height else 1.0,
    }


def _words(sent: Body, before: Media | None) -> Words:
    """What is said of the picture now, or was said before."""
    description = before.description if before else ""
    focus = (before.focus_x, before.focus_y) if before else uploads.CENTRE
    if "description" in sent:
        description = sent.text("description")
    if "focus" in sent:
        focus = uploads.focus_of(sent.text("focus"))
    return Words(description, focus)


def _id(request: Request) -> int:
    text = request.path_params["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= ids.BIGGEST):
        raise NotHere("Record not found")
    return int(text)
