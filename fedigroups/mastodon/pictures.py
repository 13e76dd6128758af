"""This module draws the pictures of whoever has none: decoders demand an address for each.

IceCubes fails on an empty address, and most programs cannot draw SVG, so these are PNG.
"""

from __future__ import annotations

import struct
import zlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Colour = tuple[int, int, int]

SIDE = 120
HEADER = (300, 100)
_GROUND: Colour = (225, 229, 234)
_SHAPE: Colour = (138, 148, 160)


def routes() -> list[Route]:
    """Where the pictures are."""
    return [Route("/pictures/{name}.png", picture, methods=["GET"])]


def url(origin: str, name: str) -> str:
    """The address of a picture: `person`, `group`, `header` or `thumbnail`."""
    return f"{origin}/pictures/{name}.png"


async def picture(request: Request) -> Response:
    """`GET /pictures/{name}.png`."""
    content = _PICTURES.get(request.path_params["name"])
    if content is None:
        return Response("There is no such picture.\n", 404, media_type="text/plain")
    headers = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}
    return Response(content, headers=headers, media_type="image/png")


def _png(width: int, height: int, rows: list[bytes]) -> bytes:
    """A PNG of rows in plain RGB (RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _heads(*middles: tuple[int, int]) -> bytes:
    """People from the shoulders up, each with the middle of the head at one of the points."""

    def is_inside(x: int, y: int) -> bool:
        return any(
            (x - cx) ** 2 + (y - cy) ** 2 < 19**2
            or (y < 105 and ((x - cx) / 30) ** 2 + ((y - cy - 62) / 38) ** 2 < 1)
            for cx, cy in middles
        )

    rows = [
        b"".join(bytes(_SHAPE if is_inside(x, y) else _GROUND) for x in range(SIDE))
        for y in range(SIDE)
    ]
    return _png(SIDE, SIDE, rows)


def _plain(width: int, height: int) -> bytes:
    return _png(width, height, [bytes(_GROUND) * width] * height)


_PICTURES = {
    "person": _heads((60, 42)),
    "group": _heads((36, 40), (84, 40), (60, 48)),
    "header": _plain(*HEADER),
    "thumbnail": _plain(300, 157),
}
