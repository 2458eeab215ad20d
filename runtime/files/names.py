"""Names of files as people gave them, made safe to show, to store and to send. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120
NAMELESS = "file"
_RESERVED = re.compile(r'[<>:"|?*%#;]')
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}")


def clean_name(given: str, endings: tuple[str, ...] = ()) -> str:
    """The last part of a path, without controls, marks that turn the direction of writing, and what systems reserve.

    With `endings` the name ends in one of them, so that no name promises another content than there is.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given[-1000:]))[-1]
    visible = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    name = " ".join(_RESERVED.sub("_", visible).split()).strip(". ") or NAMELESS
    stem, ending = split(name)
    if endings and ending.lower() not in endings:
        stem, ending = name, endings[0]
    return f"{stem[: LONGEST_NAME - len(ending)].rstrip('. ') or NAMELESS}{ending}"


def split(name: str) -> tuple[str, str]:
    """A name without its ending, and the ending with its dot, "" where there is none."""
    stem, dot, rest = name.rpartition(".")
    ending = dot + rest
    return (stem, ending) if stem and _ENDING.fullmatch(ending) else (name, "")
