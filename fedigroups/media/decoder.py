"""This program makes, of a stranger's bytes, pictures of our own, with no rights at all.

It reads the bytes on its standard input and the job in its one argument (JSON, see `Job`). It
writes a line of JSON and then the pictures. Whatever its decoders do, they do it within the memory
and seconds of the job, and can open neither file nor socket. It is run as a file, with an empty
environment, and imports nothing of ours.
"""

from __future__ import annotations

import io
import json
import math
import resource
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import blurhash
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    ImageSequence,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

PLUGINS = (
    AvifImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
"""Imported now, because nothing can be opened later."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
"""Never SVG, PDF, EPS, PSD or TIFF, whatever a file is called."""
KEPT = {
    "JPEG": "JPEG",
    "MPO": "JPEG",
    "PNG": "PNG",
    "GIF": "PNG",
    "WEBP": "WEBP",
    "AVIF": "WEBP",
}
"""What a still picture is written as. A GIF that does not move is a PNG; an MPO is the JPEG of some
phones, with a second picture behind the first."""
ANIMATED = ("GIF", "WEBP")
"""What moves on. Of an animated PNG or AVIF the first frame is kept."""
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
_OPTIONS: dict[str, dict[str, int | bool]] = {
    "JPEG": {"quality": 85, "progressive": True},
    "PNG": {},
    "WEBP": {"quality": 85, "method": 3},
    "GIF": {"disposal": 2},
}
_HASHED_EDGE = 32


class Refused(Exception):
    """The bytes are no picture that we take; the message ends a sentence that begins "The file"."""


@dataclass(frozen=True)
class Job:
    """What may be used up, and what is wanted."""

    memory: int
    seconds: int
    pixels: int
    edge: int
    frames: int
    animation_pixels: int
    bytes: int
    """Of a picture that we write."""
    whole: int
    """Pixels of the picture, at most."""
    preview: int
    """Pixels of a smaller one; 0 for none, and then the picture never moves."""


@dataclass(frozen=True)
class Picture:
    """A picture that we wrote."""

    content: bytes
    type: str
    width: int
    height: int


def main() -> None:
    """Do the job, or say why not."""
    job = Job(**json.loads(sys.argv[1]))
    _confine(job)
    pictures: list[Picture] = []
    try:
        said, pictures = made(sys.stdin.buffer.read(), job)
    except Refused as refusal:
        said = {"refused": str(refusal)}
    except MemoryError:
        said = {"refused": "takes too much memory to open"}
    except Exception as error:  # a decoder that stumbles over bytes raises anything
        said = {"refused": "is broken, or is no picture", "error": repr(error)[:200]}
    said["pictures"] = [
        {"bytes": len(one.content), "type": one.type, "width": one.width, "height": one.height}
        for one in pictures
    ]
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    for one in pictures:
        sys.stdout.buffer.write(one.content)


def _confine(job: Job) -> None:
    Image.preinit()
    for what, wanted in (
        (resource.RLIMIT_AS, job.memory),
        (resource.RLIMIT_CPU, job.seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        _, allowed = resource.getrlimit(what)  # one may lower one's rights, never raise them
        most = wanted if allowed == resource.RLIM_INFINITY else min(wanted, allowed)
        resource.setrlimit(what, (most, most))
    Image.MAX_IMAGE_PIXELS = 4 * job.pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def made(content: bytes, job: Job) -> tuple[dict[str, object], list[Picture]]:
    """What is to be said of the picture, and the pictures: whole, then the preview if wanted."""
    opened = _opened(content, job)
    kind = opened.format or ""
    frames = getattr(opened, "n_frames", 1) if kind in ANIMATED and job.preview else 1
    if frames > 1:
        first, whole = _moving(opened, kind, frames, job)
    else:
        first = _still(opened)
        whole = _written(_shrunk(first, job.whole), KEPT[kind], job)
    said = {"animated": frames > 1, "blurhash": _hash(first)}
    if not job.preview:
        return said, [whole]
    return said, [whole, _written(_shrunk(first, job.preview), "WEBP", job)]


def _opened(content: bytes, job: Job) -> Image.Image:
    """The picture, its head read alone: what size it says decides whether it is decoded."""
    try:
        opened = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Refused("is no JPEG, PNG, WebP, GIF or AVIF picture") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(f"has more than {job.pixels:,} pixels") from error
    width, height = opened.size
    if KEPT[opened.format or ""] == "JPEG" and width * height > job.pixels:
        opened.draft("RGB", (width // 2, height // 2))
        width, height = opened.size
    if width * height > job.pixels:
        raise Refused(f"has {width} x {height} pixels, which is more than {job.pixels:,}")
    if max(width, height) > job.edge:
        raise Refused(
            f"has a side of {max(width, height):,} pixels, which is more than {job.edge:,}"
        )
    return opened


def _moving(opened: Image.Image, kind: str, frames: int, job: Job) -> tuple[Image.Image, Picture]:
    width, height = opened.size
    if frames > job.frames:
        raise Refused(f"has {frames} frames, which is more than {job.frames}")
    if frames * width * height > job.animation_pixels or width * height > job.whole:
        raise Refused(f"moves, and is too large for that: {frames} times {width} x {height} pixels")
    pictures: list[Image.Image] = []
    durations: list[int] = []
    for frame in ImageSequence.Iterator(opened):
        durations.append(min(max(int(frame.info.get("duration") or 100), 20), 10_000))
        pictures.append(_plain(frame))
    first, *rest = pictures
    out = io.BytesIO()
    first.save(
        out,
        kind,
        save_all=True,
        append_images=rest,
        duration=durations,
        loop=0,
        **_OPTIONS[kind],
    )
    return first, _checked(Picture(out.getvalue(), TYPES[kind], width, height), job)


def _still(opened: Image.Image) -> Image.Image:
    """The first frame, upright, in sRGB, and with nothing but pixels."""
    opened.load()
    return _plain(_in_srgb(ImageOps.exif_transpose(opened)))


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone: no EXIF, no comment, no colour profile, no text goes along."""
    if image.mode.startswith("I"):  # 16 bits of grey, of which a conversion would keep the whites
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    plain.info = {}
    return plain


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours as they were meant, since the profile that says so is not kept."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        found = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return found or image


_SRGB = ImageCms.createProfile("sRGB")


def _shrunk(image: Image.Image, pixels: int) -> Image.Image:
    width, height = image.size
    scale = math.sqrt(pixels / (width * height))
    if scale >= 1:
        return image
    return image.resize((max(int(width * scale), 1), max(int(height * scale), 1)))


def _written(image: Image.Image, kind: str, job: Job) -> Picture:
    """The picture in that format; as WebP where that would be too many bytes."""
    out = io.BytesIO()
    image.save(out, kind, **_OPTIONS[kind])
    if out.tell() > job.bytes and kind == "PNG":
        return _written(image, "WEBP", job)
    return _checked(Picture(out.getvalue(), TYPES[kind], *image.size), job)


def _checked(picture: Picture, job: Job) -> Picture:
    if len(picture.content) > job.bytes:
        raise Refused(f"is larger than {job.bytes:,} bytes, written as it is kept here")
    return picture


def _hash(image: Image.Image) -> str:
    """The blurhash, on white where one can see through it; of 32 pixels, or it takes a second."""
    small = image.copy()
    small.thumbnail((_HASHED_EDGE, _HASHED_EDGE))
    ground = Image.new("RGBA", small.size, "white")
    ground.alpha_composite(small.convert("RGBA"))
    found: str = blurhash.encode(list(_rows(ground.convert("RGB"))), 4, 3)
    return found


def _rows(image: Image.Image) -> Iterator[list[list[int]]]:
    width, height = image.size
    values = image.tobytes()
    for y in range(height):
        row = values[y * width * 3 : (y + 1) * width * 3]
        yield [list(row[x : x + 3]) for x in range(0, width * 3, 3)]


if __name__ == "__main__":
    main()
