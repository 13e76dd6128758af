"""The pictures: what people here uploaded, and copies of what other servers show.

A file is served with a type that we chose for bytes that we wrote, and as nothing but a picture:
a browser that is sent to it as a page gets an empty sandbox.
"""

from __future__ import annotations

import asyncio
import math
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from federation import limits, storage
from federation.errors import FederationError, Slowed, Unreachable
from fedigroups.media import names
from fedigroups.media.library import Library
from fedigroups.media.pictures import PATH, PROXY
from fedigroups.web.static import FOR_EVER

COPY_CACHE = "public, max-age=604800"
NONE_CACHE = "public, max-age=300"
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}
_RANGE = re.compile(r"bytes=(\d{1,12})?-(\d{1,12})?")


def routes(library: Library) -> list[BaseRoute]:
    """Every address of a picture."""
    served = Served(library)
    return [
        Route(f"{PROXY}/{{size}}/{{signature}}/{{name}}", served.copy),
        Route(f"{PATH}/{{key:path}}", served.file),
    ]


class Served:
    """The pictures of one instance."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._in_memory = asyncio.Semaphore(limits.MEDIA_IN_MEMORY)

    async def file(self, request: Request) -> Response:
        """A file that a post, an actor or a draft of somebody here has; else 404."""
        key: str = request.path_params["key"]
        stem = names.stem_of(key)
        row = stem and await storage.row(
            "SELECT type FROM media WHERE key = ? AND state IN ('waiting', 'held')", stem
        )
        if not row or key not in (names.file(stem, row["type"]), names.preview(stem)):
            return _none("There is no such picture.\n")
        type_ = names.PREVIEW_TYPE if key == names.preview(stem) else row["type"]
        return await self._sent(request, key, type_, FOR_EVER)

    async def copy(self, request: Request) -> Response:
        """Our copy of a picture elsewhere, for addresses that we signed and for no others."""
        asked = self.library.pictures.asked(
            *(request.path_params[part] for part in ("size", "signature", "name"))
        )
        if asked is None:
            return _none("There is no such picture.\n")
        try:
            found = await self.library.copies.find(asked)
        except Slowed as error:
            return _later(error.seconds)
        except Unreachable:
            return _later(60)
        except FederationError:
            return _none("There is no picture to be had.\n")
        return await self._sent(request, found.key, found.type, COPY_CACHE)

    async def _sent(self, request: Request, key: str, type_: str, cache: str) -> Response:
        name = key.rpartition("/")[2]
        headers = _SAFE | {
            "Cache-Control": cache,
            "Content-Disposition": f'inline; filename="{name}"',
        }
        path = self.library.store.path(key)
        if path is not None:
            return await _from_disk(path, headers, type_)
        try:
            async with self._in_memory:
                content = await self.library.store.get(key)
        except Unreachable:
            return _later(60)
        if content is None:
            return _none("There is no such picture.\n")
        return _part(content, request.headers.get("range", ""), headers, type_)


async def _from_disk(path: Path, headers: dict[str, str], type_: str) -> Response:
    if not await asyncio.to_thread(path.is_file):
        return _none("There is no such picture.\n")
    return FileResponse(path, headers=headers, media_type=type_)


def _part(content: bytes, wanted: str, headers: dict[str, str], type_: str) -> Response:
    """The bytes that a `Range` asks for; of several ranges, all (RFC 9110, section 14.2)."""
    headers = headers | {"Accept-Ranges": "bytes"}
    found, size = _RANGE.fullmatch(wanted.strip()), len(content)
    if found is None or not (found[1] or found[2]):
        return Response(content, headers=headers, media_type=type_)
    if found[1]:
        start, last = int(found[1]), min(int(found[2] or size), size - 1)
    else:
        start, last = max(size - int(found[2]), 0), size - 1
    if start > last:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{last}/{size}"
    return Response(content[start : last + 1], 206, headers, type_)


def _none(words: str) -> Response:
    return PlainTextResponse(words, 404, {"Cache-Control": NONE_CACHE})


def _later(seconds: float) -> Response:
    headers = {"Retry-After": str(math.ceil(seconds)), "Cache-Control": "no-store"}
    return PlainTextResponse("The picture cannot be had just now.\n", 503, headers)
