"""Web files: what a site gives at addresses of its own besides pages, such as price lists, pictures and manuals."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, prop
from metadata.model.content import DATE
from metadata.text import Text

LARGEST_CONTENT = 25 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file holds, known by its digest. In YAML it is a file beside the component: `{file: price-list.pdf}`.

    The bytes lie in the database, once for each digest; the exported file is given back as it was.
    """

    sha256: str = prop(help="SHA-256 digest of the bytes.", pattern=r"^[0-9a-f]{64}$")
    size: int = prop(help="Number of bytes.", min=0, max=LARGEST_CONTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFile:
    """A file at an address below a page, for those who may read the page. Kind `web_file`."""

    key: str = prop(help="Name.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Name that people read; its part of the address where missing.")
    parent: str = prop(help="Page above, whose access rules count for it.", ref="page")
    partial_url: str = prop(help="Its part of the address, such as price-list.pdf.", pattern=r"^[^/?#!%\s]+$")
    content: Content = prop(help="File beside this one that holds it, at most 25 MB.", content=True)
    media_type: str = prop(
        "",
        "What it is, such as application/pdf; told by the ending of its address where missing.",
        pattern=r"^([A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+)?$",
    )
    disposition: str = prop("inline", "Shown by the browser, or downloaded.", choices=("inline", "attachment"))
    thumbnails: tuple[int, ...] = prop(
        (), "Widths in pixels from 16 to 1600 at which a picture may be asked for, made small once: ?width=320."
    )
    hidden: bool = prop(False, "Left out of what lists the files of a page.")
    order: int = prop(0, "Place among the files of its page.")
    state: str = prop(
        "published",
        "Publishing state: `published`, `draft`, which previewers alone see, or one of the site's.",
        pattern=COMPONENT_KEY,
    )
    visible_from: str = prop("", "When it appears, in the site's time zone: 2027-03-01T08:00, or a day.", pattern=DATE)
    visible_until: str = prop("", "When it disappears; a day alone counts to its end.", pattern=DATE)
