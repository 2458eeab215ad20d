"""Pictures: their measures, and whether they are what they say, with Pillow where it is installed."""

from __future__ import annotations

from typing import BinaryIO

try:
    from PIL import Image
except ImportError:  # the extra `images` is not installed: pictures are told by their first bytes alone
    Image = None  # type: ignore[assignment]

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 20_000
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


def fault_of(content: BinaryIO, kind: str) -> str:
    """What is wrong with a picture: `broken`, `too_many_pixels`, or "". Only its header is decoded, so a bomb stays shut."""
    if kind not in FORMATS or Image is None:
        return ""
    content.seek(0)
    try:
        with Image.open(content, formats=(FORMATS[kind],)) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
                return "too_many_pixels"
            picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "too_many_pixels"
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError):
        return "broken"
    return ""
