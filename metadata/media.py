"""What a file is, told by the ending of its name: the same on every machine, whatever the machine's own tables say."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

UNKNOWN = "application/octet-stream"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""Pictures that hold no script and of which small ones can be made."""
# What the table of the oldest Python that we run on leaves out.
_MORE: Mapping[str, str] = {
    ".avif": "image/avif",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".md": "text/markdown",
    ".ics": "text/calendar",
    ".xml": "application/xml",
    ".webmanifest": "application/manifest+json",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".epub": "application/epub+zip",
    ".gz": "application/gzip",
    ".dwg": "image/vnd.dwg",
}
_TABLE = mimetypes.MimeTypes()


def media_type_of(name: str) -> str:
    """The media type that a name promises; UNKNOWN where it promises none."""
    ending = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    return _MORE.get(ending) or _TABLE.types_map[True].get(ending) or UNKNOWN
