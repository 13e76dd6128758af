"""This module makes the colours that pages need from a single one, so that all stays readable."""

from __future__ import annotations

import re
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fedigroups.web.static import FOR_EVER

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
LIGHT: Colour = (241, 239, 233)
"""The darkest ground of a light page (`--sunken` of the style sheet)."""
DARK: Colour = (28, 32, 35)
"""The lightest ground of a dark page (`--surface`)."""
READABLE = 5.5
"""Of text on its ground: WCAG 2.2 asks for 4.5 (1.4.3), and softer grounds take some of it."""
STEP = 0.05
BARS = 0.35
"""How much of the colour bars of charts have."""

_HEX = re.compile(r"[0-9a-f]{6}")


def routes() -> list[BaseRoute]:
    """The style sheet."""
    return [Route("/look.css", look)]


async def look(request: Request) -> Response:
    """`/look.css?0f6b5c`: the colours of pages, made of that one."""
    asked = request.url.query
    if not _HEX.fullmatch(asked):
        return Response("There is no such file.\n", 404, media_type="text/plain")
    return Response(sheet(asked), headers={"Cache-Control": FOR_EVER}, media_type="text/css")


@lru_cache(maxsize=16)
def sheet(chosen: str) -> str:
    """What differs from the usual style sheet: by day darkened, by night lightened to read."""
    colour = (int(chosen[:2], 16), int(chosen[2:4], 16), int(chosen[4:], 16))
    day, night = readable(colour, LIGHT, BLACK), readable(colour, DARK, WHITE)
    pairs = {
        "accent": (day, night),
        "accent-strong": (mixed(day, BLACK, 0.25), mixed(night, WHITE, 0.25)),
        "on-accent": (WHITE, BLACK),
        "accent-soft": (mixed(WHITE, day, 0.08), mixed(DARK, night, 0.08)),
    }
    lines = [f"  --{name}: light-dark({_hex(a)}, {_hex(b)});\n" for name, (a, b) in pairs.items()]
    bars = f"light-dark({_hex(mixed(WHITE, day, BARS))}, {_hex(mixed(DARK, night, BARS))})"
    others = f".logo-ground {{ fill: {_hex(day)}; }}\n.chart-whole {{ fill: {bars}; }}\n"
    return f":root {{\n{''.join(lines)}}}\n{others}"


def readable(colour: Colour, ground: Colour, towards: Colour) -> Colour:
    """The colour, mixed with as much of another as it takes to be read on the ground."""
    part = 0.0
    while contrast(mixed(colour, towards, part), ground) < READABLE and part < 1:
        part += STEP
    return mixed(colour, towards, min(part, 1.0))


def mixed(colour: Colour, other: Colour, part: float) -> Colour:
    """The colour with so much of the other in it."""
    r, g, b = (round(a + (c - a) * part) for a, c in zip(colour, other, strict=True))
    return r, g, b


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21, as WCAG 2.2 reckons it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [one / 255 for one in colour]
    r, g, b = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
