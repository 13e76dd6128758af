"""This module has strangers' pictures decoded, in processes that may use only so much."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from federation import limits
from federation.errors import Malformed, Slowed, Unreachable
from fedigroups.media.decoder import Job

_PROGRAM = str(Path(__file__).with_name("decoder.py"))
_COME_BACK_SECONDS = 30.0
_SPENT = {-one for one in (signal.SIGKILL, signal.SIGXCPU, signal.SIGSEGV, signal.SIGABRT)}
"""How a decoder ends that was given too much, or that fell over it."""

log = structlog.get_logger("fedigroups.media")


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of our own making: a still or a moving one, with nothing but pixels in it."""

    content: bytes
    type: str
    """`image/jpeg`, `image/png`, `image/webp` or `image/gif`."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """What was made of a file; `preview` is None where none was wanted."""

    whole: Image
    preview: Image | None
    blurhash: str
    animated: bool


class Decoder:
    """Decodes `limits.DECODERS` files at a time; more wait for their turn."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(limits.DECODERS)
        self._waiting = 0

    async def picture(self, content: bytes) -> Decoded:
        """The picture and a preview of it.

        Raises `Malformed` for what is no picture, is broken, or is too large in pixels or frames;
        the message is for whoever uploads it. Raises `Slowed` when too many wait, `Unreachable`
        when nothing can be decoded on this machine.
        """
        return await self._decoded(content, limits.STORED_PIXELS, limits.PREVIEW_PIXELS)

    async def icon(self, content: bytes) -> Decoded:
        """The picture alone, small and still. Raises what `picture` raises."""
        return await self._decoded(content, limits.ICON_PIXELS, 0)

    async def _decoded(self, content: bytes, whole: int, preview: int) -> Decoded:
        if self._waiting >= limits.DECODES_WAITING:
            raise Slowed("everybody together", _COME_BACK_SECONDS)
        self._waiting += 1
        try:
            async with self._turn:
                return _read(await _run(content, _job(whole, preview)))
        finally:
            self._waiting -= 1


def _job(whole: int, preview: int) -> Job:
    return Job(
        memory=limits.DECODER_MEMORY,
        seconds=limits.DECODER_SECONDS,
        pixels=limits.IMAGE_PIXELS,
        edge=limits.IMAGE_EDGE,
        frames=limits.IMAGE_FRAMES,
        animation_pixels=limits.ANIMATION_PIXELS,
        bytes=limits.UPLOAD_BYTES,
        whole=whole,
        preview=preview,
    )


async def _run(content: bytes, job: Job) -> bytes:
    """What the decoder wrote.

    Raises `Malformed` when it used up what it may, `Unreachable` when it cannot even begin.
    """
    # -I: neither our environment nor the working directory says what it imports.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", _PROGRAM, json.dumps(asdict(job))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},
        cwd="/",
    )
    try:
        async with asyncio.timeout(2 * job.seconds):  # a busy machine gives it less than a core
            out, said = await process.communicate(content)
    except TimeoutError as error:
        raise Malformed("The file takes too long to open.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode in _SPENT:
        log.info("media.decoder_ended", status=process.returncode)
        raise Malformed("The file takes more time or memory to open than one picture may.")
    if process.returncode != 0:
        log.error("media.decoder_broken", status=process.returncode, said=said[-500:].decode())
        raise Unreachable("no picture can be opened here; whoever runs this: fedigroups doctor")
    return out


def _read(out: bytes) -> Decoded:
    head, _, rest = out.partition(b"\n")
    said: dict[str, Any] = json.loads(head)
    if "refused" in said:
        log.info("media.refused", reason=said["refused"], error=said.get("error", ""))
        raise Malformed("The file {why}.", why=said["refused"])
    images: list[Image] = []
    for one in said["pictures"]:
        content, rest = rest[: one["bytes"]], rest[one["bytes"] :]
        images.append(Image(content, one["type"], one["width"], one["height"]))
    whole, *previews = images
    return Decoded(whole, previews[0] if previews else None, said["blurhash"], said["animated"])
