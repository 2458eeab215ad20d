"""What a file is, told by its content and never by what the sender calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import filetype

from metadata.media import PICTURES

PDF = "application/pdf"
PLAIN, CSV = "text/plain", "text/csv"
SVG, HTML, XML = "image/svg+xml", "text/html", "application/xml"
UNKNOWN = "application/octet-stream"
OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."

INLINE = frozenset(PICTURES)
"""What a browser may show as a page of its own: pictures that hold no script. All else is downloaded."""

SCRIPTED = frozenset({SVG, HTML, XML})
"""What may run script where it is opened: taken only where it is named exactly, never shown inline."""

DOCUMENTS = (
    PDF,
    *PICTURES,
    PLAIN,
    CSV,
    f"{OFFICE}wordprocessingml.document",
    f"{OFFICE}spreadsheetml.sheet",
    f"{OFFICE}presentationml.presentation",
    f"{ODF}text",
    f"{ODF}spreadsheet",
    f"{ODF}presentation",
)
"""What a file may be where its attribute does not say."""

ENDINGS: Mapping[str, tuple[str, ...]] = {
    PDF: (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    PLAIN: (".txt", ".log", ".md"),
    CSV: (".csv",),
    SVG: (".svg",),
    HTML: (".html", ".htm"),
    XML: (".xml",),
    "application/json": (".json",),
    "application/zip": (".zip",),
    f"{OFFICE}wordprocessingml.document": (".docx",),
    f"{OFFICE}spreadsheetml.sheet": (".xlsx",),
    f"{OFFICE}presentationml.presentation": (".pptx",),
    f"{ODF}text": (".odt",),
    f"{ODF}spreadsheet": (".ods",),
    f"{ODF}presentation": (".odp",),
}

HEAD = 8192
CHUNK = 65_536
# In the first entries of an archive of these kinds, or in its directory at the end.
_PARTS = {
    b"word/": f"{OFFICE}wordprocessingml.document",
    b"xl/": f"{OFFICE}spreadsheetml.sheet",
    b"ppt/": f"{OFFICE}presentationml.presentation",
}
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<object", b"<embed", b"<meta", b"<svg")
_OF_TEXT = bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100)) + b"\t\n\r\f"


def media_type(content: BinaryIO, ending: str) -> str:
    """The media type of a content. The ending, such as ".csv", only decides between kinds of plain text."""
    content.seek(0)
    head = content.read(HEAD)
    known = filetype.guess(head)
    if head.startswith(b"PK"):
        return _archive(content, head)
    if known is not None:
        return str(known.mime)
    return _text(head, ending) if _is_text(content) else UNKNOWN


def is_accepted(kind: str, accept: tuple[str, ...]) -> bool:
    """Whether a media type is among those accepted, which may end in `/*`."""
    if kind in accept:
        return True
    return kind not in SCRIPTED and f"{kind.partition('/')[0]}/*" in accept


def accepted_by(type_name: str, accept: tuple[str, ...]) -> tuple[str, ...]:
    """The media types that an attribute takes: those that it declares, else what suits its type, file or image."""
    return accept or (PICTURES if type_name == "image" else DOCUMENTS)


def endings_said(accept: tuple[str, ...]) -> str:
    """Accepted types as people know them, by their endings."""
    named = [ENDINGS[kind][0].removeprefix(".").upper() if kind in ENDINGS else kind for kind in accept]
    return ", ".join(dict.fromkeys(named))


def _archive(content: BinaryIO, head: bytes) -> str:
    if head[30:38] == b"mimetype" and head[38:].startswith(ODF.encode()):
        for name in ("text", "spreadsheet", "presentation"):
            if head[38:].startswith(f"{ODF}{name}PK".encode()):
                return ODF + name
    size = content.seek(0, 2)
    content.seek(max(0, size - CHUNK))
    parts = head + content.read(CHUNK)
    if b"[Content_Types].xml" in parts:
        for part, kind in _PARTS.items():
            if part in parts:
                return kind
    return "application/zip"


def _is_text(content: BinaryIO) -> bool:
    content.seek(0)
    while chunk := content.read(CHUNK):
        if chunk.translate(None, _OF_TEXT):
            return False
    return True


def _text(head: bytes, ending: str) -> str:
    start = head.lower()
    if b"<svg" in start:
        return SVG
    if any(mark in start for mark in _MARKUP):
        return HTML
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return XML
    return {".csv": CSV, ".json": "application/json"}.get(ending.lower(), PLAIN)
