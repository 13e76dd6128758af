"""This module serves our own style sheet, script and pictures, named after their bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

DIRECTORY = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
JOINED = {
    "member.js": ("vendor/htmx-2.0.8.min.js", "pages.js", "keys.js", "compose.js"),
    "visitor.js": ("pages.js", "keys.js"),
}
"""Files that are served as one: each that a page needs is a request."""
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """A file in memory, and the name with its hash that it is served under."""

    served_as: str
    content: bytes
    media_type: str


def _load(directory: Path) -> dict[str, File]:
    found = {
        path.name: _file(Path(path.name), path.read_bytes())
        for path in sorted(directory.iterdir())
        if path.suffix in TYPES
    }
    for name, parts in JOINED.items():
        content = b"\n".join((directory / part).read_bytes() for part in parts)
        found[name] = _file(Path(name), content)
    return found


def _file(name: Path, content: bytes) -> File:
    digest = hashlib.sha256(content).hexdigest()[:12]
    return File(f"{name.stem}.{digest}{name.suffix}", content, TYPES[name.suffix])


FILES = _load(DIRECTORY)
_BY_SERVED_NAME = {file.served_as: file for file in FILES.values()}


def url(name: str) -> str:
    """The path under which the file `name` is served; KeyError when there is none."""
    return f"/static/{FILES[name].served_as}"


async def serve(request: Request) -> Response:
    """One of the files read at start; a path never reaches the disk."""
    file = _BY_SERVED_NAME.get(request.path_params["name"])
    if file is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    return Response(file.content, headers={"Cache-Control": FOR_EVER}, media_type=file.media_type)


async def favicon(_request: Request) -> Response:
    """The icon, for programs that ask where icons used to be."""
    return Response(FILES["favicon.svg"].content, media_type=TYPES[".svg"])


def routes() -> list[Route]:
    """The routes of the files."""
    return [Route("/static/{name}", serve), Route("/favicon.ico", favicon)]
