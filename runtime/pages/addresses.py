"""Local addresses of pages and records. Made once per list or page, never per row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.render.scene import address

_PLACE = re.compile(r"\{[^}]*\}")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")


@dataclass(frozen=True, slots=True)
class RecordAddress:
    """What stands before and after the key of a record in its address."""

    before: str
    after: str

    def of(self, key: object) -> str:
        """The address of one record."""
        return f"{self.before}{quoted(str(key))}{self.after}"


def quoted(text: str) -> str:
    """A text as one part of an address, or one value of a query string."""
    return text if is_plain(text) else _quoted(text)


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote(text, safe="")


def is_plain(text: str) -> bool:
    """Whether a text stands in an address, and in HTML, just as it is."""
    return _PLAIN.fullmatch(text) is not None


def page_url(context: RequestContext, node: PageNode, keys: tuple[str, ...] = ()) -> str:
    """The address of a page. `keys` are the record keys on its way, from the root; too few of them leave it at the
    nearest page above that they reach."""
    while node.path.count("{") > len(keys) and node.parent is not None:
        node = node.parent
    return address(context.site, context.language, _filled(node.path, keys))


def record_address(context: RequestContext, node: PageNode, keys: tuple[str, ...] = ()) -> RecordAddress | None:
    """Where the records of a record page, or of a page below one, are found; None where `keys` of outer records lack."""
    outer = node.path.count("{") - 1
    if outer < 0 or outer > len(keys):
        return None
    path = _filled(node.path, keys[:outer])
    before, _, rest = path.partition("{")
    return RecordAddress(context.url(before), rest.partition("}")[2])


def page_in_language(context: RequestContext, node: PageNode, keys: tuple[str, ...], language: str) -> str:
    """The same page in another language of the site."""
    return address(context.site, language, _filled(node.path, keys))


def _filled(path: str, keys: tuple[str, ...]) -> str:
    left = list(keys)

    def next_key(match: re.Match[str]) -> str:
        return quoted(left.pop(0)) if left else match.group()

    return _PLACE.sub(next_key, path)
