"""Pictures: their measures, whether they are what they say, and small ones made of them, with Pillow where it is installed."""

from __future__ import annotations

import importlib.util
import io
import threading
from typing import BinaryIO

MOST_PIXELS = 50_000_000
COSTS = {"image/jpeg": (10, 40), "image/png": (20, 40), "image/gif": (12, 20), "image/webp": (36, 60)}
"""What a pixel and a byte of a picture cost to open, in nanoseconds of a processor of 2022. JPEG is opened at a smaller scale,
WebP cannot be, and takes three copies in memory."""
FOUR_INKS = 1.6
"""How many times as much a picture for printing costs: it has a channel more, and its colours are made those of a screen."""
MOST_COST = 1_000_000_000
"""Of a picture that costs more no small one is made: one that was made to keep a worker busy looks like any other."""
LONGEST_SIDE = 20_000
TALLEST = 4
"""How many times as tall as wide a small picture may be."""
MOST_MADE = 2_000_000
"""The most pixels of a small picture: writing them costs more than reading as many."""
QUALITY, EFFORT = 80, 2
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}

_BROKEN = (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError)
# Opened, a picture of the largest kind takes hundreds of megabytes: one at a time in a process.
_ONE_AT_A_TIME = threading.Lock()


def has_pillow() -> bool:
    """Whether pictures can be opened here. Without the extra `images` they are told by their first bytes, and stay large."""
    return importlib.util.find_spec("PIL") is not None


def fault_of(content: BinaryIO, kind: str) -> str:
    """What is wrong with a picture: `broken`, `too_many_pixels`, or "". Only its header is decoded, so a bomb stays shut."""
    if kind not in FORMATS or not has_pillow():
        return ""
    from PIL import Image  # loaded with the first picture, not with every start

    content.seek(0)
    try:
        with Image.open(content, formats=(FORMATS[kind],)) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
                return "too_many_pixels"
            picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "too_many_pixels"
    except _BROKEN:
        return "broken"
    return ""


def small(content: BinaryIO, kind: str, width: int) -> bytes:
    """The picture as WebP, no wider than asked for and the right way up, with nothing else of what its file tells, such as
    where it was taken. b"" for what is no picture, is broken or too large, and without Pillow."""
    if kind not in FORMATS or not has_pillow():
        return b""
    from PIL import Image, ImageOps

    if fault_of(content, kind):
        return b""
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    made = io.BytesIO()
    try:
        with _ONE_AT_A_TIME, Image.open(content, formats=(FORMATS[kind],)) as picture:
            cost = _cost(picture.width * picture.height, size, kind)
            if cost * (FOUR_INKS if picture.mode == "CMYK" else 1) > MOST_COST:
                return b""
            picture.draft("RGB", (width, width))
            ImageOps.exif_transpose(picture, in_place=True)  # else it is copied where it is upright already
            upright: Image.Image = picture
            if upright.mode not in ("RGB", "RGBA"):
                upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            upright.thumbnail((width, min(width * TALLEST, MOST_MADE // width)), Image.Resampling.LANCZOS)
            upright.save(made, "WEBP", quality=QUALITY, method=EFFORT, exif=b"", icc_profile=b"")
    except _BROKEN:
        return b""
    return made.getvalue()


def _cost(pixels: int, size: int, kind: str) -> int:
    """About how long a picture takes to open, in nanoseconds."""
    by_pixel, by_byte = COSTS[kind]
    return pixels * by_pixel + size * by_byte
