"""Strangers' bytes become pictures of our own, or a sentence that says why not."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageCms

import drawn
from federation import limits
from federation.errors import Malformed, Slowed, Unreachable
from fedigroups.media import decoding
from fedigroups.media.decoding import Decoded, Decoder

pytestmark = pytest.mark.anyio


async def picture(content: bytes) -> Decoded:
    return await Decoder().picture(content)


async def refusal(content: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        await picture(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "png"), ("AVIF", "webp")],
)
async def test_a_picture_of_each_format_is_made_anew_with_a_preview(kind: str, type_: str) -> None:
    made = await picture(drawn.written(drawn.halves(1_200, 800), kind))
    assert (made.whole.type, made.whole.width, made.whole.height) == (f"image/{type_}", 1_200, 800)
    assert made.preview is not None
    assert (made.preview.width, made.preview.height) == (587, 391)
    assert made.preview.type == "image/webp"
    left, right = (
        drawn.opened(made.whole.content).convert("RGB").getpixel(at) for at in ((9, 9), (1_190, 9))
    )
    assert left[0] > 200 > right[0]
    assert right[2] > 200 > left[2]
    assert len(made.blurhash) == 28
    assert not made.animated


@pytest.mark.parametrize(
    "content", [drawn.photo(), drawn.png(), drawn.moving(), drawn.moving("WEBP")]
)
async def test_nothing_but_pixels_is_left(content: bytes) -> None:
    made = await picture(content)
    assert made.preview is not None
    for image in (made.whole, made.preview):
        found = drawn.opened(image.content)
        assert not found.getexif()
        assert not {"icc_profile", "comment", "exif", "xmp", "Comment"} & set(found.info)
        assert drawn.SECRET.encode() not in image.content
        assert b"<script" not in image.content


async def test_a_photo_stands_upright_without_saying_so() -> None:
    made = await picture(drawn.photo(60, 40, orientation=6))
    assert (made.whole.width, made.whole.height) == (40, 60)
    top = drawn.opened(made.whole.content).convert("RGB").getpixel((20, 5))
    assert top[0] > 200


async def test_what_moves_goes_on_moving_and_its_preview_is_still() -> None:
    for kind in ("GIF", "WEBP"):
        made = await picture(drawn.moving(kind, frames=5))
        found = drawn.opened(made.whole.content)
        assert (made.animated, found.n_frames) == (True, 5)
        assert made.preview is not None
        assert getattr(drawn.opened(made.preview.content), "n_frames", 1) == 1


async def test_of_a_moving_png_the_first_frame_is_kept() -> None:
    made = await picture(drawn.moving("PNG"))
    assert not made.animated
    assert getattr(drawn.opened(made.whole.content), "n_frames", 1) == 1


async def test_an_icon_is_small_and_still() -> None:
    made = await Decoder().icon(drawn.moving("GIF", width=900, height=900))
    assert (made.whole.width, made.whole.height, made.preview) == (400, 400, None)
    assert made.whole.type == "image/png"


async def test_a_large_picture_is_made_smaller() -> None:
    made = await picture(drawn.written(Image.new("RGB", (5_000, 3_000)), "JPEG"))
    assert made.whole.width * made.whole.height <= limits.STORED_PIXELS
    assert made.whole.width / made.whole.height == pytest.approx(5 / 3, rel=0.01)


async def test_a_photo_with_more_pixels_than_we_decode_is_decoded_at_half_its_size() -> None:
    made = await picture(drawn.written(Image.new("RGB", (6_400, 4_000), "red"), "JPEG"))
    assert made.whole.width / made.whole.height == pytest.approx(1.6, rel=0.01)


async def test_colours_are_what_they_were_meant_to_be() -> None:
    """Printers' colours, sixteen bits of grey, and glass."""
    cmyk = await picture(drawn.written(drawn.halves().convert("CMYK"), "JPEG"))
    red = drawn.opened(cmyk.whole.content).getpixel((5, 5))
    assert red[0] > 200 > red[1] + 100
    grey = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")
    deep = drawn.opened((await picture(drawn.written(grey, "PNG"))).whole.content)
    assert [deep.getpixel((0, y))[0] for y in (0, 128, 255)] == [0, 128, 255]
    glass = await picture(drawn.written(Image.new("RGBA", (9, 9), (255, 0, 0, 100)), "PNG"))
    assert drawn.opened(glass.whole.content).getpixel((4, 4)) == (255, 0, 0, 100)


async def test_the_second_picture_in_a_phones_jpeg_is_left_out() -> None:
    content = drawn.written(
        drawn.halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))]
    )
    made = await picture(content)
    assert made.whole.type == "image/jpeg"
    assert getattr(drawn.opened(made.whole.content), "n_frames", 1) == 1


async def test_a_broken_colour_profile_spoils_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for broken in (b"nonsense", profile[: len(profile) // 2]):
        await picture(drawn.written(drawn.halves(), "JPEG", icc_profile=broken))


@pytest.mark.parametrize(
    "content",
    [
        *(drawn.SVG, drawn.HTML, drawn.PDF, drawn.EPS, drawn.PSD, drawn.ACTIVITY, drawn.MP4),
        *(drawn.PLAYLIST, drawn.tiff(), b"", b"\0" * 100, b"GIF89a", b"\x89PNG\r\n\x1a\n"),
    ],
)
async def test_what_is_no_picture_is_refused_in_words(content: bytes) -> None:
    said = await refusal(content)
    assert said in {
        "The file is no JPEG, PNG, WebP, GIF or AVIF picture.",
        "The file is broken, or is no picture.",
    }


async def test_a_file_that_ends_too_early_is_refused() -> None:
    for content in (drawn.photo(600, 400), drawn.png(600, 400), drawn.moving("WEBP")):
        assert "broken" in await refusal(content[: len(content) * 2 // 3])


async def test_what_is_hidden_behind_a_picture_is_left_out() -> None:
    made = await picture(drawn.polyglot())
    assert b"script" not in made.whole.content
    assert b"PK\x03\x04" not in made.whole.content


async def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    began = time.monotonic()
    for size in ((50_000, 50_000), (4_001, 4_000), (9_000, 8_000)):
        assert "more than 16,000,000" in await refusal(drawn.bomb(*size))
    assert "side of 16,001" in await refusal(drawn.bomb(16_001, 1))
    assert time.monotonic() - began < 10


async def test_too_many_frames_and_too_large_ones_are_refused() -> None:
    assert "201 frames" in await refusal(drawn.moving(frames=201, width=2, height=2))
    assert "moves, and is too large" in await refusal(
        drawn.moving(frames=9, width=2_200, height=2_200)
    )


def confined(code: str, memory: int = limits.DECODER_MEMORY, seconds: int = 2) -> str:
    """What a decoder that was taken over can do: the code runs where it would."""
    folder = str(decoding._PROGRAM.rpartition("/")[0])
    job = {"memory": memory, "seconds": seconds, "pixels": 1, "edge": 1, "frames": 1}
    job |= {"animation_pixels": 1, "bytes": 1, "whole": 1, "preview": 0}
    script = f"""
import sys; sys.path.insert(0, {folder!r})
import decoder, socket, os
decoder._confine(decoder.Job(**{json.dumps(job)}))
{code}
"""
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr.strip().rpartition("\n")[2] or f"status {done.returncode}"


def test_a_decoder_that_was_taken_over_opens_neither_file_nor_socket() -> None:
    assert "Too many open files" in confined("open('/etc/passwd')")
    assert "Too many open files" in confined("socket.socket()")
    assert confined("print(len(os.environ))", seconds=2) == "status 0"


def test_a_decoder_has_only_so_much_memory_and_time() -> None:
    assert "MemoryError" in confined("bytearray(2_000_000_000)")
    endless = "import time\nwhile time.process_time() < 10: pass"
    assert confined(endless, seconds=1) == "status -9"


async def test_a_decoder_that_hangs_is_ended_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    hanging = tmp_path / "hanging.py"
    hanging.write_text("import time\nprint('x', flush=True)\ntime.sleep(600)\n")
    decoder, program = Decoder(), decoding._PROGRAM
    monkeypatch.setattr(decoding, "_PROGRAM", str(hanging))
    monkeypatch.setattr(limits, "DECODER_SECONDS", 0.2)
    with pytest.raises(Malformed, match="too long"):
        await decoder.picture(drawn.png())
    monkeypatch.setattr(decoding, "_PROGRAM", program)
    monkeypatch.setattr(limits, "DECODER_SECONDS", 20)
    await decoder.picture(drawn.png())


async def test_a_decoder_that_cannot_begin_is_our_fault_and_not_the_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_package\n")
    monkeypatch.setattr(decoding, "_PROGRAM", str(broken))
    with pytest.raises(Unreachable, match="doctor"):
        await Decoder().picture(drawn.png())


async def test_when_too_many_wait_the_next_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "DECODES_WAITING", 2)
    decoder = Decoder()
    results = await asyncio.gather(
        *(decoder.icon(drawn.png()) for _ in range(4)), return_exceptions=True
    )
    assert [type(one) for one in results] == [Decoded, Decoded, Slowed, Slowed]


def begun(folder: Path) -> int:
    return len(list(folder.glob("*.begun")))


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_so_many_pictures_are_decoded_at_once_and_the_next_waits_for_its_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: int
) -> None:
    program = tmp_path / "waiting.py"
    program.write_text(
        "import os, time\n"
        f"open(f'{tmp_path}/{{os.getpid()}}.begun', 'w').close()\n"
        f"while not os.path.exists('{tmp_path}/go'): time.sleep(0.01)\n"
        "raise SystemExit(1)\n"
    )
    monkeypatch.setattr(decoding, "_PROGRAM", str(program))
    decoder, number = Decoder(), limits.DECODERS + more
    crowd = [asyncio.create_task(decoder.icon(b"")) for _ in range(number)]
    while begun(tmp_path) < min(number, limits.DECODERS):  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3 if more > 0 else 0)
    assert begun(tmp_path) == min(number, limits.DECODERS)
    (tmp_path / "go").touch()
    ended = await asyncio.gather(*crowd, return_exceptions=True)
    assert [type(one) for one in ended] == [Unreachable] * number
    assert begun(tmp_path) == number
