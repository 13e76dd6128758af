"""Pictures that are drawn for the tests, honest ones and traps."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

GPS = 0x8825
ORIENTATION = 0x0112
SECRET = "48.8584 N, 2.2945 E, by Olga"
"""What must be in nothing that we show."""


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def halves(width: int = 60, height: int = 40) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def photo(width: int = 60, height: int = 40, orientation: int = 1) -> bytes:
    """A JPEG as a phone makes it: with the place, a comment and a colour profile."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010E] = SECRET
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[29] = SECRET
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return written(
        halves(width, height),
        "JPEG",
        quality=95,
        exif=exif,
        comment=SECRET.encode(),
        icc_profile=profile,
    )


def png(width: int = 60, height: int = 40) -> bytes:
    """A PNG with text beside its pixels."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET)
    info.add_itxt("XML:com.adobe.xmp", f"<script>{SECRET}</script>")
    return written(halves(width, height), "PNG", pnginfo=info)


def moving(kind: str = "GIF", frames: int = 3, width: int = 60, height: int = 40) -> bytes:
    """A picture that moves."""
    pictures = [
        Image.new("RGB", (width, height), (80 * (n % 3), 0, n % 251)) for n in range(frames)
    ]
    first, *rest = pictures
    options = {"comment": SECRET.encode()} if kind == "GIF" else {}
    return written(first, kind, save_all=True, append_images=rest, duration=50, **options)


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few bytes that says it is as large as that."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n"
PSD = b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + b"\0" * 14
ACTIVITY = b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Note","id":"https://x/"}'
PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nconcat:http://127.0.0.1/a|file:///etc/passwd\n"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41" + b"\0" * 64


def tiff() -> bytes:
    return written(halves(), "TIFF")


def polyglot() -> bytes:
    """A GIF that is a script as well, with an archive behind it."""
    return moving(frames=1) + b"/*" + HTML + b"*/=1;PK\x03\x04"
